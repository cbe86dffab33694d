"""Figures of all plans together: how much of what customers owe is at risk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Backtest:
    """How well a forecast did: the share that came on time, what came in all against it, its mean error."""

    hit_rate: Decimal
    bias: Decimal
    error: Decimal


def backtest(weeks: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Backtest:
    """Return how (expected, received of it, received in all) of past weeks compare, as shares of what was expected.

    >>> backtest([(Decimal(100), Decimal(80), Decimal(90)), (Decimal(100), Decimal(100), Decimal(120))])
    Backtest(hit_rate=Decimal('0.9'), bias=Decimal('0.05'), error=Decimal('0.15'))
    """
    expected = sum((week[0] for week in weeks), Decimal(0))
    if not expected:
        return Backtest(Decimal(0), Decimal(0), Decimal(0))
    on_time = sum((week[1] for week in weeks), Decimal(0))
    gaps = [week[2] - week[0] for week in weeks]
    return Backtest(on_time / expected, sum(gaps) / expected, sum(map(abs, gaps)) / expected)
