"""What one page of the panel answers: what is owed, for which period, by when, and what comes next."""

from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain

from ..rules.receivable_status import what_to_pay

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
        return Line.search(domain, order='date_maturity, id')

    def _panel_overview(self, today) -> list[dict]:
        """Return what the customer owes, an object for each currency.

        :return: ``currency``, ``due`` and ``owed`` (what is not on its way), ``later`` (the next due date), ``credit``,
            ``in_process``, ``lines`` (the oldest with a rest above 0, for the link to pay), ``shown`` (the first of
            them), ``dates`` (their four dates by id) and ``warning`` (the dates of the one that is suspended first).
        """
        by_currency = self._open_receivables().grouped('currency_id')
        credits = self._credits()
        none = self.env['account.move.line']
        return [self._overview_in(currency, by_currency.get(currency, none), credits.get(currency, 0.0), today)
                for currency in {**by_currency, **credits}]

    def _credits(self) -> dict:
        """Return what the customer has in credit by currency: credit notes and payments beyond what was owed."""
        # sudo: payments are not the customer's to read, their sum is
        return {currency: -amount for currency, amount in self.env['account.move.line'].sudo()._read_group([
            ('parent_state', '=', 'posted'), ('account_id.account_type', '=', 'asset_receivable'),
            ('partner_id', 'child_of', self.commercial_partner_id.id), ('amount_residual', '<', 0),
        ], ['currency_id'], ['amount_residual_currency:sum'])}

    def _overview_in(self, currency, lines, credit: float, today) -> dict:
        facts = lines._receivable_facts()
        debts = [fact for fact in facts.values() if fact.residual > 0]
        due, owed, later = what_to_pay(debts, today)
        open_lines = lines.filtered(lambda line: line.amount_residual_currency > 0)
        dates = open_lines[:SHOWN_ROWS]._four_dates()
        late = [four for key, four in dates.items() if four.due <= today and four.suspension and facts[key].uncovered]
        return {
            'currency': currency, 'due': float(due), 'owed': float(owed), 'later': later,
            'credit': credit,
            'in_process': float(sum((min(fact.in_process, fact.residual) for fact in debts), Decimal(0))),
            'lines': open_lines[:LINK_ROWS], 'shown': open_lines[:SHOWN_ROWS], 'dates': dates,
            'warning': min(late, key=lambda four: four.suspension, default=None),
        }

    def _panel_next_charges(self) -> list[dict]:
        """Return the next regular charges of all running contracts, by date, in the customer's words."""
        self.ensure_one()
        contracts = self.env['service.contract'].search([
            ('partner_id', 'child_of', self.commercial_partner_id.id), ('state', '=', 'active'),
            ('next_charge_date', '!=', False),
        ], order='next_charge_date, id', limit=NEXT_CHARGES)
        # sudo: prices and taxes of the own services
        return contracts.sudo()._portal_next_charges(NEXT_CHARGES)
