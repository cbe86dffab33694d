/** The customer's journey: from the account to the contract, and to its invoice. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("service_contracts_customer_opens_an_invoice", {
    url: "/my",
    steps: () => [
        {
            content: "The card of the contracts",
            trigger: "a[href*='/my/contracts']:contains('1 Contracts')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The contract",
            trigger: "table a:contains('CT/')",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "Its services", trigger: ".o_service_portal_services:contains('per month')" },
        { content: "What comes next", trigger: ".o_service_portal_charges:contains('Hosting tour')" },
        { content: "Its paper", trigger: ".o_service_contract_pdf[href$='/pdf']" },
        {
            content: "The invoice",
            trigger: ".o_service_portal_invoices a:contains('INV/')",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_portal_invoice_sidebar" },
        { trigger: ":iframe h2:contains('Invoice INV/')" },
    ],
});
