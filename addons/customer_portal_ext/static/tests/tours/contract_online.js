import { registry } from "@web/core/registry";
import { redirect } from "@web/core/utils/urls";

const choose = (plan) => [
    { content: `See ${plan}`, trigger: `.card:has(h2:contains(${plan})) a.btn`, run: "click", expectUnloadPage: true },
    { content: `Into the order: ${plan}`, trigger: ".o_service_add:enabled", run: "click", expectUnloadPage: true },
];

const chooseAnother = {
    content: "Choose another service", trigger: "a[href='/services']:contains(another)", run: "click", expectUnloadPage: true,
};

registry.category("web_tour.tours").add("customer_portal_ext_contract_online", {
    url: "/services",
    steps: () => [
        { content: "The first service", trigger: ".card:has(h2:contains(Hosting online)) a.btn", run: "click", expectUnloadPage: true },
        { content: "An option", trigger: "label:contains(Backup)", run: "click" },
        { content: "The price follows", trigger: ".o_service_quote:contains(85.00)" },
        { content: "What is asked", trigger: "input[name^=field_][type=text]", run: "edit example.org" },
        { content: "Into the order", trigger: ".o_service_add:enabled", run: "click", expectUnloadPage: true },
        chooseAnother,
        ...choose("Club"),
        chooseAnother,
        ...choose("Second"),
        { content: "A product too", trigger: ".o_order_due:contains(115.00)", run: () => redirect("/shop?search=Course"), expectUnloadPage: true },
        { content: "The product", trigger: ".oe_product a:contains(Course)", run: "click", expectUnloadPage: true },
        { content: "Into the cart", trigger: "#add_to_cart", run: "click" },
        { content: "It is in the cart", trigger: ".my_cart_quantity:contains(4)", run: () => redirect("/shop/cart"), expectUnloadPage: true },
        { content: "All in one cart", trigger: ".o_order_due:contains(1,315.00)" },
        { content: "The trial costs nothing today", trigger: ".o_order_later:contains(30.00)" },
        { content: "Who contracts", trigger: "#order_name", run: "edit Eve Adams" },
        { content: "The address", trigger: "#order_email", run: "edit eve@example.com" },
        { content: "Back to a service", trigger: "a[aria-label='Change Hosting online']", run: "click", expectUnloadPage: true },
        { content: "What was chosen is there", trigger: "input[name=options]:checked" },
        { content: "What was typed is there", trigger: "input[name^=field_]:value(example.org)" },
        { content: "Back to the order", trigger: "a[href='/services/order']:contains(unchanged)", run: "click", expectUnloadPage: true },
        { content: "The name is there", trigger: "#order_name:value(Eve Adams)" },
        { content: "To read and sign", trigger: ".o_order_customer button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "Installments", trigger: "#installment_choices button[name=terms_id]:not([value='0'])", run: "click", expectUnloadPage: true },
        { content: "With their full cost", trigger: "#installments:contains(Annual percentage rate)" },
        { content: "Sign and pay", trigger: "#sale_order_sidebar_button a[data-bs-target='#modalaccept']", run: "click" },
        { content: "The name makes a signature", trigger: ".modal canvas.o_web_sign_signature", run: "canvasNotEmpty" },
        { content: "Sign", trigger: ".modal .o_portal_sign_submit:enabled", run: "click", expectUnloadPage: true },
        { content: "What is due now", trigger: ".modal.show:contains(415.00)" },
        { content: "The card", trigger: ".modal.show #customer_input", run: "edit 4242424242424242" },
        { content: "Keep it", trigger: ".modal.show input[name=o_payment_tokenize_checkbox]", run: "click" },
        { content: "Pay", trigger: ".modal.show button[name=o_payment_submit_button]:enabled", run: "click", expectUnloadPage: true },
        { content: "The payment is finished", trigger: "div[name=o_payment_status]", expectUnloadPage: true },
        { content: "Both sides are told", trigger: ".o_order_done:contains(is confirmed)", timeout: 30000 },
        { content: "Register", trigger: ".o_order_register", run: "click", expectUnloadPage: true },
        { content: "A password", trigger: "#password", run: "edit Eve-contracts-1" },
        { content: "Again", trigger: "#confirm_password", run: "edit Eve-contracts-1" },
        { content: "Sign up", trigger: ".oe_signup_form button[type=submit]", run: "click", expectUnloadPage: true },
        { content: "Logged in", trigger: "header:contains(Eve Adams)" },
    ],
});
