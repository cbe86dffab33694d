"""Proration: which share of a whole period's price is owed for the days that were served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .errors import RuleError
from .money import round_fraction
from .periods import Period

PRORATIONS = ('none', 'day', '30_360')
WHOLE, NOTHING = Fraction(1), Fraction(0)


def prorated_share(period: Period, full: Period, mode: str, pauses: Sequence[Period] = ()) -> Fraction:
    """Return the share of the price of `full` owed for `period` outside the pauses, 0 to 1.

    days served / days of the WHOLE period the service lies in; mode 'none' owes all of it as soon as one
    day is served, 'day' counts actual days, '30_360' counts every month as 30 days. The divisor is never
    the shortened period: 42 days left of a quarter are 42/91, not 42/42 (lago-api#6194).
    Raises RuleError for an unknown mode or a period that is not inside `full`.

    >>> october = Period(date(2021, 9, 25), date(2021, 10, 25))
    >>> prorated_share(Period(date(2021, 9, 25), date(2021, 10, 17)), october, 'day')
    Fraction(11, 15)
    """
    if mode not in PRORATIONS:
        raise RuleError(f'Unknown proration {mode!r}, expected one of {", ".join(PRORATIONS)}')
    if period.start < full.start or period.end > full.end:
        raise RuleError(f'{period.start} to {period.end} is not inside {full.start} to {full.end}')
    served = period.minus(pauses) if pauses else [period]
    if mode == 'none' or served in ([], [full]):
        return WHOLE if served else NOTHING
    if mode == '30_360':
        days = sum(days_30_360(part.start, part.end) for part in served)
        return Fraction(days, days_30_360(full.start, full.end))
    return Fraction(sum(part.days for part in served), full.days)


def days_30_360(start: date, end: date) -> int:
    """Return the days from `start` up to but not including `end`, every month counted as 30 (30E/360).

    ICMA rule 251: a 31st counts as a 30th. From the 1st to the 1st is always 30, and the parts of a
    period add up to the whole.

    >>> days_30_360(date(2025, 2, 1), date(2025, 3, 1)), days_30_360(date(2025, 1, 1), date(2026, 1, 1))
    (30, 360)
    """
    return _day_30_360(end) - _day_30_360(start)


def prorate(price: Decimal, share: Fraction, digits: int) -> Decimal:
    """Return price x share, rounded once, half-up, to `digits` decimals.

    >>> prorate(Decimal('24.95'), Fraction(9, 31), 2)
    Decimal('7.24')
    """
    return round_fraction(Fraction(price) * share, digits)


def amounts_within(period: Period, charges: Iterable[tuple[Period, Decimal]], digits: int) -> list[Decimal]:
    """Return what of each charge belongs to a period: its amount by the days inside, rounded half-up.

    >>> january, late = Period(date(2025, 1, 1), date(2025, 2, 1)), Period(date(2025, 1, 17), date(2025, 3, 1))
    >>> [str(part) for part in amounts_within(late, [(january, Decimal('62.00'))], 2)]
    ['30.00']
    """
    return [_amount_within(period, full, amount, digits) for full, amount in charges]


def _amount_within(period: Period, full: Period, amount: Decimal, digits: int) -> Decimal:
    inside = full.intersect(period)
    return prorate(amount, Fraction(inside.days, full.days), digits) if inside else Decimal(0)


def _day_30_360(day: date) -> int:
    return day.year * 360 + day.month * 30 + min(day.day, 30)
