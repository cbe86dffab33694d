import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("customer_portal_ext_report_transfer", {
    url: "/my",
    steps: () => [
        { content: "What is due stands on the first page", trigger: ".o_panel_due:contains(50.00)" },
        { content: "Report a transfer", trigger: ".o_panel_overview a[href='/my/transfers/new']", run: "click", expectUnloadPage: true },
        { content: "The amount", trigger: "#transfer_amount", run: "edit 50" },
        { content: "The reference", trigger: "#transfer_reference", run: "edit HOST-77" },
        { content: "What it pays", trigger: ".o_transfer_form input[name=lines]", run: "click" },
        { content: "Send it", trigger: ".o_transfer_form button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "It is in process", trigger: "table .badge:contains(In Process)" },
        { content: "Back to the receipts", trigger: ".o_portal_submenu a[href='/my/home']", run: "click", expectUnloadPage: true },
        { content: "The receipt is in process too", trigger: ".o_panel_overview .badge:contains(In Process)" },
    ],
});
