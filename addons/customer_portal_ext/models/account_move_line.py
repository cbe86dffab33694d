"""Receivables as customers see them: one status each, and what is on its way to pay them."""

from datetime import date

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.fields import Domain

from ..rules.receivable_status import Receivable, cover_oldest, receivable_status

STATUS_SELECTION = [
    ('deleted', "Deleted"), ('paid', "Paid"), ('in_process', "In Process"), ('suspended', "Suspended"),
    ('due', "Due"), ('pending', "Pending"),
]
WAITING = ('pending', 'authorized')


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    receivable_status = fields.Selection(STATUS_SELECTION, "Status of the receivable",
                                         compute='_compute_receivable_status')
    amount_in_process = fields.Monetary(
        "On its way", compute='_compute_receivable_status', currency_field='currency_id',
        help="What unconfirmed payments and reported transfers cover of it.",
    )

    @api.depends('amount_residual_currency', 'date_maturity', 'parent_state')
    def _compute_receivable_status(self):
        facts = self._receivable_facts()
        for line in self:
            fact = facts.get(line.id)
            today = line.company_id.sudo()._service_today()  # sudo: the time zone stands on the company's address
            line.receivable_status = fact and receivable_status(fact, today)
            line.amount_in_process = fact and min(fact.in_process, fact.residual)

    @api.model
    def _receivables_domain(self, partner) -> Domain:
        """Return what a customer owes or owed: the posted receivables of the whole company or household."""
        return Domain([
            ('parent_state', '=', 'posted'), ('display_type', '=', 'payment_term'),
            ('move_id.move_type', 'in', ('out_invoice', 'out_receipt', 'out_refund')),
            ('partner_id', 'child_of', partner.commercial_partner_id.id),
        ])

    def _receivable_facts(self) -> dict[int, Receivable]:
        """Return the plain facts of these receivables by id; lines that are no receivables are left out."""
        lines = self.filtered(lambda line: line.display_type == 'payment_term' and line.date_maturity)
        in_process = lines._in_process_by_line()
        # sudo: the customer may know the state of the own contract
        return {
            line.id: Receivable(
                line.id, line.date_maturity,
                to_decimal(line.currency_id.round(line.amount_residual_currency)),
                in_process.get(line.id, to_decimal(0)),
                line.sudo().service_contract_id.state or '',
            ) for line in lines
        }

    def _in_process_by_line(self) -> dict[int, object]:
        """Return what is on its way for each of these receivables: transactions not confirmed, transfers reported.

        All receivables of their invoices are looked at, since the oldest are covered first.
        """
        # sudo: lines of an invoice that the customer owes
        others = self.sudo().move_id.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        open_lines = (self | others.sudo(self.env.su)).filtered('amount_residual_currency')
        covered = {}
        # sudo: the customer sees that a payment is on its way, not the transaction
        for invoice, lines in open_lines.sudo().grouped('move_id').items():
            waiting = invoice.transaction_ids.filtered(lambda transaction: transaction.state in WAITING)
            amount = sum(map(to_decimal, waiting.mapped('amount')), to_decimal(0))
            covered |= cover_oldest(lines._plain_receivables(covered), amount) if amount else {}
        for report in self.env['transfer.report'].sudo()._waiting_for(open_lines):
            wanted = (report.line_ids or open_lines.filtered(lambda line, report=report: report._may_cover(line)))
            found = cover_oldest(wanted.sudo()._plain_receivables(covered), to_decimal(report.amount))
            for key, amount in found.items():
                covered[key] = covered.get(key, 0) + amount
        return covered

    def _plain_receivables(self, covered: dict) -> list[Receivable]:
        return [
            Receivable(line.id, line.date_maturity or date.max,
                       to_decimal(line.currency_id.round(line.amount_residual_currency)),
                       covered.get(line.id, to_decimal(0)))
            for line in self
        ]

    def _receivable_period(self) -> tuple[date | None, date | None]:
        """Return the first and the last day of service that a receivable is for."""
        self.ensure_one()
        # sudo: invoice lines of the own invoice
        items = self.sudo().move_id.invoice_line_ids.filtered('service_period_start')
        if self.service_contract_id:
            items = items.filtered(lambda item: item.service_contract_id == self.service_contract_id)
        starts, ends = items.mapped('service_period_start'), items.mapped('service_period_last_day')
        return min(starts, default=None), max(ends, default=None)

    def _receivable_subject(self) -> str:
        """Return what a receivable without period is for, in the words of its invoice."""
        self.ensure_one()
        items = self.sudo().move_id.invoice_line_ids.filtered(lambda item: item.display_type == 'product')
        return ', '.join(dict.fromkeys((item.name or '').split('\n', 1)[0] for item in items[:3]))
