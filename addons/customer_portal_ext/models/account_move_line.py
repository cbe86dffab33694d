"""Receivables as customers see them: one status each, and what is on its way to pay them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.fields import Domain

from ..rules.receivable_status import Receivable, cover_in_turn, receivable_status

STATUS_SELECTION = [
    ('deleted', "Deleted"), ('paid', "Paid"), ('in_process', "In Process"), ('suspended', "Suspended"),
    ('due', "Due"), ('pending', "Pending"),
]
FACT_FIELDS = ('move_id', 'display_type', 'date_maturity', 'amount_residual_currency', 'currency_id', 'company_id',
               'partner_id', 'service_contract_id')
"""What facts about receivables need to know; a line has a hundred fields more."""


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
        self._tell_receivable_status(self._receivable_facts())

    def _keep_receivable_status(self, facts: dict[int, Receivable]) -> None:
        """Let the fields of the status have what is known already, so that they are not worked out again."""
        with self.env.protecting([self._fields[name] for name in ('receivable_status', 'amount_in_process')], self):
            self._tell_receivable_status(facts)

    def _tell_receivable_status(self, facts: dict[int, Receivable]) -> None:
        # sudo: the time zone stands on the company's address
        today = {company: company.sudo()._service_today() for company in self.company_id}
        for line in self:
            fact = facts.get(line.id)
            line.receivable_status = fact and receivable_status(fact, today[line.company_id])
            line.amount_in_process = fact and min(fact.in_process, fact.residual)

    @api.model
    def _receivables_domain(self, partner) -> Domain:
        """Return what customers owe or owed: the posted receivables of their whole companies or households."""
        return self._receivable_domain() & Domain('partner_id', 'child_of', partner.commercial_partner_id.ids)

    @api.model
    def _receivable_domain(self) -> Domain:
        return Domain([
            ('parent_state', '=', 'posted'), ('display_type', '=', 'payment_term'),
            ('move_id.move_type', 'in', ('out_invoice', 'out_receipt', 'out_refund')),
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

    def _in_process_by_line(self) -> dict[int, Decimal]:
        """Return what is on its way for each of these receivables: transactions not confirmed, transfers reported.

        The oldest are covered first, so all receivables of their invoices are looked at, and where a transfer was
        reported without choosing what it pays, all of the customer: a page of the list tells what the whole tells.
        """
        open_lines = self.sudo().filtered('amount_residual_currency')  # sudo: that a payment is on its way, no more
        if not open_lines:
            return {}
        reports = self.env['transfer.report'].sudo()._waiting_for(open_lines)  # sudo: as above
        open_lines |= open_lines._open_beside(reports.filtered(lambda report: not report.line_ids))
        claims = [*open_lines._claims_of_transactions(), *open_lines._claims_of_reports(reports)]
        # What a report was chosen for may stand on another page of the list.
        return cover_in_turn((open_lines | reports.line_ids)._plain_receivables(), claims) if claims else {}

    def _open_beside(self, reports):
        """Return what is open of the invoices of these receivables, and of all whose reports name none."""
        of_invoices = Domain('move_id', 'in', self.move_id.ids) & Domain('display_type', '=', 'payment_term')
        of_customers = self._receivable_domain() & Domain(
            'partner_id.commercial_partner_id', 'in', reports.partner_id.commercial_partner_id.ids)
        return self.search_fetch(
            (of_invoices | of_customers) & Domain('amount_residual_currency', '!=', 0), FACT_FIELDS)

    def _claims_of_transactions(self) -> Iterator[tuple[set[int], Decimal]]:
        """Yield for each invoice which of these receivables payments that are not confirmed cover, and how much."""
        for invoice, lines in self.grouped('move_id').items():
            waiting = invoice.transaction_ids._on_their_way()
            if waiting:
                yield set(lines.ids), sum(map(to_decimal, waiting.mapped('amount')))

    def _claims_of_reports(self, reports) -> Iterator[tuple[set[int], Decimal]]:
        """Yield which of these receivables each reported transfer covers, and how much."""
        alike = self.grouped(lambda line: reports._covers(line, line.partner_id)) if reports else {}
        for report in reports:
            lines = report.line_ids or alike.get(report._covers(report, report.partner_id), self.browse())
            yield set(lines.ids), to_decimal(report.amount)

    def _plain_receivables(self) -> list[Receivable]:
        return [
            Receivable(line.id, line.date_maturity or date.max,
                       to_decimal(line.currency_id.round(line.amount_residual_currency)))
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
