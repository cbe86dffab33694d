"""What one page of the panel answers: what is owed, for which period, by when, and what comes next."""

from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain

from ..rules.receivable_status import what_to_pay
from .account_move_line import FACT_FIELDS

LINK_ROWS = 200
"""The link to pay names so many receivables, for addresses have an end; the sums are over all."""
SHOWN_ROWS = 6
"""Of these the first page shows the first ones with their four dates."""
NEXT_CHARGES = 5


class ResPartner(models.Model):
    _inherit = 'res.partner'

    circular_opt_out = fields.Boolean("No offers", help="Gets no circulars that are advertising.")

    def _open_receivables(self):
        """Return the open receivables of the customers, the oldest due first; a credit note has a negative rest."""
        Line = self.env['account.move.line']
        domain = Line._receivables_domain(self) & Domain('amount_residual', '!=', 0)
        return Line.search_fetch(domain, FACT_FIELDS, order='date_maturity, id')

    def _panel_overview(self, today) -> list[dict]:
        """Return what the customer owes, an object for each currency.

        :return: ``currency``, ``due`` and ``owed`` (what is not on its way), ``later`` (the next due date), ``credit``,
            ``in_process``, ``lines`` (the oldest with a rest above 0, for the link to pay), ``shown`` (the first of
            them), ``dates`` (their four dates by id) and ``warning`` (the dates of the one that is suspended first).
        """
        lines = self._open_receivables()
        facts = lines._receivable_facts()
        by_currency, credits = lines.grouped('currency_id'), self._credits()
        owed = {currency: by_currency.get(currency, lines.browse()).filtered(
            lambda line: line.amount_residual_currency > 0) for currency in {**by_currency, **credits}}
        shown = lines.browse().union(*(some[:SHOWN_ROWS] for some in owed.values()))
        shown._keep_receivable_status(facts)
        dates = shown._four_dates()
        return [{
            'currency': currency, 'credit': credits.get(currency, 0.0),
            'lines': some[:LINK_ROWS], 'shown': some[:SHOWN_ROWS].with_prefetch(shown.ids), 'dates': dates,
            **_sums([facts[line.id] for line in some if line.id in facts], dates, today),
        } for currency, some in owed.items()]

    def _credits(self) -> dict:
        """Return what the customer has in credit by currency: credit notes and payments beyond what was owed."""
        # sudo: payments are not the customer's to read, their sum is
        return {currency: -amount for currency, amount in self.env['account.move.line'].sudo()._read_group([
            ('parent_state', '=', 'posted'), ('account_id.account_type', '=', 'asset_receivable'),
            ('partner_id', 'child_of', self.commercial_partner_id.id), ('amount_residual', '<', 0),
        ], ['currency_id'], ['amount_residual_currency:sum'])}

    def _panel_next_charges(self) -> list[dict]:
        """Return the next regular charges of all running contracts, by date, in the customer's words."""
        self.ensure_one()
        contracts = self.env['service.contract'].search([
            ('partner_id', 'child_of', self.commercial_partner_id.id), ('state', '=', 'active'),
            ('next_charge_date', '!=', False),
        ], order='next_charge_date, id', limit=NEXT_CHARGES)
        # sudo: prices and taxes of the own services
        return contracts.sudo()._portal_next_charges(NEXT_CHARGES)


def _sums(debts: list, dates: dict, today) -> dict:
    due, owed, later = what_to_pay(debts, today)
    late = [dates[debt.key] for debt in debts if debt.uncovered and debt.key in dates]
    threats = [four for four in late if four.due <= today and four.suspension]
    return {
        'due': float(due), 'owed': float(owed), 'later': later,
        'in_process': float(sum((min(debt.in_process, debt.residual) for debt in debts), Decimal(0))),
        'warning': min(threats, key=lambda four: four.suspension, default=None),
    }
