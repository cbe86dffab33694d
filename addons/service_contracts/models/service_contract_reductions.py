"""Price steps, discounts and bonus rules in the charges of contracts; services without any cost nothing extra."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..rules.billing import Charge, LineTerms
from ..rules.bonus import is_paid_on_time
from ..rules.errors import RuleError
from ..rules.money import to_decimal
from ..rules.price_steps import stepped_charges
from ..rules.pricing import Rated
from ..rules.reductions import granted, is_standing, next_change, reduced, taken_off

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Due:
    """What fell due on one day, and what was paid of it when."""

    day: date
    amount: Decimal
    payments: tuple[tuple[date, Decimal], ...]


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _with_reductions(self, charges_by_line: dict, terms: dict[int, LineTerms]) -> dict:
        charges_by_line = super()._with_reductions(charges_by_line, terms)
        special = [line for line, charges in charges_by_line.items() if charges and line._has_own_prices()]
        if not special:
            return charges_by_line
        # sudo: a customer sees what will be charged without the right to read how prices were agreed
        lines_sudo = self.env['service.contract.line'].browse().union(*special).sudo()
        dues = lines_sudo._dues_to_reward()
        return charges_by_line | {
            line: line_sudo._own_charges(charges_by_line[line], terms[line.id], dues.get(line_sudo.contract_id.id, ()))
            for line, line_sudo in zip(special, lines_sudo, strict=True)
        }


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _has_own_prices(self) -> bool:
        return self.has_price_rules or bool(self._plan_phases())

    def _own_charges(self, charges: list[Charge], terms: LineTerms, dues: Sequence[Due]) -> list[Charge]:
        """Return the charges at the prices of their days, less what discounts and bonus rules take off.

        :raises UserError: naming the service whose prices or rules make no sense.
        """
        digits = self.currency_id.decimal_places
        try:
            if phases := self._price_phases():
                charges = stepped_charges(charges, terms, phases)
            reductions = self.reduction_ids._reductions(self.contract_id.partner_invoice_id.lang)
            return [
                reduced(charge, granted(
                    reductions, terms, charge.period.start, self._is_rewarded(charge, terms, dues),
                ), digits) for charge in charges
            ] if reductions else charges
        except RuleError as error:
            raise UserError(self.env._(
                "%(line)s cannot be priced: %(problem)s.", line=self.display_name, problem=str(error),
            )) from error

    def _is_rewarded(self, charge: Charge, terms: LineTerms, dues: Sequence[Due]) -> bool:
        """Tell whether all that fell due in the period before the charge, and something did, was paid by its day."""
        if not dues or not terms.recurrence:
            return False
        since = terms.recurrence.interval.plus(charge.charge_date, times=-1)
        fell_due = [due for due in dues if since <= due.day < charge.charge_date]
        return bool(fell_due) and all(is_paid_on_time(due.amount, due.day, due.payments) for due in fell_due)

    def _dues_to_reward(self) -> dict[int, list[Due]]:
        """Return what the contracts of services with a reward for payment owed and paid, by contract id."""
        rewarded = self.reduction_ids.filtered(lambda reduction: reduction.kind == 'paid_on_time')
        contracts = rewarded.contract_line_id.contract_id
        if not contracts:
            return {}
        self.env.flush_all()
        # SQL because payments of many receivables are read at once; amounts and days are all that leaves it
        rows = self.env.execute_query(SQL(
            """
            SELECT line.service_contract_id, line.date_maturity, line.amount_currency,
                   array_agg(part.max_date) FILTER (WHERE part.id IS NOT NULL),
                   array_agg(part.debit_amount_currency) FILTER (WHERE part.id IS NOT NULL)
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              LEFT JOIN account_partial_reconcile part ON part.debit_move_id = line.id
             WHERE line.service_contract_id = ANY(%s) AND line.display_type = 'payment_term'
               AND line.parent_state = 'posted' AND move.move_type = 'out_invoice'
               AND move.payment_state != 'reversed' AND line.amount_currency > 0
             GROUP BY line.id
             ORDER BY line.date_maturity
            """, contracts.ids,
        ))
        dues = defaultdict(list)
        for contract_id, day, amount, days, paid in rows:
            payments = tuple(zip(days or (), map(to_decimal, paid or ()), strict=True))
            dues[contract_id].append(Due(day, to_decimal(amount), payments))
        return dues

    # === FIGURES === #

    def _standing_off(self, day: date) -> Decimal:
        """Return which part of the price discounts and loyalty take off on a day, from 0 to 1."""
        self.ensure_one()
        try:
            reductions = [item for item in self.reduction_ids._reductions(None) if is_standing(item)]
            terms = self._standing_terms()
            start = terms.recurrence.full_period(day).start if terms.recurrence else day
            grants = granted(reductions, terms, max(start, terms.start))
        except RuleError:
            return ZERO
        price = to_decimal(self.price_unit) * to_decimal(self.quantity) * (1 - to_decimal(self.discount) / 100)
        amount = self._fixed_amount() if self._is_rated() else price
        if amount <= 0:
            return ZERO
        rated = taken_off(Rated(ONE, ONE, amount, ()), grants, self.currency_id.decimal_places or 2)
        return 1 - rated.amount / amount

    def _next_reduction_change(self, today: date) -> date | None:
        if not self.reduction_ids:
            return None
        try:
            return next_change(self.reduction_ids._reductions(None), self._standing_terms(), today)
        except RuleError:
            return None

    def _standing_terms(self) -> LineTerms:
        """Return the terms without the ledger."""
        values, _first = self._terms_base(pointer=False)
        return LineTerms(**values)
