"""A service that takes the place of another: it keeps the periods, and what the change charged is not billed again."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.billing import Charge, Cut, LineTerms
from ..rules.changes import ChangeEffect, Standing, rest_share
from ..rules.money import round_fraction, to_decimal
from ..rules.periods import Period, Recurrence
from ..rules.price_schedule import price_at
from .service_gate import has_passed_gate
from .service_recurrence_mixin import RECURRENCE_FIELDS

EXACT_DIGITS = 12
ANCHOR_FIELDS = ('anchor', 'anchor_day', 'anchor_month', 'anchor_weekday')
ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    anchor_date = fields.Date(
        "Periods count from", readonly=True, copy=False,
        help="A bill day of the service in whose place this one came; its periods go on. Empty: the first day.",
    )
    charged_until = fields.Date(
        "Charged before", readonly=True, copy=False,
        help="A change charged the days before this one; regular charges begin with it.",
    )
    origin_date = fields.Date(
        "Discounts count from", readonly=True, copy=False,
        help="The first day of the service that goes on in this one with another quantity.",
    )
    change_line_ids = fields.One2many('service.contract.change.line', 'new_line_id', "Came by change")
    replaced_by_ids = fields.One2many('service.contract.change.line', 'old_line_id', "Replaced by change")

    # === EXTENDS === #

    @api.depends('anchor_date', 'charged_until', 'change_line_ids', 'replaced_by_ids')
    def _compute_next_charge(self):
        super()._compute_next_charge()

    @api.depends('date_start', 'change_line_ids')
    def _compute_recurring_monthly(self):
        # EXTENDS service_contracts: what a scheduled change brings counts from its first day on
        super()._compute_recurring_monthly()
        for line in self.filtered('change_line_ids'):
            if line.date_start and line.date_start > line.company_id._service_today():
                line.recurring_monthly = 0.0

    @api.constrains('date_start', 'date_end', 'contract_id')
    def _check_dates(self):
        # EXTENDS service_contracts: a service replaced on its first day never ran
        if not has_passed_gate(self.env):
            super()._check_dates()

    def _billing_start(self):
        start = super()._billing_start()
        return max(start, self.charged_until) if start and self.charged_until else start

    def _terms_base(self, pointer):
        values, first = super()._terms_base(pointer)
        return {**values, 'origin': self.origin_date or None, **self._cuts(values['recurrence'])}, first

    def _cuts(self, recurrence: Recurrence | None) -> dict[str, Cut]:
        """Return what changes within a period charge of a service whose short periods are charged in full."""
        if self.kind != 'recurring' or self.proration != 'none' or not (self.anchor_date or self.date_end):
            return {}
        line_sudo, start = self.sudo(), self._service_start()  # sudo: a customer sees what changes will charge
        after = self.date_end and self.date_end + ONE_DAY
        came = line_sudo.change_line_ids.change_id.filtered(lambda change: change.date_effective == start)
        went = line_sudo.replaced_by_ids.change_id.filtered(
            lambda change: change.state != 'withdrawn' and change.date_effective == after)
        cuts = {}
        for name, change, day in (('began', came[:1], start), ('ended', went[:1], after)):
            if change:
                rules = change.plan_from_id._change_rules()
                rule = rules.charge if name == 'began' else rules.credit
                cuts[name] = Cut(day, rest_share(rule, day, recurrence.full_period(day)))
        return cuts

    def _recurrence(self, start):
        grid = super()._recurrence(start)
        if not self.anchor_date:
            return grid
        anchor_day = self.anchor_day if self.anchor == 'calendar' else self.anchor_date.day
        return Recurrence(grid.interval, start, self.anchor_date, anchor_day)

    # === BUSINESS === #

    def _is_on_grid_of(self, other) -> bool:
        """Tell whether both are billed by the same periods, so that those of the one go on in the other."""
        names = ('interval_count', 'interval_unit', 'anchor')
        if self.anchor == 'calendar':
            names += ('anchor_day', 'anchor_month', 'anchor_weekday')
        return 'one_time' not in (self.kind, other.kind) and all(self[name] == other[name] for name in names)

    def _prepare_grid_vals(self, base) -> dict:
        """Return what lets this service go on with the periods of another one; nothing if its plan wants others."""
        is_as_long = self.interval_count == base.interval_count and self.interval_unit == base.interval_unit
        if 'one_time' in (self.kind, base.kind) or not is_as_long:
            return {}
        if self.anchor == 'calendar' and not self._is_on_grid_of(base):
            return {}
        recurrence = {name: (base if name in ANCHOR_FIELDS else self)[name] for name in RECURRENCE_FIELDS}
        return {**recurrence, 'anchor_date': base._billing_terms().recurrence.anchor}

    def _is_in_advance(self) -> bool:
        return self.kind == 'recurring' and self.timing == 'advance'

    def _paid_period(self, day: date) -> Period | None:
        """Return the whole period a day lies in if it is charged in advance already, by the ledger or a change."""
        self.ensure_one()
        if not self._is_in_advance():
            return None
        terms = self._billing_terms()
        full = terms.recurrence.full_period(day)
        is_billed = any(period.start <= day < period.end for period in terms.billed)
        return full if is_billed or (self.charged_until and day < self.charged_until) else None

    def _price_of_period(self, full: Period) -> Decimal:
        """Return the price of a whole period as it is charged, discounts and price steps taken off."""
        self.ensure_one()
        terms = self._billing_terms()
        charge = _whole_charge(terms, full, max(full.start, self._service_start()))
        rated = self.env['service.usage.rater']._rate({self: [charge]}, {self.id: terms})
        parts = self.contract_id._with_reductions(rated, {self.id: terms})[self]  # more than one where the price steps
        amount = sum(part.whole_amount() * part.share for part in parts)
        return round_fraction(amount / sum(part.share for part in parts), EXACT_DIGITS)

    def _prepare_quantity_vals(self, quantity: float) -> dict:
        """Return this service with another quantity, all else as agreed."""
        self.ensure_one()
        vals, = self.copy_data({'quantity': quantity})
        recurrence = {name: self[name] for name in RECURRENCE_FIELDS}
        return {**vals, **recurrence, 'origin_date': self.origin_date or self._billing_start()}

    def _prepare_wished_vals(self, quantity: float, price: float | None) -> dict | None:
        """Return this service with another quantity or another unit price, None where neither is another.

        :raises UserError: for a price of a service that has a list of them.
        """
        self.ensure_one()
        if price is None or price == self.price_unit:
            return self._prepare_quantity_vals(quantity) if quantity != self.quantity else None
        if self._is_rated():
            raise UserError(self.env._(
                "%(service)s is priced by a list, not by one unit price. Revise its prices, or change its plan.",
                service=self.display_name,
            ))
        return {**self._prepare_quantity_vals(quantity), 'wished_price': price}

    def _prepare_wished_price_vals(self, vals: dict, price: float) -> dict:
        """Return a price agreed from the first day of a service on; what was agreed for later days stays."""
        steps = vals.get('price_step_ids')
        if not steps:
            return {'price_unit': price}
        first = Command.create({**steps[0][2], 'price_unit': price})
        return {'price_unit': price, 'price_step_ids': [first, *steps[1:]]}

    def _prepare_price_vals_from(self, day: date) -> dict:
        """Return the price of a day and those to come, as values of the service that goes on with them."""
        phases = self._price_phases()
        if not phases and not self.plan_line_id.phase_ids:
            return {'price_unit': self.price_unit, 'given_price_unit': self.given_price_unit}
        price = price_at(phases, day) if phases else to_decimal(self.price_unit)
        later = [phase for phase in phases if phase.start > day]
        return {'price_unit': float(price), 'price_step_ids': [
            Command.create({'date_start': start, 'price_unit': float(step), 'reason': self.env._("As agreed")})
            for start, step in [(day, price), *((phase.start, phase.price) for phase in later)]
        ]}

    def _standing(self, full: Period) -> tuple[Standing, ChangeEffect | None]:
        """Return the price of a paid period and what was paid of it, and the latest change in it."""
        self.ensure_one()
        back = sum((pending._signed_amount() for pending in self._pauses_credited(full)), ZERO)
        if last := self._last_effect(full):
            after = replace(last.after, paid=max(last.after.paid + back, ZERO))
            return after, replace(last, after=after)
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', '=', self.id), ('kind', '=', 'recurring'), ('state', '!=', 'void'),
            ('period_start', '<', full.end), ('period_end', '>', full.start),
        ])
        whole = [entry for entry in entries if (entry.period_start, entry.period_end) == (full.start, full.end)]
        price = whole[0]._charged_amount() if whole else self._price_of_period(full)
        paid = sum((entry._charged_amount() for entry in entries), ZERO)
        return Standing(price, max(paid + back, ZERO)), None

    def _serving(self, period: Period):
        """Return the service that serves the last days of a period that was paid for this one.

        It is another one where a change in the period of the same price, or undone on its day, neither credited nor
        charged them. What was paid for a service that never ran was taken back with it.
        """
        line = self
        while line.date_end and line._service_start() <= line.date_end and (
            period.start <= line.date_end + ONE_DAY < period.end
        ):
            last = line._last_step_of_day()
            if not last.new_line_id or not _is_without_effect(last.effect):
                break
            line = self.browse(last.new_line_id.id)
        return line

    def _last_step_of_day(self):
        """Return the last change of the day on which this service was replaced; on one day the last one counts."""
        found = step = self._live_step()
        while step and step.new_line_id and (later := step.new_line_id._live_step()):
            if later.change_id.date_effective != found.change_id.date_effective:
                break
            found = step = later
        return found

    def _live_step(self):
        return self.replaced_by_ids.filtered(lambda step: step.change_id.state != 'withdrawn')[:1]

    def _pauses_credited(self, full: Period):
        return self.pending_ids.filtered(
            lambda pending: pending.origin == 'pause' and pending.state != 'cancelled'
            and full.start <= pending.period_start < full.end,
        )

    def _last_effect(self, full: Period) -> ChangeEffect | None:
        """Return what the change cost that brought this service within a period."""
        kept = self.change_line_ids[:1].effect
        return effect_from_json(kept) if kept and kept['full'] == [str(full.start), str(full.end)] else None


class ServicePendingCharge(models.Model):
    _inherit = 'service.pending.charge'

    def _signed_amount(self) -> Decimal:
        return self._charge().amount(self.currency_id.decimal_places)


def _whole_charge(terms: LineTerms, full: Period, start: date) -> Charge:
    """Return a charge of the whole price for what a service has of a period, from a day on."""
    period = Period(start, full.end)
    return Charge(terms.line_id, terms.kind, period, full, full.start, Fraction(1), terms.quantity, terms.price_unit,
                  terms.discount)


# === JSON === #


def effect_to_json(effect: ChangeEffect, full: Period) -> dict:
    """Return what a change cost as plain texts that JSON keeps without loss."""
    return {
        'full': [str(full.start), str(full.end)], 'on': str(effect.on),
        'before': [str(effect.before.price), str(effect.before.paid)],
        'after': [str(effect.after.price), str(effect.after.paid)],
        'credit': str(effect.credit), 'charge': str(effect.charge),
    }


def _is_without_effect(kept: dict | bool) -> bool:
    if not kept:
        return False
    effect = effect_from_json(kept)
    return not effect.credit and not effect.charge and effect.before.price == effect.after.price


def effect_from_json(kept: dict) -> ChangeEffect:
    """Return what `effect_to_json` kept."""
    before, after = (Standing(*map(Decimal, kept[name])) for name in ('before', 'after'))
    return ChangeEffect(date.fromisoformat(kept['on']), before, after, Decimal(kept['credit']), Decimal(kept['charge']))
