"""A change of price within a period: what is credited for the old one and charged for the new one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest

from .errors import RuleError
from .money import round_fraction
from .periods import Period
from .proration import NOTHING, WHOLE, prorated_share

CHANGE_RULES = ('none', 'day', '30_360', 'full')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """How much of a whole period's price is credited for the old and charged for the new one.

    none: nothing; day, 30_360: the rest of the period; full: the whole price. Raises RuleError for another rule.
    """

    credit: str = 'day'
    charge: str = 'day'

    def __post_init__(self) -> None:
        for rule in (self.credit, self.charge):
            if rule not in CHANGE_RULES:
                raise RuleError(f'Unknown rule {rule!r}, expected one of {", ".join(CHANGE_RULES)}')


@dataclass(frozen=True, slots=True)
class Standing:
    """The price of a whole period as agreed (quantity × unit price − discount), and what was paid of it.

    `paid` is what was charged at this price for the period and not credited: the whole price at first, 0 when
    billed in arrears.
    """

    price: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class ChangeEffect:
    """What a change costs: `credit` and `charge` are in force since `on`, the others are taken back by it.

    A second change on the same day replaces the first: its charge and credit return as `charge_back` and
    `credit_back`.
    """

    on: date
    before: Standing
    after: Standing
    credit: Decimal
    charge: Decimal
    charge_back: Decimal = ZERO
    credit_back: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the customer pays now, below 0 what comes back."""
        return self.charge - self.credit - self.charge_back + self.credit_back


def change_effect(standing: Standing, price: Decimal, on: date, full: Period, rules: ChangeRules, digits: int,
                  last: ChangeEffect | None = None) -> ChangeEffect:
    """Return what changing to `price` (of a whole period) on a day of `full` costs.

    `last` is the period's latest change so far; its `after` is the standing now. Old price × share is credited,
    but never more than was paid, new price × share is charged, and the difference is rounded once: it equals
    round(charge − credit). A second change starts from the current price and counts to the same end; on the
    same day it replaces the first, so a change undone costs nothing. Raises RuleError for a day outside `full`.

    >>> november = Period(date(2024, 11, 1), date(2024, 12, 1))
    >>> effect = change_effect(Standing(Decimal(30), Decimal(30)), Decimal(100), date(2024, 11, 16), november,
    ...                        ChangeRules(), 2)
    >>> str(effect.credit), str(effect.charge), str(effect.net)
    ('15.00', '50.00', '35.00')
    """
    if not full.start <= on < full.end:
        raise RuleError(f'{on} is not within {full.start} to {full.last_day}')
    if last is None or last.on != on:
        return _effect(standing, price, on, full, rules, digits)
    fresh = _effect(last.before, price, on, full, rules, digits)
    return ChangeEffect(on, fresh.before, fresh.after, fresh.credit, fresh.charge, last.charge, last.credit)


def _effect(before: Standing, price: Decimal, on: date, full: Period, rules: ChangeRules, digits: int) -> ChangeEffect:
    if price == before.price:
        return ChangeEffect(on, before, before, ZERO, ZERO)
    unused = Fraction(before.price) * rest_share(rules.credit, on, full)
    owed = Fraction(price) * rest_share(rules.charge, on, full)
    credit = round_fraction(unused, digits)
    if credit > before.paid:
        credit, charge = before.paid, round_fraction(owed, digits)
    else:
        charge = credit + round_fraction(owed - unused, digits)
    return ChangeEffect(on, before, Standing(price, charge), credit, charge)


def rest_share(rule: str, on: date, full: Period) -> Fraction:
    """Return how much of a whole period's price a rule credits or charges for its rest from a day on.

    >>> november = Period(date(2024, 11, 1), date(2024, 12, 1))
    >>> [str(rest_share(rule, date(2024, 11, 21), november)) for rule in ('none', 'day', 'full')]
    ['0', '1/3', '1']
    """
    if rule in ('none', 'full'):
        return WHOLE if rule == 'full' else NOTHING
    return prorated_share(Period(on, full.end), full, rule)


def matched(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int | None, int | None]]:
    """Return which new service takes the place of which old one, as pairs of places; None stands for nothing.

    Services of the same key belong together, the others follow in their order; what is left over ends or begins.

    >>> matched(['web', 'mail'], ['backup', 'mail', 'shop'])
    [(1, 1), (0, 0), (None, 2)]
    """
    pairs, left_old, left_new = [], list(range(len(old))), []
    for place, key in enumerate(new):
        twin = next((other for other in left_old if old[other] == key), None)
        if twin is None:
            left_new.append(place)
            continue
        left_old.remove(twin)
        pairs.append((twin, place))
    return [*pairs, *zip_longest(left_old, left_new)]
