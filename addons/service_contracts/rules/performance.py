"""Performance-bound prices: a measured value earns a bonus or costs a malus, with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .errors import RuleError
from .money import round_fraction

ZERO = Decimal(0)
VALUE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PerformanceStep:
    """From a measured value on (None: from the lowest), so many percent of the price and a fixed amount.

    Above 0 is a bonus that is charged, below 0 a malus that is credited.
    """

    at_least: Decimal | None
    percent: Decimal = ZERO
    amount: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.percent < -100:
            raise RuleError(f'A malus takes at most 100 percent of the price, not {-self.percent}')


@dataclass(frozen=True, slots=True)
class Performance:
    """What a measured value came to and its evidence: value, step and price give the amount again."""

    measured: Decimal
    step: PerformanceStep
    base: Decimal
    amount: Decimal


def rate_performance(steps: Sequence[PerformanceStep], measured: Decimal, base: Decimal, digits: int,
                     cap_percent: Decimal | None = None) -> Performance:
    """Return base × percent + amount of the highest step the value reaches, rounded once, half-up.

    `base` is the price of the period in money; bonus and malus stay within `cap_percent` of it. Raises RuleError
    when the steps repeat a value or leave the lowest values without one, and for a cap below 0.

    >>> steps = [PerformanceStep(None, Decimal(-10)), PerformanceStep(Decimal('99.5')),
    ...          PerformanceStep(Decimal('99.95'), Decimal(2))]
    >>> str(rate_performance(steps, Decimal('99.2'), Decimal(1200), 2).amount)
    '-120.00'
    """
    _check(steps, cap_percent)
    step = max(filter(lambda step: step.at_least is None or step.at_least <= measured, steps), key=_by_value)
    exact = Fraction(base) * Fraction(step.percent) / 100 + Fraction(step.amount)
    if cap_percent is not None:
        most = abs(Fraction(base)) * Fraction(cap_percent) / 100
        exact = max(-most, min(most, exact))
    return Performance(measured, step, base, round_fraction(exact, digits))


def performance_difference(performance: Performance, booked: Iterable[Decimal]) -> Decimal:
    """Return the one amount still to book after a late correction: the result less all that was booked before.

    0 when the books are right, so correcting twice adjusts once.

    >>> late = rate_performance([PerformanceStep(None, Decimal(-5))], Decimal(98), Decimal(1200), 2)
    >>> str(performance_difference(late, [Decimal('-120.00')]))
    '60.00'
    """
    return performance.amount - sum(booked, ZERO)


def aggregate_values(aggregation: str, values: Sequence[Decimal]) -> Decimal:
    """Return one value of a period from those sent for its days, oldest first; an average is exact to 6 decimals.

    Raises RuleError for no value or an unknown aggregation.

    >>> str(aggregate_values('avg', [Decimal('99.9'), Decimal('98.2')]))
    '99.050000'
    """
    if not values:
        raise RuleError('Nothing was measured')
    if aggregation == 'avg':
        return round_fraction(Fraction(sum(values, ZERO)) / len(values), VALUE_DIGITS)
    known = {'sum': sum(values, ZERO), 'min': min(values), 'max': max(values), 'latest': values[-1],
             'count': Decimal(len(values))}
    if aggregation not in known:
        raise RuleError(f'Unknown aggregation {aggregation!r}')
    return known[aggregation]


def percentage(part: int, whole: int) -> Decimal:
    """Return part of whole in percent, half-up to 6 decimals; nothing of nothing is 100.

    >>> str(percentage(199, 200))
    '99.500000'
    """
    return round_fraction(Fraction(100 * part, whole), VALUE_DIGITS) if whole else Decimal(100)


def _check(steps: Sequence[PerformanceStep], cap_percent: Decimal | None) -> None:
    if cap_percent is not None and cap_percent < 0:
        raise RuleError(f'A cap is at least 0 percent, not {cap_percent}')
    values = [step.at_least for step in steps]
    if None not in values:
        raise RuleError('The lowest step needs no value, so that every measured value has a step')
    if len(set(values)) < len(values):
        raise RuleError('Two steps begin at the same value')


def _by_value(step: PerformanceStep) -> tuple[bool, Decimal]:
    return step.at_least is not None, step.at_least or ZERO
