"""The status of what is owed, as every screen shows it, and how amounts on their way cover it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

STATUSES = ('deleted', 'paid', 'in_process', 'suspended', 'due', 'pending')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Receivable:
    """One amount owed: what is open of it, when it falls due, what is on its way, and the state of its contract.

    `in_process` is what unconfirmed payments and reported transfers cover. `contract_state` is empty where
    no contract stands behind it.
    """

    key: int
    due: date
    residual: Decimal
    in_process: Decimal = ZERO
    contract_state: str = ''

    @property
    def uncovered(self) -> Decimal:
        """What is open and not on its way, never below 0."""
        return max(self.residual - self.in_process, ZERO)


def receivable_status(item: Receivable, today: date) -> str:
    """Return the one status of a receivable, the first that applies of `STATUSES`.

    >>> item = Receivable(1, date(2026, 3, 10), Decimal(50))
    >>> receivable_status(item, date(2026, 3, 9)), receivable_status(item, date(2026, 3, 10))
    ('pending', 'due')
    >>> receivable_status(Receivable(1, date(2026, 3, 1), Decimal(50), Decimal(50)), date(2026, 3, 10))
    'in_process'
    """
    if item.contract_state == 'removed' and item.residual > 0:
        return 'deleted'
    if item.residual <= 0:
        return 'paid'
    if not item.uncovered:
        return 'in_process'
    if item.contract_state == 'suspended':
        return 'suspended'
    return 'due' if item.due <= today else 'pending'


def cover_oldest(items: Iterable[Receivable], amount: Decimal) -> dict[int, Decimal]:
    """Return how an amount on its way covers receivables, oldest due first; what is left over covers nothing.

    >>> items = [Receivable(1, date(2026, 3, 10), Decimal(50)), Receivable(2, date(2026, 2, 10), Decimal(30))]
    >>> cover_oldest(items, Decimal(40))
    {2: Decimal('30'), 1: Decimal('10')}
    """
    covered, left = {}, amount
    for item in sorted(items, key=lambda item: (item.due, item.key)):
        part = min(item.uncovered, left)
        if part > 0:
            covered[item.key] = part
            left -= part
    return covered


def cover_in_turn(
    items: Iterable[Receivable], claims: Iterable[tuple[Container[int], Decimal]],
) -> dict[int, Decimal]:
    """Return how amounts on their way cover receivables one after the other, each those it is for, oldest due first.

    :param claims: for each amount the keys of the receivables it may cover.

    >>> items = [Receivable(1, date(2026, 3, 10), Decimal(50)), Receivable(2, date(2026, 2, 10), Decimal(30))]
    >>> cover_in_turn(items, [({1, 2}, Decimal(40)), ({1}, Decimal(60))])
    {2: Decimal('30'), 1: Decimal('50')}
    """
    covered: dict[int, Decimal] = {}
    order = sorted(items, key=lambda item: (item.due, item.key))
    for keys, amount in claims:
        left = amount
        for item in order:
            if left <= 0:
                break
            part = min(item.uncovered - covered.get(item.key, ZERO), left) if item.key in keys else ZERO
            if part > 0:
                covered[item.key] = covered.get(item.key, ZERO) + part
                left -= part
    return covered


def what_to_pay(items: Sequence[Receivable], today: date) -> tuple[Decimal, Decimal, date | None]:
    """Return what is due now, what is owed altogether, and the first day on which something more falls due.

    Amounts on their way are left out.

    >>> items = [Receivable(1, date(2026, 3, 1), Decimal(50)), Receivable(2, date(2026, 4, 1), Decimal(30))]
    >>> what_to_pay(items, date(2026, 3, 10))
    (Decimal('50'), Decimal('80'), datetime.date(2026, 4, 1))
    """
    now = sum((item.uncovered for item in items if item.due <= today), ZERO)
    owed = sum((item.uncovered for item in items), ZERO)
    later = min((item.due for item in items if item.due > today and item.uncovered), default=None)
    return now, owed, later
