import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click", expectUnloadPage: true });

registry.category("web_tour.tours").add("customer_portal_ext_send_circular", {
    url: "/odoo/circulars",
    steps: () => [
        { content: "A new one", trigger: ".o_list_button_add", run: "click" },
        { content: "Its subject", trigger: ".o_field_widget[name=name] input", run: "edit Closed on Monday" },
        { content: "Its text", trigger: ".o_field_widget[name=body] .odoo-editor-editable", run: "editor We are back on Tuesday." },
        { content: "Save it", trigger: ".o_form_button_save", run: "click" },
        { content: "Send it", trigger: "button[name=action_plan]", run: "click" },
        { content: "It waits for its time", trigger: ".o_statusbar_status .o_arrow_button_current:contains(Planned)" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_read_circular", {
    url: "/my",
    steps: () => [
        click("Something is new", ".o_panel_overview a[href='/my/circulars']"),
        click("Read it", ".o_circulars a:contains(Closed on Monday)"),
        { content: "The text", trigger: "article:contains(We are back on Tuesday.)" },
        click("Back", "article a[href='/my/circulars']"),
        { content: "It counts as read", trigger: ".o_circulars:not(:has(.badge))" },
    ],
});

registry.category("web_tour.tours").add("customer_portal_ext_see_readers", {
    url: "/odoo/circulars",
    steps: () => [
        { content: "The circular", trigger: ".o_data_row:contains(Closed on Monday) .o_data_cell", run: "click" },
        { content: "Who read it", trigger: ".oe_stat_button:contains(Read)", run: "click" },
        { content: "The receipt of the reader", trigger: ".o_data_row:contains(Ana) [name=read_on]:not(:empty)" },
    ],
});
