"""When open receivables will be paid: from how late each customer paid before.

How long money stays unpaid is read from what was paid and from what is still open (Kaplan-Meier estimate, amounts as
weights), so that a debt nobody paid yet does not look as if it had never been. A customer with little history is
judged by its segment, else by everybody. These are statistics, not money: plain floats.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

ENOUGH_OWN, ENOUGH_SEGMENT = 5, 20
"""So many payments make a customer's own history, or that of its segment, worth following."""
WEEK = 7


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """An open receivable; `groups` are whose history tells about it, the closest first."""

    due: date
    amount: float
    groups: tuple[Hashable, ...] = ()


@dataclass(slots=True)
class Delays:
    """Days from due date to payment: paid amounts by day, and amounts still open by the days they wait so far."""

    paid: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, float] = field(default_factory=dict)
    payments: int = 0

    def add_paid(self, days: int, amount: float, payments: int = 1) -> None:
        self.paid[days] = self.paid.get(days, 0.0) + amount
        self.payments += payments

    def add_waiting(self, days: int, amount: float) -> None:
        self.waiting[days] = self.waiting.get(days, 0.0) + amount


class Survival:
    """The share of money still unpaid so many days after its due date."""

    def __init__(self, delays: Delays):
        self.days: list[int] = []
        self.shares: list[float] = []
        at_risk = sum(delays.paid.values()) + sum(delays.waiting.values())
        share = 1.0
        for day in sorted({*delays.paid, *delays.waiting}):
            paid = delays.paid.get(day, 0.0)
            if paid > 0 and at_risk > 0:
                share *= max(0.0, 1.0 - paid / at_risk)
                self.days.append(day)
                self.shares.append(share)
            at_risk -= paid + delays.waiting.get(day, 0.0)

    def unpaid(self, days: int) -> float:
        """Return the share unpaid at the end of that day after the due date."""
        place = bisect_right(self.days, days)
        return self.shares[place - 1] if place else 1.0

    def paid_between(self, after: int, until: int, waited: int) -> float:
        """Return the share paid after one day and until another, of what is unpaid after `waited` days."""
        left = self.unpaid(waited)
        return (self.unpaid(after) - self.unpaid(until)) / left if left > 1e-9 else 0.0


def expected_by_week(
    items: Iterable[OpenAmount], delays: Mapping[Hashable, Delays], origin: date, weeks: int,
) -> list[float]:
    """Return what will be collected in each of the weeks after `origin`; what comes later or never is left out."""
    survivals: dict[Hashable, Survival] = {}
    expected = [0.0] * weeks
    for item in items:
        waited = (origin - item.due).days
        if (survival := _survival(item, delays, survivals, waited)) is None:
            continue
        for week in range(weeks):
            after = waited + WEEK * week
            expected[week] += item.amount * survival.paid_between(after, after + WEEK, waited)
    return expected


def _survival(item: OpenAmount, delays, survivals, waited: int) -> Survival | None:
    """Return the closest history that has enough payments and has not come to its end."""
    for place, group in enumerate(item.groups):
        known = delays.get(group)
        last = place == len(item.groups) - 1
        enough = ENOUGH_OWN if place == 0 else ENOUGH_SEGMENT
        if known and known.paid and (known.payments >= enough or last):
            survival = survivals.get(group) or survivals.setdefault(group, Survival(known))
            if survival.unpaid(waited) > 1e-9:
                return survival
    return None


def naive_by_week(items: Iterable[OpenAmount], origin: date, weeks: int) -> list[float]:
    """Return what comes in if everybody pays on the due date, and at once what is overdue.

    >>> naive_by_week([OpenAmount(date(2026, 3, 1), 10.0), OpenAmount(date(2026, 3, 18), 5.0)], date(2026, 3, 10), 2)
    [10.0, 5.0]
    """
    expected = [0.0] * weeks
    for item in items:
        place = max((item.due - origin).days - 1, 0) // WEEK
        if place < weeks:
            expected[place] += item.amount
    return expected


@dataclass(frozen=True, slots=True)
class Errors:
    """How far a forecast was off: mean absolute error per week, and all errors as a share of what came in."""

    mae: float | None
    wape: float | None


def errors(expected: Sequence[float], actual: Sequence[float]) -> Errors:
    """Return the errors of a forecast; None where there is nothing to compare with.

    >>> errors([10.0, 0.0], [5.0, 5.0])
    Errors(mae=5.0, wape=1.0)
    """
    gaps = [abs(one - other) for one, other in zip(expected, actual, strict=True)]
    total = sum(abs(amount) for amount in actual)
    return Errors(sum(gaps) / len(gaps) if gaps else None, sum(gaps) / total if total else None)
