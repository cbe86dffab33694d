"""Makes the demo story: months of reminders and payments, a dispute, a promise, statements, today's notices."""

from datetime import datetime, time, timedelta

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
                'invoice_date': today - timedelta(days=max(days + 4, 20)),
                'invoice_date_due': today - timedelta(days=days),
                'invoice_line_ids': [Command.create({
                    'product_id': self.env.ref('dunning_sms.product_monitoring').id, 'price_unit': amount,
                    'tax_ids': [Command.clear()],
                })],
            }
            for partner_id, amount, days in rows
        ]).action_post()

    @api.model
    def _past(self, rows: list[tuple[int, float, int, int, int]]) -> None:
        """Tell how it went before: (customer, amount, days since due, told so many days later, paid so many later)."""
        if not self._company().chart_template:
            return
        for partner_id, amount, overdue, told_after, paid_after in sorted(rows, key=lambda row: -row[2]):
            self._invoice([(partner_id, amount, overdue)])
            day = fields.Date.today() - timedelta(days=overdue - told_after)
            day -= timedelta(days=max(day.weekday() - 4, 0))  # a Friday for a weekend
            line = self._line(partner_id)
            self._tell(partner_id, datetime.combine(day, time(15)))
            self._pay(line, day + timedelta(days=paid_after))

    def _tell(self, partner_id: int, now: datetime) -> None:
        """Write the notice of a day gone by, as if its messages had left on that day."""
        company = self._company()
        notice = self.env['dunning.planner'].with_company(company)._plan(company, [partner_id], now=now)[0]
        called = notice.delivery_ids.filtered(
            lambda delivery: delivery.state == 'queued' and delivery.channel in ('email', 'sms', 'portal'))
        called._set_state('sending', attempt=1, called_at=now)
        called._set_state('sent', sent_at=now)
        notice._follow_deliveries()
        notice._passed().write({'sent_at': now, 'is_charged': True})

    def _pay(self, line, day) -> None:
        """Book a payment of a receivable by an entry of the bank."""
        journal = self.env['account.journal'].search([
            ('company_id', '=', line.company_id.id), ('type', '=', 'bank')], limit=1)
        owed = line.amount_residual
        entry = self.env['account.move'].create({
            'journal_id': journal.id, 'date': day, 'ref': line.move_name, 'line_ids': [
                Command.create({'account_id': account.id, 'partner_id': line.partner_id.id, 'debit': debit,
                                'credit': credit, 'name': line.move_name})
                for account, debit, credit in ((journal.default_account_id, owed, 0.0), (line.account_id, 0.0, owed))
            ],
        })
        entry.action_post()
        (line | entry.line_ids.filtered(lambda item: item.account_id == line.account_id)).reconcile()

    @api.model
    def _statements(self, partner_ids: list[int]) -> None:
        """Let statements have been sent to these customers; the mails themselves stay here."""
        company = self._company()
        if not company.chart_template:
            return
        run = self.env['account.statement.run'].create({
            'company_id': company.id, 'audience': 'chosen', 'partner_ids': [Command.set(partner_ids)],
            'attach_pdf': False, 'as_of': fields.Date.today(),
        })
        run._enqueue()
        queued = run.delivery_ids.filtered(lambda row: row.state == 'queued')
        queued._send()
        queued.mail_id.state = 'cancel'
        run.state = 'done'

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
            ('parent_state', '=', 'posted'), ('reconciled', '=', False),
        ], limit=1)

    def _company(self):
        return self.env.ref('base.main_company')
