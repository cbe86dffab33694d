import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Adds up the chosen receipts and hands their ids to the payment page. */
export class Receipts extends Interaction {
    static selector = ".o_receipts_form";
    dynamicContent = {
        ".o_receipt_choice": { "t-on-change": this.addUp },
        _root: { "t-on-submit": this.addUp },
    };

    start() {
        this.addUp();
    }

    addUp() {
        const chosen = [...this.el.querySelectorAll(".o_receipt_choice:checked")];
        const total = chosen.reduce((sum, choice) => sum + parseFloat(choice.dataset.amount), 0);
        this.el.querySelector("input[name=lines]").value = chosen.map((choice) => choice.value).join(",");
        this.el.querySelector(".o_receipts_total").textContent = chosen.length
            ? total.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
            : "";
        this.el.querySelector(".o_receipts_bar button").disabled = !chosen.length;
    }
}

registry.category("public.interactions").add("customer_portal_ext.receipts", Receipts);
