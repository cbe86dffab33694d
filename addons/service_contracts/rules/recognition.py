"""Deferred income: which part of an amount belongs to which month of its service period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .errors import RuleError
from .money import round_fraction
from .periods import Period, month_day, month_index
from .proration import NOTHING, WHOLE, days_30_360

METHODS = ('day', 'month')


@dataclass(frozen=True, slots=True)
class EarnedPart:
    """What is earned in the days of one calendar month; booked on `period.last_day`."""

    period: Period
    amount: Decimal


def recognition_schedule(amount: Decimal, period: Period, method: str, digits: int) -> list[EarnedPart]:
    """Return what each calendar month of a service period earns; the parts sum to the amount exactly.

    method: day (by actual days) or month (every whole month the same, parts of one counted as 30/360). Each
    part is the earned total at its end less that at its start, so a part never strays by more than one unit.
    Raises RuleError for another method or an amount finer than `digits`.

    >>> year = Period(date(2025, 1, 16), date(2025, 4, 16))
    >>> [str(part.amount) for part in recognition_schedule(Decimal('100.00'), year, 'month', 2)]
    ['16.67', '33.33', '33.33', '16.67']
    """
    parts, before = [], earned_until(amount, period, period.start, method, digits)
    for month in _months(period):
        total = earned_until(amount, period, month.end, method, digits)
        parts.append(EarnedPart(month, total - before))
        before = total
    return parts


def deferral(parts: list[EarnedPart], booked: date) -> list[tuple[date, Decimal]]:
    """Return what moves an amount booked as income on a day into the months that earn it, by last day of month.

    The first row takes what later months earn out of the month of the booking, the others bring it back; they sum to
    zero. What earlier months have earned stays where it was booked. Nothing where no later month earns anything.

    >>> quarter = Period(date(2025, 1, 1), date(2025, 4, 1))
    >>> rows = deferral(recognition_schedule(Decimal('90.00'), quarter, 'month', 2), date(2025, 1, 1))
    >>> [(str(day), str(amount)) for day, amount in rows]
    [('2025-01-31', '-60.00'), ('2025-02-28', '30.00'), ('2025-03-31', '30.00')]
    """
    closing = month_end(booked)
    later = [(month_end(part.period.start), part.amount) for part in parts if part.period.start > closing]
    later = [(day, amount) for day, amount in later if amount]
    deferred = sum((amount for _day, amount in later), Decimal(0))
    return [(closing, -deferred), *later] if deferred else []


def month_end(day: date) -> date:
    """Return the last day of the month of a day."""
    return month_day(month_index(day), 31)


def earned_until(amount: Decimal, period: Period, day: date, method: str, digits: int) -> Decimal:
    """Return what is earned before a day, rounded; the rest of the amount is still deferred.

    >>> quarter = Period(date(2024, 4, 1), date(2024, 7, 1))
    >>> str(earned_until(Decimal('910.00'), quarter, date(2024, 5, 1), 'day', 2))
    '300.00'
    """
    if method not in METHODS:
        raise RuleError(f'Unknown method {method!r}, expected one of {", ".join(METHODS)}')
    if round_fraction(Fraction(amount), digits) != amount:
        raise RuleError(f'{amount} has more than {digits} decimals')
    return round_fraction(Fraction(amount) * _elapsed(period, day, method), digits)


def _elapsed(period: Period, day: date, method: str) -> Fraction:
    if day <= period.start or day >= period.end:
        return NOTHING if day <= period.start else WHOLE
    if method == 'day':
        return Fraction((day - period.start).days, period.days)
    return Fraction(days_30_360(period.start, day), days_30_360(period.start, period.end))


def _months(period: Period) -> Iterator[Period]:
    start = period.start
    while start < period.end:
        end = min(month_day(month_index(start) + 1, 1), period.end)
        yield Period(start, end)
        start = end
