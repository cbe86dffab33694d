"""What is taken off a charge: discounts that last a while and bonus rules, counted in periods of the service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple

from .billing import Charge, LineTerms
from .bonus import Bonus, Discount, Loyalty, Occasion, Off, off_steps
from .money import EXACT
from .periods import Interval, Period, Recurrence, month_index
from .pricing.explanation import ZERO, Rated, Step


@dataclass(frozen=True, slots=True)
class Reduction:
    """A bonus that was agreed, by the name the customer reads.

    Its periods count from the first that begins on `since` or later; None: from the first of the service. `origin` is
    the first day of the service from which it was carried over; None: that of its own service.
    """

    bonus: Bonus
    label: str = ''
    since: date | None = None
    origin: date | None = None

    def begin(self, terms: LineTerms) -> date:
        """Return the first day of the service for which the reduction counts."""
        return self.origin or terms.origin or terms.start


class Granted(NamedTuple):
    """What a reduction takes off one charge."""

    label: str
    off: Off


def period_number(recurrence: Recurrence, first_day: date, day: date) -> int:
    """Return the how-manieth period `day` lies in, counted from 1 for the period of `first_day`.

    >>> quarterly = Recurrence.from_start(Interval(1, 'quarter'), date(2025, 1, 31))
    >>> period_number(quarterly, date(2025, 1, 31), date(2025, 12, 1))
    4
    """
    first, this = recurrence.full_period(first_day).start, recurrence.full_period(day).start
    if months := recurrence.interval.months:
        return (month_index(this) - month_index(first)) // months + 1
    return (this - first).days // recurrence.interval.days + 1


def granted(reductions: Iterable[Reduction], terms: LineTerms, day: date, paid_on_time: bool = False) -> list[Granted]:
    """Return what the reductions take off a charge for the period that begins on `day`, in their order."""
    found = [
        Granted(reduction.label, reduction.bonus.off(occasion)) for reduction in reductions
        if (occasion := _occasion(reduction, terms, day, paid_on_time))
    ]
    return [grant for grant in found if any(grant.off)]


def _occasion(reduction: Reduction, terms: LineTerms, day: date, paid_on_time: bool) -> Occasion | None:
    """Return the occasion a reduction is decided for, None before it has begun."""
    first = _first_day(reduction, terms)
    if day < first:
        return None
    number = period_number(terms.recurrence, first, day) if terms.recurrence else 1
    return Occasion(number, Period(day, date.max), reduction.begin(terms), paid_on_time)


def _first_day(reduction: Reduction, terms: LineTerms) -> date:
    """Return the day from which the periods of a reduction count."""
    origin = reduction.begin(terms)
    if reduction.since is None or reduction.since <= origin:
        return origin
    if terms.recurrence is None:
        return reduction.since
    full = terms.recurrence.full_period(reduction.since)
    return full.start if full.start == reduction.since else full.end


def reduced(charge: Charge, grants: Sequence[Granted], digits: int) -> Charge:
    """Return the charge less what was granted, each a step of its own; without a grant the charge as it is.

    Each is taken of the whole period and rounded; a part of the period has its share of both. What is missing to a
    minimum commitment is not reduced. The grants are kept as evidence, so that a correction can repeat them.

    >>> from fractions import Fraction
    >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
    >>> charge = Charge(1, 'recurring', june, june, june.start, Fraction(1, 2), Decimal(1), Decimal(30), ZERO)
    >>> str(reduced(charge, [Granted('Sibling', Off(Decimal(10)))], 2).amount(2))
    '13.50'
    """
    rated = charge.rated or _plainly_rated(charge)
    made = taken_off(rated, grants, digits)
    if made is rated:
        return charge
    return replace(charge, rated=made, evidence={**charge.evidence, 'reductions': grants_to_json(grants)})


def taken_off(rated: Rated, grants: Sequence[Granted], digits: int) -> Rated:
    """Return the price less what was granted; the same object where nothing is taken off."""
    with localcontext(EXACT):
        base = rated.amount - sum((step.amount for step in rated.steps if step.kind == 'true_up'), ZERO)
        steps = off_steps(base, grants, digits) if grants and base > 0 else []
        if not steps:
            return rated
        amount = rated.amount + sum(step.amount for step in steps)
    return Rated(rated.quantity, rated.units, amount, (*rated.steps, *steps))


def _plainly_rated(charge: Charge) -> Rated:
    """Return quantity × price less the discount as steps."""
    with localcontext(EXACT):
        amount = charge.quantity * charge.price_unit
        steps = [Step('unit', charge.quantity, charge.price_unit, amount)]
        if charge.discount:
            factor = -charge.discount.scaleb(-2)
            steps.append(Step('discount', amount, factor, amount * factor))
            amount += steps[1].amount
    return Rated(charge.quantity, charge.quantity, amount, tuple(steps))


def next_change(reductions: Iterable[Reduction], terms: LineTerms, today: date) -> date | None:
    """Return the next day after `today` on which a discount begins or ends; None when all stays as it is."""
    days = [day for reduction in reductions for day in _turns(reduction, terms) if day and day > today]
    return min(days, default=None)


def _turns(reduction: Reduction, terms: LineTerms) -> list[date | None]:
    bonus, first = reduction.bonus, _first_day(reduction, terms)
    if isinstance(bonus, Loyalty):
        return [first, Interval(bonus.after_months, 'month').plus(reduction.begin(terms))]
    if not isinstance(bonus, Discount):
        return []
    ends = bonus.periods and terms.recurrence and _nth_period(terms.recurrence, first, bonus.periods + 1)
    return [first, bonus.until, ends or None]


def _nth_period(recurrence: Recurrence, first_day: date, number: int) -> date:
    start = recurrence.full_period(first_day).start
    return recurrence.interval.plus(start, recurrence.anchor_day if recurrence.interval.months else None, number - 1)


def is_standing(reduction: Reduction) -> bool:
    """Tell whether a reduction lowers the recurring revenue; a free period and a reward now and then do not."""
    return isinstance(reduction.bonus, Discount | Loyalty)


def grants_to_json(grants: Iterable[Granted]) -> list[list[str]]:
    """Return the grants as texts that JSON keeps without loss.

    >>> grants_from_json(grants_to_json([Granted('Sibling', Off(Decimal(10)))]))[0].off.percent
    Decimal('10')
    """
    return [[grant.label, str(grant.off.percent), str(grant.off.amount)] for grant in grants]


def grants_from_json(kept: Iterable[Sequence[str]]) -> list[Granted]:
    """Return the grants that `grants_to_json` kept."""
    return [Granted(label, Off(Decimal(percent), Decimal(amount))) for label, percent, amount in kept]
