"""A payment arrangement: what is due, paid in some monthly parts, each part naming the receivables it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.service_contracts.rules.money import split_evenly
from odoo.addons.service_contracts.rules.periods import month_day, month_index

from .receivable_status import ZERO, Receivable


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of an arrangement: its day, and how much of which receivables it pays."""

    day: date
    shares: tuple[tuple[int, Decimal], ...]

    @property
    def amount(self) -> Decimal:
        return sum((amount for _key, amount in self.shares), ZERO)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a company allows without asking anybody: parts, days until the last one, and an amount (None: any)."""

    parts: int
    days: int
    amount: Decimal | None = None


def part_days(first: date, parts: int) -> list[date]:
    """Return the days of the payments, a month apart, short months at their end.

    >>> [str(day) for day in part_days(date(2026, 1, 31), 3)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    return [month_day(month_index(first) + number, first.day) for number in range(parts)]


def arrange(items: Sequence[Receivable], first: date, parts: int, digits: int) -> list[Part]:
    """Return the parts of what is not on its way of these receivables, oldest due first.

    >>> items = [Receivable(1, date(2026, 3, 1), Decimal(50)), Receivable(2, date(2026, 3, 5), Decimal(30))]
    >>> [part.shares for part in arrange(items, date(2026, 3, 20), 2, 2)]
    [((1, Decimal('40.00')),), ((1, Decimal('10.00')), (2, Decimal('30')))]
    """
    waiting = [[item.key, item.uncovered] for item in sorted(items, key=lambda item: (item.due, item.key))]
    total = sum((amount for _key, amount in waiting), ZERO)
    amounts = zip(part_days(first, parts), split_evenly(total, parts, digits), strict=True)
    found = [Part(day, _take(waiting, amount)) for day, amount in amounts]
    return [part for part in found if part.shares]


def _take(waiting: list[list], amount: Decimal) -> tuple[tuple[int, Decimal], ...]:
    """Take an amount off the receivables in front."""
    shares = []
    while amount and waiting:
        key, left = waiting[0]
        share = min(left, amount)
        if share:
            shares.append((key, share))
        amount -= share
        waiting[0][1] -= share
        if not waiting[0][1]:
            waiting.pop(0)
    return tuple(shares)


def may_grant(total: Decimal, broken: int, limits: Limits) -> bool:
    """Tell whether an arrangement is granted without a look: within the amount, and no promise broken lately.

    >>> may_grant(Decimal(80), 0, Limits(3, 90, Decimal(100))), may_grant(Decimal(80), 1, Limits(3, 90))
    (True, False)
    """
    return not broken and (limits.amount is None or total <= limits.amount)
