import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("customer_portal_ext_pay_two_invoices", {
    url: "/my",
    steps: () => [
        { content: "Both are due", trigger: ".o_panel_due:contains(80.00)" },
        { content: "The last day without losing service is told", trigger: ".o_four_dates:contains(Last safe day)" },
        { content: "All receipts", trigger: ".o_panel_overview a[href='/my/receipts']", run: "click", expectUnloadPage: true },
        { content: "What is due is chosen already", trigger: ".o_receipts_total:contains(80.00)" },
        { content: "Pay both", trigger: ".o_receipts_bar button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "The sum of both", trigger: ".o_pay_amount:contains(80.00)" },
        { content: "By card: its number", trigger: "#customer_input", run: "edit 4242 4242 4242 4242" },
        { content: "Pay", trigger: "button[name=o_payment_submit_button]:not(:disabled)", run: "click", expectUnloadPage: true },
        { content: "Nothing is left to pay", trigger: ".alert:contains(You owe nothing)", timeout: 30000 },
        { content: "The transactions", trigger: ".o_portal_submenu a[href='/my/home']", run: "click", expectUnloadPage: true },
        { content: "One card charge", trigger: ".o_portal_my_home a[href='/my/transactions']", run: "click", expectUnloadPage: true },
        { content: "It tells what it paid", trigger: ".o_portal_my_doc_table tr:contains(Card charge):contains(80.00) a" },
    ],
});
