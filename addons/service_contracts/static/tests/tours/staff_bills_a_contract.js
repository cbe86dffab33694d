/** The staff's journey: a new contract from a plan, activated, billed, and its invoice opened. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("service_contracts_staff_bills_a_contract", {
    url: "/odoo/contracts",
    steps: () => [
        { content: "A new contract", trigger: ".o_list_button_add", run: "click" },
        {
            content: "Its customer",
            trigger: ".o_field_widget[name=partner_id] input",
            run: "edit Ana Tour",
        },
        {
            trigger: ".o_field_widget[name=partner_id] .dropdown-item:contains('Ana Tour')",
            run: "click",
        },
        { content: "Its plan", trigger: ".o_field_widget[name=plan_id] input", run: "edit Hosting tour" },
        {
            trigger: ".o_field_widget[name=plan_id] .dropdown-item:contains('Hosting tour')",
            run: "click",
        },
        {
            content: "The plan brings its services",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:nth-child(2)",
        },
        { content: "Activate it", trigger: "button[name=action_activate]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains('Active')" },
        { content: "To the billing runs", trigger: ".o_menu_sections button:contains('Billing')", run: "click" },
        { trigger: ".dropdown-item:contains('Runs')", run: "click" },
        { trigger: ".o_breadcrumb:contains('Runs')" },
        { content: "A new run", trigger: ".o_list_button_add", run: "click" },
        { content: "Bill what is due", trigger: "button[name=action_start]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')" },
        { content: "Its invoices", trigger: "button[name=action_view_invoices]", run: "click" },
        { content: "Open the invoice", trigger: ".o_data_row td[name=name]:contains('INV/')", run: "click" },
        {
            content: "It is posted and names its contract",
            trigger: ".o_form_view button[name=action_view_service_contracts]",
        },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains('Posted')" },
    ],
});
