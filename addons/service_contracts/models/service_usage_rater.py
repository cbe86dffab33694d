"""Rating: charges of metered and tiered services get their quantity, their amount and what explains it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..rules.billing import CREDIT, Charge, LineTerms
from ..rules.errors import RuleError
from ..rules.periods import Interval, Period, Recurrence
from ..rules.pricing import PriceModel, Rated, Step, Tier, price, true_up
from ..rules.pricing.explanation import once
from ..rules.quota import QuotaBucket, draw_quota, roll_over
from ..rules.usage import moments_of
from .service_usage_measure import Measured, Wanted

ZERO = Decimal(0)


@dataclass(slots=True)
class Known:
    """What the ledger tells about the services to be rated, by line id."""

    quota: dict[int, tuple[QuotaBucket, ...]]
    late: dict[tuple[int, date], tuple[Decimal, ...]]
    """Corrections still charged of a period that is due again."""
    evidence: dict[int, dict] = field(default_factory=dict)
    """What explains the newest charge of a service that another one may go on from."""
    carried: dict[int, Carried | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a service has of the quota of those in whose place it came."""

    buckets: tuple[QuotaBucket, ...]
    drawn: Decimal
    """What they drew of the quota that their period granted them."""


class ServiceUsageRater(models.AbstractModel):
    _name = 'service.usage.rater'
    _description = "Rater of Usage"

    def _rate(self, charges_by_line: dict, terms: dict[int, LineTerms]) -> dict:
        """Return the charges with the amounts of metered and tiered services.

        :param charges_by_line: contract lines with their due charges, ``{line: [Charge]}``.
        :param terms: the terms of each line by id.
        :raises UserError: naming the service whose price makes no sense.
        """
        rated = [line for line in charges_by_line if line._is_rated()]
        if not any(charges_by_line[line] for line in rated):
            return charges_by_line
        metered = [(line, charge) for line in rated if line.kind == 'usage' for charge in charges_by_line[line]]
        measured, known = self._measured(metered), self._known(metered)
        made = {}
        for line in sorted(rated, key=lambda line: line._origin.id or 0):  # a service before the one that follows it
            charges = charges_by_line[line]
            known.carried[line.id] = self._carried(line, charges, known)
            made[line] = self._rate_line(line, charges, terms[line.id], measured, known)
            if made[line]:
                known.evidence[line.id] = made[line][-1].evidence
        return {line: made.get(line, charges) for line, charges in charges_by_line.items()}

    def _measured(self, metered: list) -> dict[tuple[int, Period], Measured]:
        """Return what was used in each period to be charged, by line id and period. Extend it to expect something."""
        wanted = [self._wanted(line, charge.period) for line, charge in metered]
        periods = ((line.id, charge.period) for line, charge in metered)
        return dict(zip(periods, self.env['service.usage.record']._measure(wanted), strict=True))

    def _wanted(self, line, period: Period) -> Wanted:
        moments = moments_of(period, line.company_id._service_zone())
        return Wanted(line._origin.id or 0, moments, line.meter_id.aggregation, line.meter_id.keeps_level)

    def _rate_line(self, line, charges: list[Charge], terms: LineTerms, measured: dict, known: Known) -> list[Charge]:
        """Rate the charges of one line in their order: quota and commitment pass from each to the next."""
        try:
            carried, earlier, rated = known.carried.get(line.id), [], []
            buckets = carried.buckets if carried else known.quota.get(line._origin.id, ())
            for charge in charges:
                quantity = measured.get((line.id, charge.period)) or Measured(charge.quantity, 0)
                drawn = carried.drawn if carried and not rated else None
                own = line._changed_model(line._price_model_at(charge.period.start), charge, drawn)
                quota = line._quota(buckets, charge, terms, own)
                made = self._rate_charge(line, charge, own, quantity, quota)
                made = replace(made, charged=known.late.get((line._origin.id, charge.period.start), ()))
                made = self._with_true_up(line, made, terms, earlier)
                buckets = buckets_from_json(made.evidence.get('quota_after', []))
                earlier.append(made)
                rated.append(made)
        except RuleError as error:
            raise UserError(self.env._(
                "%(line)s cannot be priced: %(problem)s.", line=line.display_name, problem=str(error),
            )) from error
        return rated

    def _rate_charge(self, line, charge: Charge, model: PriceModel, measured: Measured, quota) -> Charge:
        """Return the charge with the price of a quantity, as the model of its period gives it."""
        if line.prorates_limits and charge.kind == 'usage':
            model = model.prorated(charge.share)
        evidence = {'price': price_to_json(model), 'records': measured.records}
        if quota is not None:
            drawn = draw_quota(quota, measured.quantity, charge.full_period.start)
            evidence |= {'quota': buckets_to_json(quota), 'quota_after': buckets_to_json(drawn.buckets)}
            model = replace(model, free_quantity=drawn.free)
        rated = discounted(price(model, measured.quantity, measured.records), charge.discount)
        if charge.kind == 'usage':
            evidence |= self._meter_evidence(line, charge.period)
        return replace(charge, quantity=measured.quantity, rated=rated, evidence=evidence)

    def _carried(self, line, charges: list[Charge], known: Known) -> Carried | None:
        """Return what a service begins with of the quota of those it goes on from. Extend it."""
        return None

    def _meter_evidence(self, line, period: Period) -> dict:
        wanted = self._wanted(line, period)
        return {
            'meter': line.meter_id.code, 'aggregation': wanted.aggregation, 'keeps_level': wanted.keeps_level,
            'from': str(wanted.moments.start), 'until': str(wanted.moments.end),
        }

    # === COMMITMENT === #

    def _with_true_up(self, line, charge: Charge, terms: LineTerms, earlier: list[Charge]) -> Charge:
        """Add what is missing to the commitment, if the charge is the last of its time."""
        if charge.kind != 'usage' or not any(amount for _start, amount in line._commitments()):
            return charge
        interval = Interval(line.commitment_count, line.commitment_unit)
        span = Recurrence.from_start(interval, terms.start).full_period(charge.period.start)
        end = min(span.end, terms.horizon)
        if charge.period.end < end:
            return charge
        digits = line.currency_id.decimal_places
        charged = [
            *self._charged(line, span),
            *(made.amount(digits) for made in earlier if made.period.start >= span.start), charge.amount(digits),
        ]
        missing = true_up(line._commitment_over(Period(span.start, end), span), charged, digits)
        if not missing:
            return charge
        rated = charge.rated
        steps = (*rated.steps, once('true_up', missing))
        return replace(charge, rated=Rated(rated.quantity, rated.units, rated.amount + missing, steps))

    def _charged(self, line, span: Period) -> list[Decimal]:
        """Return what the ledger charged for a service in a span of days, without tax and before credit paid for it."""
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', line._origin.ids), ('state', '!=', 'void'), ('kind', '!=', CREDIT),
            ('period_start', '>=', span.start), ('period_start', '<', span.end),
        ])
        return [entry._charged_amount() for entry in entries]

    # === LEDGER === #

    def _known(self, metered: list) -> Known:
        """Return the quota left before the first period to be rated, and corrections of periods due again.

        :param metered: pairs of a service and a charge, oldest first.
        """
        if not metered:
            return Known({}, {})
        self.env['service.billing.entry'].flush_model()
        late = defaultdict(tuple)
        for entry in self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', [line._origin.id or 0 for line, _charge in metered]),
            ('kind', '=', 'late_usage'), ('state', '!=', 'void'),
        ]):
            late[entry.contract_line_id.id, entry.period_start] += (entry._charged_amount(),)
        first = {
            line._origin.id: charge.period.start for line, charge in reversed(metered)
            if line.meter_id.rolls_over and line._origin
        }
        return Known(self._quota_before(first), late)

    def _quota_before(self, first: dict[int, date]) -> dict[int, tuple[QuotaBucket, ...]]:
        """Return the quota each service had left on a day, by line id; late usage not settled yet counts."""
        if not first:
            return {}
        # SQL because only the newest charge of each service before a day of its own matters
        rows = self.env.execute_query(SQL(
            """
            SELECT DISTINCT ON (entry.contract_line_id) entry.contract_line_id, entry.explanation -> 'quota_after'
              FROM unnest(%s::int[], %s::date[]) AS wanted(line_id, first)
              JOIN service_billing_entry entry ON entry.contract_line_id = wanted.line_id
               AND entry.kind IN ('usage', 'late_usage') AND entry.state != 'void'
               AND entry.period_start < wanted.first AND entry.explanation -> 'quota_after' IS NOT NULL
             ORDER BY entry.contract_line_id, entry.period_start DESC, entry.correction DESC NULLS LAST
            """, list(first), list(first.values()),
        ))
        quota = {line_id: buckets_from_json(kept) for line_id, kept in rows}
        lines = self.env['service.contract.line'].browse(first)
        for line, corrections in self._corrections(lines | lines._metered_before(), max(first.values())).items():
            until = first.get(line.id, date.min)
            if before := [charge for charge in corrections if charge.period.start < until]:
                quota[line.id] = buckets_from_json(before[-1].evidence['quota_after'])
        return quota


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _quota(self, buckets, charge: Charge, terms: LineTerms, model: PriceModel) -> tuple[QuotaBucket, ...] | None:
        """Return the quota a period begins with when unused quota rolls over, else None."""
        meter = self.meter_id
        if not meter.rolls_over or charge.kind != 'usage':
            return None
        if self.prorates_limits:
            model = model.prorated(charge.share)
        start = charge.full_period.start
        expires = terms.recurrence.interval.plus(
            charge.full_period.end, anchor_day=terms.recurrence.anchor_day or None, times=meter.roll_over_periods,
        )
        granted = QuotaBucket(start, expires, model.free_quantity)
        cap = _decimal(meter.roll_over_cap) if meter.roll_over_cap else None
        return roll_over(buckets, start, granted, cap)


# === JSON === #


def price_to_json(model: PriceModel) -> dict:
    """Return a price as plain texts that JSON keeps without loss.

    >>> price_from_json(price_to_json(PriceModel('package', Decimal(2), block=Decimal(10)))).block
    Decimal('10')
    """
    numbers = ('unit_price', 'block', 'free_quantity', 'event_price', 'minimum', 'maximum')
    return {
        'kind': model.kind, 'free_events': model.free_events, 'flat_at_zero': model.flat_at_zero,
        'tiers': [[_text(tier.upper), str(tier.unit_price), str(tier.flat_fee)] for tier in model.tiers],
        **{name: _text(getattr(model, name)) for name in numbers},
    }


def price_from_json(kept: dict) -> PriceModel:
    """Return the price that `price_to_json` kept."""
    numbers = ('unit_price', 'block', 'free_quantity', 'event_price', 'minimum', 'maximum')
    return PriceModel(
        kept['kind'], free_events=kept['free_events'], flat_at_zero=kept['flat_at_zero'],
        tiers=tuple(Tier(upper and Decimal(upper), Decimal(unit), Decimal(fee)) for upper, unit, fee in kept['tiers']),
        **{name: Decimal(kept[name]) for name in numbers if kept[name] is not None},
    )


def buckets_to_json(buckets) -> list[list]:
    return [[str(bucket.granted), str(bucket.expires), str(bucket.left)] for bucket in buckets]


def buckets_from_json(kept) -> tuple[QuotaBucket, ...]:
    return tuple(
        QuotaBucket(date.fromisoformat(granted), date.fromisoformat(expires), Decimal(left))
        for granted, expires, left in kept
    )


def discounted(rated: Rated, discount: Decimal) -> Rated:
    """Return the price with its discount as a step of its own."""
    if not discount:
        return rated
    factor = -discount.scaleb(-2)
    step = Step('discount', rated.amount, factor, rated.amount * factor)
    return Rated(rated.quantity, rated.units, rated.amount + step.amount, (*rated.steps, step))


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
