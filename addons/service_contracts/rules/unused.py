"""Days that were paid and not served: what is given back of a period charged in advance."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from .errors import RuleError
from .money import round_fraction
from .periods import Period

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
