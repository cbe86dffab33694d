"""Prices over time: phases scheduled by date, and revisions by a percentage or an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .errors import RuleError
from .money import round_fraction
from .periods import Interval, Period


@dataclass(frozen=True, slots=True)
class PricePhase:
    """A price from a day on, until the next phase."""

    start: date
    price: Decimal


@dataclass(frozen=True, slots=True)
class PricedPart:
    """The part of a period that one price holds for."""

    period: Period
    price: Decimal


def phases_from(start: date, lengths: Sequence[tuple[Interval | None, Decimal]]) -> tuple[PricePhase, ...]:
    """Return the phases of an offer such as "3 months at 10, then 25"; only the last has no length.

    Raises RuleError for another one without length, or a last one with it.

    >>> phases = phases_from(date(2025, 1, 31), [(Interval(3, 'month'), Decimal(10)), (None, Decimal(25))])
    >>> [str(phase.start) for phase in phases]
    ['2025-01-31', '2025-04-30']
    """
    if not lengths or [place for place, (length, _) in enumerate(lengths) if length is None] != [len(lengths) - 1]:
        raise RuleError('Every phase of a price needs a length, except the last one')
    phases, day, anchor_day = [], start, start.day
    for length, price in lengths:
        phases.append(PricePhase(day, price))
        if length:
            day = length.plus(day, anchor_day if length.months else None)
            anchor_day = anchor_day if length.months else day.day
    return tuple(phases)


def price_at(phases: Sequence[PricePhase], day: date) -> Decimal:
    """Return the price on a day, in whatever order the phases come. Raises RuleError before the first."""
    begun = [phase for phase in phases if phase.start <= day]
    if not begun:
        raise RuleError(f'No price is agreed for {day}')
    return max(begun, key=_by_start).price


def priced_parts(phases: Sequence[PricePhase], period: Period) -> list[PricedPart]:
    """Return the period cut where the price steps; the parts touch and cover it.

    >>> phases = [PricePhase(date(2025, 1, 1), Decimal(30)), PricePhase(date(2025, 6, 16), Decimal(33))]
    >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
    >>> [(part.period.days, str(part.price)) for part in priced_parts(phases, june)]
    [(15, '30'), (15, '33')]
    """
    steps = {phase.start for phase in phases if period.start < phase.start < period.end}
    edges = sorted({period.start, *steps, period.end})
    return [PricedPart(Period(start, end), price_at(phases, start)) for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Revision:
    """A price before and after a revision, and the change in percent that led to it, exact."""

    old: Decimal
    new: Decimal
    percent: Fraction

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


def revise_by_percent(price: Decimal, percent: Decimal, digits: int, step: Decimal | None = None) -> Revision:
    """Return price × (1 + percent / 100), rounded half-up to `digits`, or to a multiple of `step` such as 0.05.

    Raises RuleError below −100 percent or for a step that is not above 0.

    >>> str(revise_by_percent(Decimal('24.95'), Decimal('3.5'), 2).new)
    '25.82'
    """
    return _revise(price, Fraction(percent), digits, step)


def revise_by_index(price: Decimal, old_index: Decimal, new_index: Decimal, digits: int,
                    weight: Decimal = Decimal(100), threshold: Decimal = Decimal(0),
                    step: Decimal | None = None) -> Revision:
    """Return the price after an index such as consumer prices moved from one value to another.

    change = new_index / old_index − 1. `weight`: percent of the price that follows the index. `threshold`: a
    change of fewer percent, up or down, leaves the price. `step`: the price becomes a multiple of it. Raises
    RuleError for an index or a step that is not above 0.

    >>> str(revise_by_index(Decimal(100), Decimal('117.4'), Decimal('120.2'), 2, weight=Decimal(60)).new)
    '101.43'
    """
    if old_index <= 0 or new_index <= 0:
        raise RuleError(f'An index must be above 0: {old_index} to {new_index}')
    change = (Fraction(new_index) / Fraction(old_index) - 1) * 100
    follows = abs(change) >= Fraction(threshold)
    return _revise(price, change * Fraction(weight) / 100 if follows else Fraction(0), digits, step)


def _revise(price: Decimal, percent: Fraction, digits: int, step: Decimal | None) -> Revision:
    if percent < -100:
        raise RuleError(f'A price cannot fall by more than 100 percent: {percent}')
    if step is not None and step <= 0:
        raise RuleError(f'A price is rounded to a step above 0, not {step}')
    if not percent:
        return Revision(price, price, percent)
    exact = Fraction(price) * (1 + percent / 100)
    new = round_fraction(exact / Fraction(step), 0) * step if step else round_fraction(exact, digits)
    return Revision(price, new, percent)


def _by_start(phase: PricePhase) -> date:
    return phase.start
