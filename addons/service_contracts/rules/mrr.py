"""Monthly recurring revenue (MRR) over time: its movements, the rates made of them, and cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from .errors import RuleError

MOVEMENTS = ('new', 'expansion', 'contraction', 'churn', 'reactivation')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The MRR of each customer at one moment, such as a month's end; without tax, one-time and usage amounts.

    A customer is in it until the end of the paid service, not until the day of notice. Raises RuleError for
    a negative amount.
    """

    day: date
    amounts: Mapping[int, Decimal]

    def __post_init__(self) -> None:
        if negative := [customer for customer, amount in self.amounts.items() if amount < 0]:
            raise RuleError(f'The recurring revenue of customer {negative[0]} is negative on {self.day}')

    def of(self, customer: int) -> Decimal:
        return self.amounts.get(customer, ZERO)

    @property
    def customers(self) -> frozenset[int]:
        return frozenset(customer for customer, amount in self.amounts.items() if amount)

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)


@dataclass(frozen=True, slots=True)
class Movement:
    """How the MRR of one customer changed up to a day; `amount` is below 0 for contraction and churn."""

    day: date
    customer: int
    kind: str
    amount: Decimal


def movements(snapshots: Sequence[Snapshot], former: Iterable[int] = ()) -> list[Movement]:
    """Return every change between snapshots that follow each other; per step they sum to the change of the total.

    `former` are customers known from before the first snapshot: who comes back is a reactivation, not new.
    Raises RuleError when the days do not rise.

    >>> steps = [Snapshot(date(2025, 1, 31), {1: Decimal(50)}), Snapshot(date(2025, 2, 28), {2: Decimal(30)})]
    >>> [(move.customer, move.kind, str(move.amount)) for move in movements(steps)]
    [(1, 'churn', '-50'), (2, 'new', '30')]
    """
    if any(after.day <= before.day for before, after in pairwise(snapshots)):
        raise RuleError('Snapshots must be in the order of their days')
    found, known = [], set(former)
    for before, after in pairwise(snapshots):
        known |= before.customers
        for customer in sorted(before.customers | after.customers):
            if change := after.of(customer) - before.of(customer):
                kind = _kind(before.of(customer), after.of(customer), customer in known)
                found.append(Movement(after.day, customer, kind, change))
    return found


@dataclass(frozen=True, slots=True)
class RevenueFigures:
    """The figures of one stretch of time, in money; `contraction` and `churn` are below 0, as in the movements.

    Rates are parts of 1, None where there is nothing to divide by.
    """

    start: Decimal
    end: Decimal
    new: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    reactivation: Decimal
    customers_at_start: int
    customers_at_end: int
    customers_lost: int

    @property
    def annual(self) -> Decimal:
        """ARR = 12 × MRR."""
        return self.end * 12

    @property
    def average(self) -> Decimal | None:
        """Average revenue per customer and month."""
        return _rate(self.end, self.customers_at_end)

    @property
    def customer_churn(self) -> Decimal | None:
        """Customers lost / customers at the start."""
        return _rate(Decimal(self.customers_lost), self.customers_at_start)

    @property
    def gross_revenue_churn(self) -> Decimal | None:
        """(churn + contraction) / MRR at the start."""
        return _rate(-self.churn - self.contraction, self.start)

    @property
    def net_retention(self) -> Decimal | None:
        """NRR = (start + expansion − contraction − churn) / start."""
        return _rate(self.start + self.expansion + self.contraction + self.churn, self.start)

    @property
    def gross_retention(self) -> Decimal | None:
        """GRR = (start − contraction − churn) / start."""
        return _rate(self.start + self.contraction + self.churn, self.start)


def revenue_figures(before: Snapshot, after: Snapshot, former: Iterable[int] = ()) -> RevenueFigures:
    """Return the figures between two snapshots; movements within are netted per customer.

    >>> figures = revenue_figures(Snapshot(date(2025, 1, 31), {1: Decimal(100), 2: Decimal(100)}),
    ...                           Snapshot(date(2025, 2, 28), {1: Decimal(130), 3: Decimal(40)}))
    >>> str(figures.net_retention), str(figures.gross_retention), str(figures.customer_churn)
    ('0.65', '0.5', '0.5')
    """
    sums = dict.fromkeys(MOVEMENTS, ZERO)
    for move in movements([before, after], former):
        sums[move.kind] += move.amount
    return RevenueFigures(
        before.total, after.total, **sums, customers_at_start=len(before.customers),
        customers_at_end=len(after.customers), customers_lost=len(before.customers - after.customers),
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers first seen on one day: how many of them, and how much of their MRR, each snapshot since has."""

    day: date
    customers: tuple[int, ...]
    revenue: tuple[Decimal, ...]


def cohorts(snapshots: Sequence[Snapshot]) -> list[Cohort]:
    """Return one cohort per snapshot that brought new customers, in order; its first column is the cohort itself.

    >>> rows = cohorts([Snapshot(date(2025, 1, 31), {1: Decimal(10), 2: Decimal(20)}),
    ...                 Snapshot(date(2025, 2, 28), {2: Decimal(25)})])
    >>> [(row.customers, [str(amount) for amount in row.revenue]) for row in rows]
    [((2, 1), ['30', '25'])]
    """
    rows, seen = [], frozenset()
    for place, snapshot in enumerate(snapshots):
        if members := snapshot.customers - seen:
            rows.append(_cohort(members, snapshots[place:]))
        seen |= members
    return rows


def _cohort(members: frozenset[int], since: Sequence[Snapshot]) -> Cohort:
    return Cohort(
        since[0].day,
        tuple(len(members & snapshot.customers) for snapshot in since),
        tuple(sum((snapshot.of(customer) for customer in members), ZERO) for snapshot in since),
    )


def _kind(before: Decimal, after: Decimal, is_known: bool) -> str:
    if not before:
        return 'reactivation' if is_known else 'new'
    if not after:
        return 'churn'
    return 'expansion' if after > before else 'contraction'


def _rate(part: Decimal, whole: Decimal | int) -> Decimal | None:
    return part / whole if whole else None
