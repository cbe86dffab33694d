/** The dashboard of collections: one call gathers everything, charts are drawn by Odoo's own library. */
import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { formatMonetary } from "@web/views/fields/formatters";
import { loadBundle } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";
import { _t } from "@web/core/l10n/translation";

const AGES = ["#7fb3d5", "#f7dc6f", "#f0b27a", "#e67e5a", "#b03a2e"];
const SEGMENTS = {
    prompt: "#2e8b57", mostly: "#7fb3d5", late: "#f0b27a", risk: "#b03a2e", new: "#bdc3c7", inactive: "#95a5a6",
};

export class CollectionChart extends Component {
    static template = "dunning_sms.CollectionChart";
    static props = { config: Object, label: String };

    setup() {
        this.canvas = useRef("canvas");
        onMounted(() => {
            this.chart = new Chart(this.canvas.el, this.props.config);
        });
        onWillUnmount(() => this.chart?.destroy());
    }
}

export class CollectionDashboard extends Component {
    static template = "dunning_sms.CollectionDashboard";
    static components = { CollectionChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ found: null, version: 0, isBusy: false });
        onWillStart(() => Promise.all([loadBundle("web.chartjs_lib"), this.load()]));
    }

    async load() {
        this.state.found = await this.orm.call("collection.dashboard", "get_dashboard", []);
        this.state.version++;
    }

    async refresh() {
        this.state.isBusy = true;
        try {
            await this.orm.call("collection.dashboard", "action_refresh", []);
            await this.load();
        } finally {
            this.state.isBusy = false;
        }
    }

    money(amount) {
        return formatMonetary(amount, { currencyId: this.state.found.currency_id });
    }

    percent(share) {
        return share === null || share === false ? "–" : `${Math.round(share * 100)} %`;
    }

    open(xmlid, context) {
        return this.action.doAction(`dunning_sms.${xmlid}`, { additionalContext: context || {} });
    }

    async openStatement(partnerId) {
        this.action.doAction(await this.orm.call("res.partner", "action_view_statement", [[partnerId]]));
    }

    get tiles() {
        const { tiles, months, forecast } = this.state.found;
        const unknown = "–";  // before the first night nothing was worked out: that is not zero
        return [
            { name: _t("Open"), value: this.money(tiles.balance), action: "collection_ageing_action" },
            { name: _t("Overdue"), value: this.money(tiles.overdue), action: "collection_worklist_action",
              class: tiles.overdue > 0 ? "text-danger" : "text-success" },
            { name: _t("Overdue share"), value: this.percent(tiles.overdue_share), action: "collection_ageing_action" },
            { name: _t("DSO"), value: months.length ? _t("%s days", Math.round(tiles.dso)) : unknown,
              action: "collection_figure_action",
              help: _t("Days sales outstanding: receivables / credit sales of three months x their days") },
            { name: _t("CEI"), value: months.length ? `${tiles.cei.toFixed(1)} %` : unknown,
              action: "collection_figure_action",
              help: _t("Collection effectiveness index of this month; 100 is best") },
            { name: _t("Expected in 4 weeks"), value: forecast.length ? this.money(tiles.expected) : unknown,
              action: "collection_forecast_action" },
        ];
    }

    // === CHARTS === //

    get ageingChart() {
        const { months, bucket_labels } = this.state.found;
        return this.config("bar", months, bucket_labels.map((label, place) => ({
            label, data: months.map((month) => month.buckets[place]), backgroundColor: AGES[place],
        })), { stacked: true });
    }

    get speedChart() {
        const { months } = this.state.found;
        return this.config("line", months, [
            { label: _t("DSO (days)"), data: months.map((month) => month.dso), borderColor: "#1b3a57", tension: 0.3 },
            { label: _t("CEI (%)"), data: months.map((month) => month.cei), borderColor: "#f28c28", tension: 0.3 },
        ]);
    }

    get forecastChart() {
        const { forecast } = this.state.found;
        return this.config("bar", forecast, [
            { label: _t("Expected"), data: forecast.map((week) => week.expected), backgroundColor: "#1b3a57" },
            { label: _t("If all pay on time"), data: forecast.map((week) => week.naive), backgroundColor: "#cfd8e0" },
        ]);
    }

    get segmentChart() {
        const { segments } = this.state.found;
        return {
            type: "doughnut",
            data: {
                labels: segments.map((segment) => segment.name),
                datasets: [{
                    data: segments.map((segment) => segment.count),
                    backgroundColor: segments.map((segment) => SEGMENTS[segment.key]),
                }],
            },
            options: { maintainAspectRatio: false, plugins: { legend: { position: "right" } } },
        };
    }

    config(type, rows, datasets, axis = {}) {
        return {
            type,
            data: { labels: rows.map((row) => row.label), datasets },
            options: {
                maintainAspectRatio: false,
                animation: false,
                plugins: { legend: { position: "bottom" } },
                scales: { x: axis, y: { ...axis, beginAtZero: true } },
            },
        };
    }
}

registry.category("actions").add("dunning_sms.collection_dashboard", CollectionDashboard);
