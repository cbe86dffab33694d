"""Which receivables a customer may pay now, and how much of them."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .account_move_line import FACT_FIELDS


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    @api.model
    def _choose_to_pay(self, ids: list[int], lock: bool = False):
        """Return the customer's open receivables of these ids, without ids all that is due, in the order of their ids.

        :param lock: let another payment of the same receivables wait until this transaction ends.
        :raises UserError: if nothing is open, or currencies or companies differ.
        """
        partner = self.env.user.partner_id
        domain = self._receivables_domain(partner) & Domain('amount_residual', '>', 0)
        if ids:
            lines = self.search_fetch(domain & Domain('id', 'in', ids), FACT_FIELDS, order='id')
        else:
            lines = self._due_now(domain)
        if lock and lines:
            lines._begin_to_pay()
        facts = lines._receivable_facts()
        lines = lines.filtered(lambda line: line.id in facts and facts[line.id].uncovered)
        lines._keep_receivable_status(facts)
        if not lines:
            raise UserError(self.env._("Nothing of this is left to pay: it is paid, or a payment is on its way."))
        if len(lines.currency_id) > 1 or len(lines.company_id) > 1:
            raise UserError(self.env._("Pay amounts of each currency and company by themselves."))
        return lines

    def _begin_to_pay(self) -> None:
        """Let another payment of these receivables wait for this one, and see it.

        Written to, not only locked: who waited still has an old view (REPEATABLE READ), and PostgreSQL then refuses
        the write, so that Odoo starts the request anew.
        """
        self.flush_recordset()
        self.env.cr.execute(SQL(
            "UPDATE account_move_line SET write_date = write_date WHERE id = ANY(%s)", sorted(self.ids)))
        self.env.invalidate_all()

    @api.model
    def _due_now(self, domain):
        """Return what is due of the currency and company in which something fell due first."""
        today = fields.Date.context_today(self)
        due = self.search_fetch(domain & Domain('date_maturity', '<=', today), FACT_FIELDS, order='date_maturity, id')
        first = due[:1]
        return due.filtered(
            lambda line: line.currency_id == first.currency_id and line.company_id == first.company_id,
        ).sorted('id')

    def _uncovered(self) -> dict[int, float]:
        """Return what is open of each receivable and not on its way, by id."""
        return {key: float(fact.uncovered) for key, fact in self._receivable_facts().items() if fact.uncovered > 0}

    def _left_to_pay(self) -> Decimal:
        """Return what is left to pay of chosen receivables, as `_choose_to_pay` found it."""
        return sum((to_decimal(line.currency_id.round(line.amount_residual_currency - line.amount_in_process))
                    for line in self), Decimal(0))

    def _amount_to_pay(self, wanted) -> float:
        """Return the amount a customer wants to pay of chosen receivables; None stands for all.

        :raises UserError: if it is no number, not above 0, or more than is left to pay.
        """
        total = self._left_to_pay()
        if wanted in (None, ''):
            return float(total)
        try:
            amount = self.currency_id.round(float(wanted))
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(self.env._("“%s” is no amount.", wanted)) from error
        if not 0 < amount <= float(total):
            raise UserError(self.env._(
                "Pay an amount above 0 and up to %s.", self.currency_id.format(float(total)),
            ))
        return amount
