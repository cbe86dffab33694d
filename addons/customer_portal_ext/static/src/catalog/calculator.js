import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";

/** Shows what the chosen options and the way to pay cost, as the server works it out. */
export class PriceCalculator extends Interaction {
    static selector = ".o_service_form";
    dynamicContent = {
        ".o_service_choice": { "t-on-change": this.debounced(this.quote, 200) },
    };

    async quote() {
        const options = [...this.el.querySelectorAll("input[name=options]:checked")].map((input) => input.value);
        const interval = this.el.querySelector("input[name=interval]:checked")?.value;
        const answer = await this.waitFor(rpc(this.el.dataset.quote, {
            options: options.join(","),
            interval: parseInt(interval) || 0,
        }));
        this.el.querySelector(".o_service_quote").innerHTML = answer.html;
        this.el.querySelector(".o_service_add").disabled = Boolean(answer.problem);
    }
}

registry.category("public.interactions").add("customer_portal_ext.calculator", PriceCalculator);
