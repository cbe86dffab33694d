"""Figures of all plans together: how much of what customers owe is at risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OpenInstallment:
    """What is open of an installment: when it falls due, and how much of it pays back the price."""

    plan: int
    due: date
    principal: Decimal


def portfolio_at_risk(installments: Iterable[OpenInstallment], today: date, days: int) -> tuple[Decimal, Decimal]:
    """Return the principal of plans with any installment more than `days` late, and all principal outstanding.

    The whole plan is at risk, not only what is late in it.

    >>> late = OpenInstallment(1, date(2025, 1, 1), Decimal(10))
    >>> [str(amount) for amount in portfolio_at_risk(
    ...     [late, OpenInstallment(1, date(2025, 9, 1), Decimal(20)),
    ...      OpenInstallment(2, date(2025, 9, 1), Decimal(70))],
    ...     date(2025, 3, 1), 30)]
    ['30', '100']
    """
    known, limit = list(installments), today - timedelta(days=days)
    late = {item.plan for item in known if item.due < limit}
    at_risk = sum((item.principal for item in known if item.plan in late), Decimal(0))
    return at_risk, sum((item.principal for item in known), Decimal(0))
