import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** Copies the link of a referrer; without a clipboard the text is marked for copying by hand. */
export class ReferralShare extends Interaction {
    static selector = ".o_referral_share";
    dynamicContent = { ".o_referral_copy": { "t-on-click": this.copy } };

    async copy(event) {
        const input = this.el.querySelector("#referral_link");
        input.select();
        try {
            await this.waitFor(navigator.clipboard.writeText(input.value));
        } catch {
            return;
        }
        event.target.textContent = event.target.dataset.done;
    }
}

registry.category("public.interactions").add("customer_portal_ext.referral_share", ReferralShare);
