"""Makes the demo story: plans agreed months ago, paid on time, late, in part or not at all."""

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE


class InstallmentDemo(models.AbstractModel):
    _name = 'installment.demo'
    _description = "Demo of Installments"

    @api.model
    def _past(self, rows: list[tuple[int, int, int, int]]) -> None:
        """Sell as if months ago: (order, months since then, installments paid, days by which each was paid late)."""
        for order_id, months, paid, late in rows:
            order = self.env['sale.order'].browse(order_id)
            if not order.company_id.chart_template:
                return
            day = fields.Date.today() - relativedelta(months=months)
            order.with_context(service_gate=SERVICE_GATE).installment_start = day
            order.action_confirm()
            order.date_order = day
            for line in order.installment_plan_ids.line_ids.sorted('number')[:paid]:
                self._pay(line.move_line_ids, line.date_due + relativedelta(days=late))

    def _pay(self, receivables, day) -> None:
        """Register a payment of receivables on a day gone by."""
        self.env['account.payment.register'].with_context(
            active_model='account.move.line', active_ids=receivables.ids,
        ).create({'payment_date': min(day, fields.Date.today())})._create_payments()
