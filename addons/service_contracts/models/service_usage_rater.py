"""Rating: charges of metered and tiered services get their quantity, their amount and what explains it."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..rules.billing import Charge, LineTerms
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
        measured = dict(zip(
            ((line.id, charge.period) for line, charge in metered),
            self.env['service.usage.record']._measure([self._wanted(line, charge.period) for line, charge in metered]),
            strict=True,
        ))
        known = self._known([line for line, _charge in metered])
        return {
            line: self._rate_line(line, charges, terms[line.id], measured, known) if line in rated else charges
            for line, charges in charges_by_line.items()
        }

    def _wanted(self, line, period: Period) -> Wanted:
        moments = moments_of(period, line.company_id._service_zone())
        return Wanted(line._origin.id or 0, moments, line.meter_id.aggregation, line.meter_id.keeps_level)

    def _rate_line(self, line, charges: list[Charge], terms: LineTerms, measured: dict, known: Known) -> list[Charge]:
        """Rate the charges of one line in their order: quota and commitment pass from each to the next."""
        try:
            model = line._price_model()
            buckets, earlier, rated = known.quota.get(line._origin.id, ()), [], []
            for charge in charges:
                quantity = measured.get((line.id, charge.period)) or Measured(charge.quantity, 0)
                quota = line._quota(buckets, charge, terms, model)
                made = self._rate_charge(line, charge, model, quantity, quota)
                made = replace(made, charged=known.late.get((line._origin.id, charge.period.start), ()))
                made = self._with_true_up(line, made, terms, earlier)
                buckets = _buckets_from_json(made.evidence.get('quota_after', []))
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
            evidence |= {'quota': _buckets_to_json(quota), 'quota_after': _buckets_to_json(drawn.buckets)}
            model = replace(model, free_quantity=drawn.free)
        rated = _discounted(price(model, measured.quantity, measured.records), charge.discount)
        if charge.kind == 'usage':
            evidence |= self._meter_evidence(line, charge.period)
        return replace(charge, quantity=measured.quantity, rated=rated, evidence=evidence)

    def _meter_evidence(self, line, period: Period) -> dict:
        wanted = self._wanted(line, period)
        return {
            'meter': line.meter_id.code, 'aggregation': wanted.aggregation, 'keeps_level': wanted.keeps_level,
            'from': str(wanted.moments.start), 'until': str(wanted.moments.end),
        }

    # === COMMITMENT === #

    def _with_true_up(self, line, charge: Charge, terms: LineTerms, earlier: list[Charge]) -> Charge:
        """Add what is missing to the commitment, if the charge is the last of its time."""
        if not line.commitment_amount or charge.kind != 'usage':
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
        served = Fraction((end - span.start).days, span.days)
        missing = true_up(_decimal(line.commitment_amount), charged, digits, served)
        if not missing:
            return charge
        rated = charge.rated
        steps = (*rated.steps, once('true_up', missing))
        return replace(charge, rated=Rated(rated.quantity, rated.units, rated.amount + missing, steps))

    def _charged(self, line, span: Period) -> list[Decimal]:
        """Return what the ledger charged for a service in a span of days, without tax."""
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', line._origin.ids), ('state', '!=', 'void'),
            ('period_start', '>=', span.start), ('period_start', '<', span.end),
        ])
        return [entry._charged_amount() for entry in entries]

    # === LEDGER === #

    def _known(self, lines: list) -> Known:
        """Return the quota left after the last billed period, and corrections of periods that are due again."""
        if not lines:
            return Known({}, {})
        self.env['service.billing.entry'].flush_model()
        ids = [line._origin.id or 0 for line in lines]
        rolling = [line._origin.id or 0 for line in lines if line.meter_id.rolls_over]
        # SQL because only the newest charge of each service matters
        quotas = self.env.execute_query(SQL(
            """
            SELECT DISTINCT ON (contract_line_id) contract_line_id, explanation -> 'quota_after'
              FROM service_billing_entry WHERE kind = 'usage' AND state != 'void' AND contract_line_id = ANY(%s)
             ORDER BY contract_line_id, period_start DESC
            """, rolling,
        )) if rolling else []
        late = defaultdict(tuple)
        for entry in self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', ids), ('kind', '=', 'late_usage'), ('state', '!=', 'void'),
        ]):
            late[entry.contract_line_id.id, entry.period_start] += (entry._charged_amount(),)
        return Known({line_id: _buckets_from_json(kept or []) for line_id, kept in quotas}, late)

    # === CORRECTIONS === #

    def _with_corrections(self, charges_by_line: dict, contracts, day: date) -> dict:
        """Return the charges together with what settles late usage of the contracts.

        By the policy of the meter it goes on the invoice of the first charge due, or on one of its own.
        """
        for line, corrections in self._corrections(contracts.line_ids, day).items():
            due = [charge.charge_date for other, charges in charges_by_line.items()
                   if other.contract_id == line.contract_id for charge in charges]
            charged_on = min(due, default=day) if line.meter_id.late_policy == 'next_invoice' else day
            charges_by_line.setdefault(line, [])
            charges_by_line[line] = [
                *charges_by_line[line], *(replace(charge, charge_date=charged_on) for charge in corrections),
            ]
        return charges_by_line

    def _corrections(self, lines, day: date) -> dict:
        """Return the charges that settle late usage of billed periods, ``{line: [Charge]}``.

        The period is priced again by what was agreed when it was billed; only the difference is charged.
        """
        lines = lines.filtered('late_usage_on')
        entries = self._entries_with_late_usage(lines)
        moments = [entry._moments() for entry in entries]
        measured = self.env['service.usage.record']._measure([
            Wanted(entry.contract_line_id.id, span, entry.explanation['aggregation'], entry.explanation['keeps_level'])
            for entry, span in zip(entries, moments, strict=True)
        ])
        corrections = defaultdict(list)
        for entry, quantity in zip(entries, measured, strict=True):
            line = entry.contract_line_id
            charge = self._correction(entry, quantity, day)
            if charge.amount(line.currency_id.decimal_places):
                corrections[line].append(charge)
        return corrections

    def _entries_with_late_usage(self, lines):
        Entry = self.env['service.billing.entry']
        if not lines:
            return Entry
        rows = self.env.execute_query(SQL(
            """
            SELECT DISTINCT entry.id, entry.period_start
              FROM service_usage_record record
              JOIN service_billing_entry entry ON entry.contract_line_id = record.contract_line_id
               AND entry.kind = 'usage' AND entry.state != 'void'
               AND record.moment >= (entry.explanation ->> 'from')::timestamp
               AND record.moment < (entry.explanation ->> 'until')::timestamp
             WHERE record.late_state = 'open' AND record.contract_line_id = ANY(%s)
             ORDER BY entry.period_start, entry.id
            """, lines.ids,
        ))
        return Entry.browse(entry_id for entry_id, _start in rows)

    def _correction(self, entry, measured: Measured, day: date) -> Charge:
        kept = entry.explanation
        model = price_from_json(kept['price'])
        evidence = {name: kept[name] for name in ('price', 'meter', 'aggregation', 'keeps_level', 'from', 'until')}
        if 'quota' in kept:
            drawn = draw_quota(_buckets_from_json(kept['quota']), measured.quantity, entry._full_period().start)
            model = replace(model, free_quantity=drawn.free)
            evidence['quota'] = kept['quota']
        discount = Decimal(kept['discount'])
        true_ups = tuple(step for step in entry._steps() if step.kind == 'true_up')
        rated = _discounted(price(model, measured.quantity, measured.records), discount)
        rated = Rated(rated.quantity, rated.units, rated.amount + sum(step.amount for step in true_ups),
                      (*rated.steps, *true_ups))
        before = entry._with_corrections()
        live = before.filtered(lambda other: other.state != 'void')
        return Charge(
            entry.contract_line_id.id, 'late_usage', Period(entry.period_start, entry.period_end), entry._full_period(),
            day, Fraction(kept['share']), measured.quantity, Decimal(kept['price_unit']), discount, rated,
            tuple(other._charged_amount() for other in live),
            {**evidence, 'records': measured.records, 'correction': len(before)},
        )


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


def _buckets_to_json(buckets) -> list[list]:
    return [[str(bucket.granted), str(bucket.expires), str(bucket.left)] for bucket in buckets]


def _buckets_from_json(kept) -> tuple[QuotaBucket, ...]:
    return tuple(
        QuotaBucket(date.fromisoformat(granted), date.fromisoformat(expires), Decimal(left))
        for granted, expires, left in kept
    )


def _discounted(rated: Rated, discount: Decimal) -> Rated:
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
