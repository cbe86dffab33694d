import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click", expectUnloadPage: true });
const toContract = [
    click("The contracts", ".o_portal_my_home a[href='/my/contracts']"),
    click("The contract", ".o_portal_my_doc_table a"),
];
const showAndSend = (effect) => [
    click("Show what it means", "button[value=show]"),
    { content: "The effect stands there before it is sent", trigger: `.o_request_effect:contains(${effect})` },
    click("Send", ".o_request_send"),
];

registry.category("web_tour.tours").add("customer_portal_ext_end_contract", {
    url: "/my",
    steps: () => [
        ...toContract,
        click("End it", ".o_contract_requests a[href$='/request/end']"),
        { content: "The earliest day is told", trigger: ".o_request_form:contains(earliest last day of service)" },
        ...showAndSend("Last day of service"),
        { content: "It waits for staff", trigger: "table .badge:contains(Sent)" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_end_decided", {
    url: "/my/requests",
    steps: () => [
        { content: "It is done", trigger: "table .badge:contains(Done)" },
        click("The contract", "table a[href*='/my/contracts/']"),
        { content: "Its last day stands there", trigger: ".o_portal_sidebar:contains(Last day of service)" },
    ],
});

for (const [name, plan] of [["upgrade", "Large"], ["downgrade", "Small"]]) {
    registry.category("web_tour.tours").add(`customer_portal_ext_${name}`, {
        url: "/my",
        steps: () => [
            ...toContract,
            click("Another plan", ".o_contract_requests a[href$='/request/change']"),
            { content: "Choose it", trigger: `.o_request_form label:contains(${plan})`, run: "click" },
            ...showAndSend("Monthly from then on"),
            { content: "It is done at once", trigger: "table tr:contains(Another plan) .badge:contains(Done)" },
        ],
    });
}

registry.category("web_tour.tours").add("customer_portal_ext_arrangement", {
    url: "/my",
    steps: () => [
        click("Cannot pay at once", ".o_panel_overview a[href='/my/arrangement']"),
        { content: "In three parts", trigger: "#arrangement_parts", run: "selectByLabel 3" },
        ...showAndSend("30.00"),
        { content: "It is granted", trigger: "table tr:contains(Payment arrangement) .badge:contains(Done)" },
        { content: "Its payments stand there", trigger: "table .o_arrangement_parts li:contains(30.00):contains(Open)" },
    ],
});
