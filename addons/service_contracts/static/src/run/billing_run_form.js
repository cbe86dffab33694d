/** Keeps the form of a billing run up to date while the run is working. */

import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";
import { FormController } from "@web/views/form/form_controller";
import { onMounted, onWillUnmount } from "@odoo/owl";

const REFRESH_MS = 2000;

export class BillingRunFormController extends FormController {
    setup() {
        super.setup();
        onMounted(() => {
            this.refresh = setInterval(() => this.reloadWhileRunning(), REFRESH_MS);
        });
        onWillUnmount(() => clearInterval(this.refresh));
    }

    async reloadWhileRunning() {
        const record = this.model.root;
        if (record.data.state === "running" && !record.dirty && !document.hidden) {
            await record.load();
        }
    }
}

registry.category("views").add("service_billing_run_form", {
    ...formView,
    Controller: BillingRunFormController,
});
