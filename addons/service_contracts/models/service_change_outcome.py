"""What a wish to change comes to, worked out without a trace: the first day, the services exchanged, their price."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..rules.changes import ZERO, ChangeEffect, Standing, change_effect, matched
from ..rules.periods import Period
from .service_change_ahead import NOTHING_AHEAD, Ahead
from .service_change_wish import Wish

NO_PRICE = Standing(ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One service that takes the place of another; either may be an empty recordset. `new` is not saved yet."""

    old: Any
    new: Any
    vals: dict | None
    full: Period | None = None
    effect: ChangeEffect | None = None
    ahead: Ahead = NOTHING_AHEAD

    @property
    def credit(self) -> Decimal:
        return self.ahead.credit + (self.effect.credit - self.effect.credit_back if self.effect else ZERO)

    @property
    def charge(self) -> Decimal:
        return self.ahead.charge + (self.effect.charge - self.effect.charge_back if self.effect else ZERO)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A wish with its first day, what is exchanged, and what that comes to."""

    wish: Wish
    when: str
    day: date
    exchanges: tuple[Exchange, ...]
    figures: dict


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _outcome(self, wish: Wish) -> Outcome:
        """Return what a wish comes to, without writing anything.

        :raises UserError: for a contract that cannot change, or not so.
        """
        self.ensure_one()
        self._check_changeable()
        (wish.plan - self.plan_id)._check_offered_to(self.partner_id, self.pricelist_id)
        pairs = self._pairs_for_plan(wish) if wish.plan else self._pairs_for_services(wish)
        outcome = self._outcome_on(wish, pairs, wish.when or 'now')
        if outcome.when == 'now' and self.plan_id.lower_at_period_end and self._is_smaller(wish, outcome):
            if wish.when:
                raise UserError(self.env._(
                    "%(contract)s: %(change)s is smaller than what is paid. It may begin when the period is over.",
                    contract=self.display_name, change=outcome.figures['summary'],
                ))
            outcome = self._outcome_on(wish, pairs, 'period_end')
        if self.date_end and outcome.day > self.date_end:
            raise UserError(self.env._(
                "%(contract)s ends on %(end)s, before the change on %(day)s. Take back the end first.",
                contract=self.display_name, end=format_date(self.env, self.date_end),
                day=format_date(self.env, outcome.day),
            ))
        return outcome

    def _check_changeable(self) -> None:
        self._check_state('active', self.env._("only an active contract can be changed"))
        if scheduled := self.sudo().scheduled_change_id:  # sudo: a customer may ask for a change, too
            raise UserError(self.env._(
                "%(contract)s: %(change)s is scheduled for %(day)s. Withdraw it first.",
                contract=self.display_name, change=scheduled.summary,
                day=format_date(self.env, scheduled.date_effective),
            ))

    def _is_smaller(self, wish: Wish, outcome: Outcome) -> bool:
        if wish.plan == self.plan_id:
            return self._is_shorter(wish)
        is_lower = wish.plan._is_lower_than(self.plan_id) if wish.plan else None
        monthly = outcome.figures['monthly_before'] - outcome.figures['monthly_after']
        return self.currency_id.compare_amounts(monthly, 0) > 0 if is_lower is None else is_lower

    def _pairs_for_plan(self, wish: Wish) -> list[tuple]:
        """Return each service of the present plan with the values of the one in the new plan that takes its place."""
        plan = wish.plan
        old = self._changeable_lines().filtered(lambda line: line.plan_id in (self.plan_id, line.browse().plan_id))
        products = old.product_id
        new = plan.line_ids.filtered(lambda line: line.kind != 'one_time' and (
            not line.is_optional or line.product_id in products
        ))
        pairs = matched([line.product_id.id for line in old], [line.product_id.id for line in new])
        return [
            (old[before] if before is not None else old.browse(),
             self._target_vals(wish, new[after], old[before] if before is not None else old.browse())
             if after is not None else None)
            for before, after in pairs
        ]

    def _target_vals(self, wish: Wish, plan_line, old) -> dict:
        """Return a service of the new plan, by the interval wished for; a quantity that the customer chose is kept."""
        vals = plan_line._prepare_contract_line_vals()
        vals['plan_interval_id'] = wish.interval.id if wish.interval and plan_line.kind == 'recurring' else False
        is_same = old and old.product_id == plan_line.product_id
        if is_same and old.plan_line_id and old.quantity != old.plan_line_id.quantity:
            vals['quantity'] = old.quantity
        return vals

    def _pairs_for_services(self, wish: Wish) -> list[tuple]:
        pairs, prices = [], dict(wish.prices)
        for service, quantity in wish.quantities:
            if service._name == 'service.plan.line':
                if quantity:
                    vals = {**service._prepare_contract_line_vals(), 'quantity': quantity}
                    pairs.append((self.env['service.contract.line'], vals))
            elif not quantity:
                pairs.append((service, None))
            elif vals := service._prepare_wished_vals(quantity, prices.get(service)):
                pairs.append((service, vals))
        if not pairs:
            raise UserError(self.env._("%s: nothing would change. Send another quantity or price.", self.display_name))
        return pairs

    def _outcome_on(self, wish: Wish, pairs: list[tuple], when: str) -> Outcome:
        day = self._change_day(when, [old for old, _vals in pairs if old])
        exchanges = tuple(self._exchange(old, vals, day) for old, vals in pairs)
        return Outcome(wish, when, day, exchanges, self._change_figures(wish, exchanges))

    def _change_day(self, when: str, old: list) -> date:
        """Return the first day of what is new: today, or when all that is paid of the services is over."""
        today = max(self.company_id._service_today(), self.date_start)
        if when == 'now':
            return today
        ends = [self._paid_from()]
        for line in old or self._changeable_lines():
            terms = line._billing_terms()
            ends += [terms.recurrence.full_period(today).end, *(period.end for period in terms.billed)]
        return max([today, *ends])

    def _exchange(self, old, vals: dict | None, day: date) -> Exchange:
        """Return what it costs that one service takes the place of another on a day."""
        Line = self.env['service.contract.line']
        base = old or self._changeable_lines().filtered(lambda line: line._is_in_advance())[:1]
        full = base._paid_period(day) if base else None
        new = Line
        if vals is not None:
            vals = self._complete_vals(vals, base, day)
            vals |= self._prepare_carried_vals(vals, old, day)
            new = Line.new(vals)
        goes_on = bool(new and full and new._is_in_advance() and new._is_on_grid_of(base))
        if not full or not (old or goes_on):
            return Exchange(old, new, vals)
        price = new._price_of_period(full) if goes_on else ZERO
        standing, last = old._standing(full) if old else (NO_PRICE, None)
        effect = change_effect(
            standing, price, day, full, self.plan_id._change_rules(), self.currency_id.decimal_places, last,
        )
        if goes_on:
            vals['charged_until'] = new.charged_until = full.end
        return Exchange(old, new, vals, full, effect, self._ahead(old, new if goes_on else Line, full, day))

    def _prepare_carried_vals(self, vals: dict, old, day: date) -> dict:
        """Return what a service of another plan takes over of the one in whose place it comes; extend it."""
        return {}

    def _complete_vals(self, vals: dict, base, day: date) -> dict:
        """Return the values of a service that begins on a day, priced, on the bill days of the one before."""
        Line = self.env['service.contract.line']
        vals = {**vals, 'contract_id': self.id, 'date_start': day}
        price = vals.pop('wished_price', None)
        if 'origin_date' in vals:
            vals |= base._prepare_price_vals_from(day)
        if price is not None:
            vals |= base._prepare_wished_price_vals(vals, price)
        if 'price_unit' not in vals:
            price = Line.new({**vals, 'price_unit': 0.0, 'given_price_unit': 0.0})._given_price()
            vals |= {'price_unit': price, 'given_price_unit': price}
        if base:
            vals |= Line.new(vals)._prepare_grid_vals(base)
        return vals
