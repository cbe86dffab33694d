import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click", expectUnloadPage: true });

registry.category("web_tour.tours").add("customer_portal_ext_raise_claim", {
    url: "/my",
    steps: () => [
        click("Questions and cases", ".o_portal_my_home a[href='/my/cases']"),
        click("A new case", "a[href='/my/cases/new']"),
        { content: "It is a claim", trigger: "input[name=type][data-disputes]", run: "click" },
        { content: "The subject", trigger: "#case_subject", run: "edit Charged twice" },
        { content: "What happened", trigger: "#case_description", run: "edit Ten of it were paid in cash." },
        { content: "The invoice", trigger: "#case_invoice", run: "selectByIndex 1" },
        { content: "What is not right", trigger: "#case_amount", run: "edit 10" },
        click("Send", ".o_case_form button[type=submit]"),
        { content: "The disputed amount", trigger: "dl:contains(Disputed):contains(10.00)" },
        { content: "The day of the answer is told", trigger: "dl:contains(Answer until)" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_rate_case", {
    url: "/my/cases",
    steps: () => [
        click("The closed case", ".o_portal_my_doc_table tr:contains(Closed) a"),
        click("It was good", ".o_case_rating a[href$='/5']"),
        click("Send the rating", ".o_rating_page_submit button[type=submit]"),
        { content: "Thank you", trigger: ".o_rating_page_thank_you" },
    ],
});
