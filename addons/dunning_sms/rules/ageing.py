"""How old a debt is: days past due and the bucket they fall into."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

DEFAULT_BOUNDS = (30, 60, 90)
"""Last day of each overdue bucket: 1-30, 31-60, 61-90, and what is older."""


def days_overdue(due: date, as_of: date) -> int:
    """Return the days past due, 0 up to the due date itself.

    >>> days_overdue(date(2026, 3, 1), date(2026, 3, 10))
    9
    """
    return max((as_of - due).days, 0)


def bucket_of(amount: Decimal, due: date, as_of: date, bounds: Sequence[int] = DEFAULT_BOUNDS) -> int:
    """Return the place of an open amount: 0 not due, then one for each bound, the last for what is older.

    A credit that is not yet applied does not age: it stands with what is not due.

    >>> [bucket_of(Decimal(1), date(2026, 1, 1), date(2026, 1, day), (10, 20)) for day in (1, 2, 11, 12, 22)]
    [0, 1, 1, 2, 3]
    """
    days = days_overdue(due, as_of)
    return bisect_left(bounds, days) + 1 if days and amount > 0 else 0
