import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("customer_portal_ext_share_link", {
    url: "/my",
    steps: () => [
        { content: "The card on the first page", trigger: "a[href='/my/referrals']", run: "click", expectUnloadPage: true },
        { content: "Get the link", trigger: ".o_referral_join", run: "click", expectUnloadPage: true },
        { content: "The link has a code", trigger: ".o_referral_share:has(.o_referral_code)" },
        { content: "Copy it", trigger: ".o_referral_copy", run: "click" },
        { content: "Nobody joined yet", trigger: "p:contains(Nobody yet)" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_friend_contracts", {
    steps: () => [
        { content: "Choose the service", trigger: ".card:contains(Shared hosting) a.btn", run: "click", expectUnloadPage: true },
        { content: "Into the order", trigger: ".o_service_add", run: "click", expectUnloadPage: true },
        { content: "The name", trigger: "#order_name", run: "edit Carla Diaz" },
        { content: "The address", trigger: "#order_email", run: "edit carla@example.com" },
        { content: "The code of the link is there", trigger: "#order_referral:value(ANA-2026)" },
        { content: "Go on", trigger: ".o_order_customer button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "The order to sign", trigger: ".o_portal_sale_sidebar" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_see_friend", {
    url: "/my/referrals",
    steps: () => [
        { content: "The friend by first name", trigger: ".o_referral_friends li:contains(Carla)" },
        { content: "What was earned", trigger: ".o_referral_open:contains(3.00)" },
    ],
});
