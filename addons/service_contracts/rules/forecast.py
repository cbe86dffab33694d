"""The time machine: prices that change from a day on, and customers who leave, in charges that are only thought of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .billing import Charge
from .errors import RuleError
from .money import round_fraction
from .periods import month_index
from .price_schedule import PricePhase, price_at

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is different from `since` on: prices by `percent`, and `churn` percent of what is left go each month.

    Raises RuleError for a price that falls, or customers that leave, by more than 100 percent.
    """

    since: date
    percent: Decimal = ZERO
    churn: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.percent < -100 or not 0 <= self.churn <= 100:
            raise RuleError('Prices fall by at most 100 percent, and from 0 to 100 percent of the customers leave')

    def price(self, price: Decimal, digits: int) -> Decimal:
        """Return a price from `since` on, rounded half-up as it would be written down."""
        return round_fraction(Fraction(price) * self._factor, digits)

    def phases(self, phases: Sequence[PricePhase], digits: int) -> tuple[PricePhase, ...]:
        """Return the prices of a service over time with the change in them.

        >>> now = [PricePhase(date(2025, 1, 1), Decimal(30)), PricePhase(date(2025, 7, 1), Decimal(40))]
        >>> [str(phase.price) for phase in Scenario(date(2025, 4, 1), Decimal(10)).phases(now, 2)]
        ['30', '33.00', '44.00']
        """
        before = [phase for phase in phases if phase.start < self.since]
        later = [replace(phase, price=self.price(phase.price, digits)) for phase in phases if phase.start > self.since]
        if not before and not any(phase.start == self.since for phase in phases):
            return tuple(later)
        return (*before, PricePhase(self.since, self.price(price_at(phases, self.since), digits)), *later)

    def rated(self, charge: Charge, digits: int) -> Charge:
        """Return a charge whose amount a price model gave, changed if its period begins by then."""
        if not charge.rated or charge.period.start < self.since or not self.percent:
            return charge
        amount = round_fraction(Fraction(charge.rated.amount) * self._factor, digits)
        return replace(charge, rated=replace_amount(charge.rated, amount))

    def left(self, day: date) -> Fraction:
        """Return which part of the customers is still there on a day, from 0 to 1.

        >>> str(Scenario(date(2025, 1, 1), churn=Decimal(10)).left(date(2025, 3, 31)))
        '81/100'
        """
        months = max(month_index(day) - month_index(self.since), 0)
        return (1 - Fraction(self.churn) / 100) ** months

    @property
    def _factor(self) -> Fraction:
        return 1 + Fraction(self.percent) / 100


@dataclass(frozen=True, slots=True)
class AsOf:
    """The day that a simulation takes for today. A remote call cannot send one: it is an object."""

    day: date


def replace_amount(rated, amount: Decimal):
    """Return what a price model gave with another amount; its steps stay as they are."""
    return type(rated)(rated.quantity, rated.units, amount, rated.steps)


def average(amounts: Sequence[Decimal], digits: int) -> Decimal:
    """Return what a service by usage is expected to cost, from the amounts of its last periods.

    >>> str(average([Decimal('10.00'), Decimal('10.01')], 2))
    '10.01'
    """
    return round_fraction(Fraction(sum(amounts, ZERO)) / len(amounts), digits) if amounts else ZERO
