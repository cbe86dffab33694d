"""Makes the demo story: invoices due around today, a dispute, a promise, and the notices of the day."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command


class DunningDemo(models.AbstractModel):
    _name = 'dunning.demo'
    _description = "Demo of Reminders"

    @api.model
    def _invoice(self, rows: list[tuple[int, float, int]]) -> None:
        """Post an invoice for each customer, amount and number of days overdue, if the company has its books."""
        company, today = self._company(), fields.Date.today()
        if not company.chart_template:
            return
        self.env['account.move'].with_company(company).create([
            {
                'move_type': 'out_invoice', 'partner_id': partner_id, 'invoice_payment_term_id': False,
                'invoice_date': today - timedelta(days=20), 'invoice_date_due': today - timedelta(days=days),
                'invoice_line_ids': [Command.create({
                    'product_id': self.env.ref('dunning_sms.product_monitoring').id, 'price_unit': amount,
                    'tax_ids': [Command.clear()],
                })],
            }
            for partner_id, amount, days in rows
        ]).action_post()

    @api.model
    def _dispute(self, partner_id: int, amount: float) -> None:
        """Put a part of what a customer owes on hold."""
        if line := self._line(partner_id):
            self.env['dunning.hold'].create({
                'move_line_id': line.id, 'company_id': line.company_id.id, 'kind': 'dispute', 'amount': amount,
                'reason': "The camera in the yard did not work in the first week.",
            })

    @api.model
    def _promise(self, partner_id: int, days: int) -> None:
        """Let a customer promise to pay in some days."""
        if line := self._line(partner_id):
            self.env['payment.promise'].create({
                'move_line_id': line.id, 'company_id': line.company_id.id,
                'date': fields.Date.today() + timedelta(days=days), 'note': "Pays when the salary comes.",
            })

    @api.model
    def _plan(self, partner_ids: list[int]) -> None:
        """Write the notices of the day for these customers."""
        company = self._company()
        self.env['dunning.planner'].with_company(company)._plan(company, partner_ids)

    def _line(self, partner_id: int):
        return self.env['account.move.line'].search([
            ('partner_id', '=', partner_id), ('account_id.account_type', '=', 'asset_receivable'),
            ('parent_state', '=', 'posted'),
        ], limit=1)

    def _company(self):
        return self.env.ref('base.main_company')
