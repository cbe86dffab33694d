"""What was agreed for a service at one time, and what it owes of one period, billed by then or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from .billing import Charge, LineTerms, owed_within
from .bonus import Bonus, Discount, FreePeriod, Loyalty, Off, PaidOnTime
from .periods import Period
from .price_schedule import PricePhase
from .price_steps import stepped_charges
from .pricing import PriceModel
from .reductions import Reduction, granted

BONUSES = {bonus.__name__: bonus for bonus in (Discount, FreePeriod, Loyalty, PaidOnTime)}
NUMBERS = ('percent', 'amount')


@dataclass(frozen=True, slots=True)
class Agreed:
    """The terms of a service with its prices over time and its reductions.

    `lists` are the price lists of a service with tiers or a meter, each with its first day, oldest first.
    """

    terms: LineTerms
    phases: tuple[PricePhase, ...] = ()
    lists: tuple[tuple[date, PriceModel], ...] = ()
    reductions: tuple[Reduction, ...] = ()

    def price_list(self, day: date) -> PriceModel:
        """Return the price list that holds on a day."""
        return [model for first, model in self.lists if first <= day][-1]

    def owed(self, day: date, billed: Iterable[Period]) -> list[Charge]:
        """Return what is owed of the whole period that a day lies in besides what was billed, not yet rated.

        >>> from .periods import Interval, Recurrence
        >>> monthly = Recurrence.from_start(Interval(1, 'month'), date(2025, 6, 1))
        >>> terms = LineTerms(1, 'recurring', 'advance', monthly, date(2025, 6, 1), date(2025, 7, 16), 'day',
        ...                   Decimal(1), Decimal(31), Decimal(0))
        >>> [(str(charge.period.end), str(charge.amount(2))) for charge in Agreed(terms).owed(date(2025, 7, 3), [])]
        [('2025-07-16', '15.00')]
        """
        terms = replace(self.terms, billed=tuple(billed))
        charges = owed_within(terms, day)
        return stepped_charges(charges, terms, self.phases) if self.phases and not self.lists else charges

    def possible_offs(self, day: date) -> list[list[Off]]:
        """Return what the reductions take off a charge from a day on: without and with a reward for payment."""
        return [
            [grant.off for grant in granted(self.reductions, self.terms, day, rewarded)] for rewarded in (False, True)
        ]


# === JSON === #


def bonus_to_json(bonus: Bonus) -> list[Any]:
    """Return a bonus as plain texts that JSON keeps without loss.

    >>> bonus_from_json(bonus_to_json(Discount(Decimal(10), Decimal(0), None, date(2025, 7, 1)))).until
    datetime.date(2025, 7, 1)
    """
    return [type(bonus).__name__, {field.name: _text(getattr(bonus, field.name)) for field in fields(bonus)}]


def bonus_from_json(kept: list[Any]) -> Bonus:
    """Return the bonus that `bonus_to_json` kept."""
    name, values = kept
    return BONUSES[name](**{field: _value(field, text) for field, text in values.items()})


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _value(field: str, text: Any) -> Any:
    if text is None:
        return None
    if field in NUMBERS:
        return Decimal(text)
    return date.fromisoformat(text) if field == 'until' else text
