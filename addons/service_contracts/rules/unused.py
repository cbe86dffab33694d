"""Days that were paid and not served: what is given back of a period charged in advance, or before it began."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from .errors import RuleError
from .money import round_fraction
from .periods import Period
from .proration import prorated_share

UNUSED_RULES = ('none', 'day')


def unused_credit(amount: Decimal, period: Period, unserved: Iterable[Period], rule: str, digits: int) -> Decimal:
    """Return how much of the amount paid for a period is given back for its days without service.

    none: nothing; day: amount × days without service / days of the period, rounded once. Days that two of the
    `unserved` share count once. Raises RuleError for another rule.

    >>> from datetime import date
    >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
    >>> unused_credit(Decimal(30), june, [Period(date(2025, 6, 11), date(2025, 6, 21))], 'day', 2)
    Decimal('10.00')
    """
    if rule not in UNUSED_RULES:
        raise RuleError(f'Unknown rule {rule!r}, expected one of {", ".join(UNUSED_RULES)}')
    served = sum(part.days for part in period.minus(unserved))
    if rule == 'none' or served == period.days:
        return Decimal(0)
    return round_fraction(Fraction(amount) * Fraction(period.days - served, period.days), digits)


def early_credit(amount: Decimal, period: Period, unserved: Iterable[Period], proration: str, digits: int) -> Decimal:
    """Return how much is given back of an amount billed before its period began, so that it costs what it would then.

    `unserved` are the days without service that were known when the period began. By proration 'none' the whole
    amount is owed as soon as one day is served.

    >>> from datetime import date
    >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
    >>> str(early_credit(Decimal(30), june, [Period(date(2025, 6, 11), date.max)], 'day', 2))
    '20.00'
    """
    parts = period.minus(unserved)
    if not parts:
        return amount
    if proration == 'none':
        return Decimal(0)
    served = sum(prorated_share(part, period, proration) for part in parts)
    return round_fraction(Fraction(amount) * (1 - served), digits)


def early_stops(period: Period, pauses: Iterable[Period], end: date | None) -> list[Period]:
    """Return the days of a period without service that nothing would be charged for: until a pause ends, after `end`.

    `end` is the first day without service; a pause that begins later within the period changes nothing.

    >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
    >>> [str(stop.end) for stop in early_stops(june, [Period(date(2025, 5, 20), date(2025, 6, 11))], None)]
    ['2025-06-11']
    """
    resumed = period.start
    for pause in sorted(pauses, key=attrgetter('start')):
        if pause.start <= resumed < pause.end:
            resumed = pause.end
    spans = [(period.start, resumed), (max(end, period.start) if end else period.end, period.end)]
    return [Period(first, last) for first, last in spans if first < last]
