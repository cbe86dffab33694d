"""How much of a receivable a kept card is charged with, and from which day on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal(0)


def chargeable(residual: Decimal, in_process: Decimal, kept_out: Iterable[Decimal]) -> Decimal:
    """Return how much of what is open may be charged; nothing while any payment of it is on its way.

    :param in_process: what payments that are not booked and reported transfers cover: their outcome comes first.
    :param kept_out: amounts in dispute, on hold or promised; 0 stands for all of it.

    >>> chargeable(Decimal(50), Decimal(0), [Decimal(20)]), chargeable(Decimal(50), Decimal(0), [Decimal(0)])
    (Decimal('30'), Decimal('0'))
    >>> chargeable(Decimal(50), Decimal(10), [])
    Decimal('0')
    """
    amounts = list(kept_out)
    if in_process > 0 or any(not amount for amount in amounts):
        return ZERO
    return max(residual - sum(amounts, ZERO), ZERO)


def charge_day(due: date, announced: date, days: int) -> date:
    """Return the day a card is charged: when it is due, and never sooner than so many days after it was announced.

    >>> charge_day(date(2026, 3, 10), date(2026, 3, 1), 3), charge_day(date(2026, 3, 10), date(2026, 3, 9), 3)
    (datetime.date(2026, 3, 10), datetime.date(2026, 3, 12))
    """
    return max(due, announced + timedelta(days=days))
