"""Bonus rules: free periods, loyalty, payment on time and discounts that last a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .errors import RuleError
from .money import round_money
from .periods import Interval, Period
from .pricing.explanation import Step, once

ZERO, ALL = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The charge a bonus is decided for: the how-manieth period (from 1) of a service that began on `start`.

    `paid_on_time`: whether all charges due before were paid by their due date.
    """

    number: int
    period: Period
    start: date
    paid_on_time: bool = False


class Off(NamedTuple):
    """What a bonus takes off a charge: a percentage, then an amount."""

    percent: Decimal = ZERO
    amount: Decimal = ZERO

    def of(self, amount: Decimal) -> Decimal:
        return percent_of(amount, self.percent) + self.amount


NOTHING = Off()


@dataclass(frozen=True, slots=True)
class FreePeriod:
    """Every n-th period costs nothing."""

    every: int

    def __post_init__(self) -> None:
        if self.every < 2:
            raise RuleError(f'Every {self.every}. period cannot be free, at least every 2nd')

    def off(self, occasion: Occasion) -> Off:
        return NOTHING if occasion.number % self.every else Off(ALL)


@dataclass(frozen=True, slots=True)
class Loyalty:
    """A percentage off for every period that begins after so many months of service."""

    after_months: int
    percent: Decimal

    def __post_init__(self) -> None:
        check_percent(self.percent)
        Interval(self.after_months, 'month')

    def off(self, occasion: Occasion) -> Off:
        reached = Interval(self.after_months, 'month').plus(occasion.start) <= occasion.period.start
        return Off(self.percent) if reached else NOTHING


@dataclass(frozen=True, slots=True)
class PaidOnTime:
    """A percentage off while everything due was paid on time."""

    percent: Decimal

    def __post_init__(self) -> None:
        check_percent(self.percent)

    def off(self, occasion: Occasion) -> Off:
        return Off(self.percent) if occasion.paid_on_time else NOTHING


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage and an amount off, for the first `periods` periods, until a day (exclusive), or both."""

    percent: Decimal = ZERO
    amount: Decimal = ZERO
    periods: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        check_percent(self.percent)
        if self.amount < 0:
            raise RuleError(f'A discount cannot be negative: {self.amount}')

    def off(self, occasion: Occasion) -> Off:
        is_over = (self.periods is not None and occasion.number > self.periods
                   or self.until is not None and occasion.period.start >= self.until)
        return NOTHING if is_over else Off(self.percent, self.amount)


Bonus = FreePeriod | Loyalty | PaidOnTime | Discount


def bonus_steps(amount: Decimal, bonuses: Iterable[Bonus], occasion: Occasion, digits: int) -> list[Step]:
    """Return the reductions of an amount, each taken of what the ones before it left and rounded to `digits`.

    They never take off more than the amount. Raises RuleError for an amount below 0: a credit repeats the reduction
    of the charge it belongs to.

    >>> july = Occasion(7, Period(date(2025, 7, 1), date(2025, 8, 1)), date(2025, 1, 1))
    >>> bonuses = [Loyalty(6, Decimal(10)), Discount(amount=Decimal(5))]
    >>> [str(step.amount) for step in bonus_steps(Decimal('49.90'), bonuses, july, 2)]
    ['-4.99', '-5.00']
    """
    return off_steps(amount, [('', bonus.off(occasion)) for bonus in bonuses], digits)


def off_steps(amount: Decimal, offs: Iterable[tuple[str, Off]], digits: int) -> list[Step]:
    """Return the steps of what is taken off an amount, each under its label, as `bonus_steps`."""
    if amount < 0:
        raise RuleError(f'A bonus is taken off a charge, not off a credit: {amount}')
    steps, left = [], amount
    for label, off in offs:
        if taken := min(round_money(off.of(left), digits), left):
            steps.append(once('bonus', -taken)._replace(label=label or None))
            left -= taken
    return steps


def is_paid_on_time(amount: Decimal, due: date, payments: Sequence[tuple[date, Decimal]]) -> bool:
    """Return whether the payments (day, amount) up to and including the due date reach the amount.

    >>> is_paid_on_time(Decimal(50), date(2025, 7, 10), [(date(2025, 7, 10), Decimal(50))])
    True
    """
    return sum((paid for day, paid in payments if day <= due), ZERO) >= amount


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    return amount * percent / ALL


def check_percent(percent: Decimal) -> None:
    if not 0 <= percent <= ALL:
        raise RuleError(f'A reduction lies between 0 and 100 percent, not {percent}')
