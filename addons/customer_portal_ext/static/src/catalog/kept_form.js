import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

const SKIPPED = ["hidden", "file", "submit", "password"];

/** Keeps what is typed in a form until the browser is closed, so that going back never loses it. */
export class KeptForm extends Interaction {
    static selector = "form[data-keep]";
    dynamicContent = {
        _root: { "t-on-change": this.keep, "t-on-input": this.debounced(this.keep, 300) },
    };

    setup() {
        this.key = `kept_${this.el.dataset.keep}`;
    }

    start() {
        if (new URLSearchParams(window.location.search).has("options")) {
            return; // a choice that comes with the address counts
        }
        const kept = JSON.parse(sessionStorage.getItem(this.key) || "{}");
        for (const field of this.fields()) {
            const value = kept[this.nameOf(field)];
            if (value === undefined) {
                continue;
            }
            if (["checkbox", "radio"].includes(field.type)) {
                field.checked = value;
            } else if (!field.value) {
                field.value = value;
            }
        }
        this.el.querySelector("input:checked")?.dispatchEvent(new Event("change", { bubbles: true }));
    }

    fields() {
        return [...this.el.elements].filter((field) => field.name && !SKIPPED.includes(field.type));
    }

    nameOf(field) {
        return ["checkbox", "radio"].includes(field.type) ? `${field.name}=${field.value}` : field.name;
    }

    keep() {
        const kept = {};
        for (const field of this.fields()) {
            kept[this.nameOf(field)] = ["checkbox", "radio"].includes(field.type) ? field.checked : field.value;
        }
        sessionStorage.setItem(this.key, JSON.stringify(kept));
    }
}

registry.category("public.interactions").add("customer_portal_ext.kept_form", KeptForm);
