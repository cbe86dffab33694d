"""The yearly rate a credit really costs: as European law and as United States law count it."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, month_day, month_index

from .errors import OfferError

LOWEST, HIGHEST, LIMIT = -0.99, 10.0, 1e9
EXACT_TO = 1e-12
SHOWN = Decimal('0.000001')
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Flow:
    """An amount the borrower receives (above zero) or pays (below) so many periods after the start."""

    time: Fraction
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UnitTime:
    """Whole unit periods and a fraction of one, as 12 CFR 1026 Appendix J (b)(5) counts them."""

    whole: int
    fraction: Fraction = Fraction(0)


def eu_apr(flows: Sequence[Flow]) -> Decimal:
    """Return the annual percentage rate of charge in percent; the times of the flows are years.

    Solves Σ C_k (1+X)^−t_k = Σ D_l (1+X)^−s_l (Directive 2008/48/EC, Annex I). Raises RuleError when
    nothing is received, or when the flows change their sign twice and have more than one rate.

    >>> str(round(eu_apr([Flow(Fraction(0), Decimal(1000)), Flow(Fraction(546, 365), Decimal(-1200))]), 2))
    '12.96'
    """
    dated = _netted(flows)
    _check_one_root(dated)
    return _percent(_root(lambda rate: sum(amount * (1 + rate) ** -time for time, amount in dated)))


def us_apr(financed: Decimal, payments: Sequence[tuple[UnitTime, Decimal]], periods_a_year: Fraction) -> Decimal:
    """Return the annual percentage rate in percent by the actuarial method, one advance at the start.

    Solves A = Σ P_j / ((1 + f_j·i)(1+i)^t_j); the rate is i · w (12 CFR 1026, Appendix J, (b)(8)).

    >>> payments = [(UnitTime(number), Decimal(230)) for number in range(1, 25)]
    >>> str(round(us_apr(Decimal(5000), payments, Fraction(12)), 2))
    '9.69'
    """
    if financed <= 0 or not payments or any(amount < 0 for _time, amount in payments):
        raise OfferError('rate_without_credit')
    terms = [(at.whole, float(at.fraction), float(amount)) for at, amount in payments]
    rate = _root(lambda i: float(financed) - sum(
        amount / ((1 + fraction * i) * (1 + i) ** whole) for whole, fraction, amount in terms
    ))
    return _percent(rate * float(periods_a_year))


def us_single_payment_apr(financed: Decimal, payment: Decimal, days: int) -> Decimal:
    """Return the rate in percent of one payment within a year: 365/days × (P/A − 1), (c)(5).

    >>> str(round(us_single_payment_apr(Decimal(1000), Decimal(1080), 255), 2))
    '11.45'
    """
    return _percent(365 / days * (float(payment) / float(financed) - 1))


def eu_years(start: date, due: date, in_weeks: bool = False) -> Fraction:
    """Return the time between two dates in years: whole periods first, the days before them over 365 or 366.

    Whole months count 1/12, whole weeks 1/52; they are counted back from `due`.

    >>> eu_years(date(2015, 1, 1), date(2015, 2, 4))
    Fraction(401, 4380)
    >>> eu_years(date(2015, 1, 5), date(2015, 1, 26), in_weeks=True)
    Fraction(3, 52)
    """
    if in_weeks and (due - start).days % 7 == 0:
        return Fraction((due - start).days // 7, 52)
    months = _whole_months(start, due, 1)
    return Fraction(months, 12) + _odd_year(start, _months_before(due, months))


def us_time(start: date, due: date, unit: Interval) -> UnitTime:
    """Return the time from `start` to `due` in unit periods, counted back from `due`; odd days come first.

    Odd days are 30ths of a month, 7ths of a week; a unit of several months counts its months as 30 days.

    >>> us_time(date(1978, 2, 10), date(1978, 4, 1), Interval(1, 'month'))
    UnitTime(whole=1, fraction=Fraction(19, 30))
    """
    if unit.days:
        whole, odd = divmod((due - start).days, unit.days)
        return UnitTime(whole, Fraction(odd, unit.days))
    whole = _whole_months(start, due, unit.months) // unit.months
    earliest = _months_before(due, whole * unit.months)
    months = _whole_months(start, earliest, 1)
    odd = months * MONTH_DAYS + (_months_before(earliest, months) - start).days
    return UnitTime(whole, Fraction(odd, MONTH_DAYS * unit.months))


def unit_period(dates: Sequence[date]) -> Interval:
    """Return the most frequent interval between the dates, at most a year: the unit period, (b)(4).

    The shorter of two equally frequent ones; where none comes twice, their average in months or weeks.

    >>> unit_period([date(2025, 1, 10), date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)])
    Interval(count=1, unit='month')
    """
    steps = [_step(early, late) for early, late in pairwise(sorted(set(dates)))]
    if not steps:
        raise RuleError('A unit period needs two dates')
    if (most := max(map(steps.count, steps))) > 1:
        return _within_a_year(min((step for step in steps if steps.count(step) == most), key=_length))
    average = Fraction((max(dates) - min(dates)).days, len(steps))
    if average < 15:
        return Interval(max(round(average / 7), 1), 'week')
    return _within_a_year(Interval(max(round(average / MONTH_DAYS), 1), 'month'))


def periods_a_year(interval: Interval) -> Fraction:
    """Return how many of the intervals make a year: 12 months, 52 weeks or 365 days.

    >>> periods_a_year(Interval(2, 'week'))
    Fraction(26, 1)
    """
    if interval.months:
        return Fraction(12, interval.months)
    return Fraction(52, interval.count) if interval.unit == 'week' else Fraction(365, interval.count)


# --- time ----------------------------------------------------------------------------------------------

def _months_before(due: date, months: int) -> date:
    """Return `due` less whole months; the last day of a month goes back to last days (b)(3)."""
    is_last = (due + timedelta(days=1)).day == 1
    return month_day(month_index(due) - months, 31 if is_last and due.day >= 28 else due.day)


def _whole_months(start: date, due: date, step: int) -> int:
    """Return the largest multiple of `step` months that fits between the dates."""
    months = (month_index(due) - month_index(start)) // step * step
    return months - step if _months_before(due, months) < start else months


def _odd_year(start: date, end: date) -> Fraction:
    """Return days as a share of a year, each over the length of the year it lies in."""
    if start.year == end.year:
        return Fraction((end - start).days, 366 if isleap(start.year) else 365)
    turn = date(start.year + 1, 1, 1)
    return Fraction((turn - start).days, 366 if isleap(start.year) else 365) + _odd_year(turn, end)


def _step(early: date, late: date) -> Interval:
    months = month_index(late) - month_index(early)
    if months and _months_before(late, months) == early:
        return Interval(months, 'month')
    days = (late - early).days
    return Interval(days, 'day') if days % 7 else Interval(days // 7, 'week')


def _length(interval: Interval) -> int:
    return interval.months * MONTH_DAYS or interval.days


def _within_a_year(interval: Interval) -> Interval:
    return Interval(12, 'month') if _length(interval) > 12 * MONTH_DAYS else interval


# --- solving -------------------------------------------------------------------------------------------

def _netted(flows: Sequence[Flow]) -> list[tuple[float, float]]:
    """Return (time, amount) oldest first, amounts of one moment summed."""
    sums: dict[Fraction, Decimal] = {}
    for flow in flows:
        sums[flow.time] = sums.get(flow.time, Decimal(0)) + flow.amount
    return [(float(time), float(sums[time])) for time in sorted(sums) if sums[time]]


def _check_one_root(dated: Sequence[tuple[float, float]]) -> None:
    changes = sum((early > 0) != (late > 0) for (_t, early), (_s, late) in pairwise(dated))
    if not changes:
        raise OfferError('rate_without_credit')
    if changes > 1:
        raise OfferError('rate_not_unique')


def _root(function: Callable[[float], float]) -> float:
    """Return the rate at which the function is zero: bisection, then Newton to 1e-12."""
    low, high = LOWEST, HIGHEST
    while function(low) * function(high) > 0:
        high *= 10
        if high > LIMIT:
            raise OfferError('rate_not_found')
    rising = function(high) > 0
    for _step_number in range(60):
        middle = (low + high) / 2
        if (function(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return _polished(function, (low + high) / 2)


def _polished(function: Callable[[float], float], rate: float) -> float:
    for _step_number in range(20):
        width = max(abs(rate), 1e-3) * 1e-6
        slope = (function(rate + width) - function(rate - width)) / (2 * width)
        if not slope:
            break
        step = function(rate) / slope
        rate -= step
        if abs(step) < EXACT_TO:
            break
    return rate


def _percent(rate: float) -> Decimal:
    shown = Decimal(repr(rate * 100)).quantize(SHOWN)
    return shown or abs(shown)
