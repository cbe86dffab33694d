/** The customer's path: compare the ways to pay, choose, sign, and pay the next installment with the demo provider. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("customer_buys_in_installments", {
    steps: () => [
        {
            content: "Two ways in installments and one as a whole, side by side",
            trigger: "#installment_choices .card:contains('Three at no cost')",
        },
        {
            content: "Choose the year",
            trigger: "#installment_choices .card:contains('A year at 7.9 %') button:contains('Choose')",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It is chosen", trigger: ".card.border-primary:contains('A year at 7.9 %')" },
        {
            content: "Schedule, cost and rate are there before the signature",
            trigger: "#installments:contains('Annual percentage rate of charge')",
        },
        {
            content: "Sign",
            trigger: ".o_portal_sale_sidebar a:contains('Sign')",
            run: "click",
        },
        {
            content: "Say who signs",
            trigger: ".modal .o_web_sign_name_and_signature input",
            run: "edit Ana Tour",
        },
        { trigger: ".modal canvas.o_web_sign_signature", run: "canvasNotEmpty" },
        {
            content: "The signature counts for the installments too",
            trigger: ".modal:contains('You also agree to pay in installments')",
        },
        {
            content: "Accept",
            trigger: ".modal .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The plan stands on the order",
            trigger: "#installments a:contains('IP/')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What would end it today",
            trigger: ".o_installment_quote",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The answer", trigger: ".o_installment_payoff:contains('To pay on')" },
        {
            content: "Pay the next installment",
            trigger: ".o_installment_pay",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "With the demo provider",
            trigger: "#portal_pay input[name='o_payment_radio'][data-provider-code='demo']",
            run: "click",
        },
        {
            content: "The card",
            trigger: "#customer_input",
            run: "edit 4242 4242 4242 4242",
        },
        {
            content: "Pay",
            trigger: "#portal_pay button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "Paid", trigger: ".o_portal_invoice_sidebar, .alert-success", timeout: 30000 },
    ],
});
