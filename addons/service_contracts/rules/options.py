"""Options of an offer: which of them may be chosen together, and which problem a choice makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .errors import RuleError
from .money import round_fraction
from .periods import Period
from .proration import prorated_share


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be booked on top of an offer; `group` is the set it is chosen from, if any.

    An exclusion holds both ways, whoever names it.
    """

    key: int
    group: int | None = None
    requires: frozenset[int] = frozenset()
    excludes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """How many options of a group are chosen, at least and at most (None: any number).

    Raises RuleError for numbers that no choice can meet.
    """

    key: int
    minimum: int = 0
    maximum: int | None = None

    def __post_init__(self) -> None:
        if self.minimum < 0 or (self.maximum is not None and self.maximum < max(self.minimum, 1)):
            raise RuleError(f'Nobody can choose at least {self.minimum} and at most {self.maximum} options')


class Problem(NamedTuple):
    """What is wrong with a choice.

    kind: requires (`key` needs `other`, which is missing), excludes (`key` and `other` are both chosen),
    too_few, too_many (of the group `key`).
    """

    kind: str
    key: int
    other: int | None = None


def choice_problems(chosen: Collection[int], options: Iterable[Option], groups: Iterable[OptionGroup],
                    ) -> frozenset[Problem]:
    """Return all that is wrong with a choice of options; keys that are no option count for nothing.

    >>> lunch, bus, taxi = Option(1), Option(2, excludes=frozenset({3})), Option(3, requires=frozenset({1}))
    >>> sorted(choice_problems({2, 3}, [lunch, bus, taxi], []))
    [Problem(kind='excludes', key=2, other=3), Problem(kind='requires', key=3, other=1)]
    """
    by_key = {option.key: option for option in options}
    taken = [by_key[key] for key in by_key if key in chosen]
    found = {Problem('requires', option.key, needed) for option in taken for needed in option.requires - set(chosen)}
    found |= {
        Problem('excludes', min(option.key, other), max(option.key, other))
        for option in taken for other in option.excludes & set(chosen) if other != option.key
    }
    for group in groups:
        count = sum(option.group == group.key for option in taken)
        if count < group.minimum:
            found.add(Problem('too_few', group.key))
        if group.maximum is not None and count > group.maximum:
            found.add(Problem('too_many', group.key))
    return frozenset(found)


def new_problems(before: Collection[int], after: Collection[int], options: Collection[Option],
                 groups: Collection[OptionGroup]) -> list[Problem]:
    """Return the problems that a change of the choice makes; what was wrong before is not its fault.

    >>> sport = OptionGroup(7, minimum=1)
    >>> new_problems({1}, set(), [Option(1, group=7)], [sport])
    [Problem(kind='too_few', key=7, other=None)]
    """
    options, groups = list(options), list(groups)
    made = choice_problems(after, options, groups) - choice_problems(before, options, groups)
    return sorted(made, key=lambda problem: (problem.kind, problem.key, problem.other or 0))


def unused_credit(amount: Decimal, charged: Period, full: Period, first_day_without: date, proration: str,
                  digits: int) -> Decimal:
    """Return what comes back of a charge for a period when the option ends within it.

    amount × days not used / days charged, both counted as the option was prorated; nothing where short periods cost
    the full price, or when all was used; all of it where the option ends before the period. Never more than the amount.

    >>> year = Period(date(2026, 9, 1), date(2027, 9, 1))
    >>> str(unused_credit(Decimal('513.00'), Period(date(2026, 12, 1), year.end), year, date(2027, 3, 1), '30_360', 2))
    '342.00'
    """
    if first_day_without <= charged.start:
        return amount
    unused = Period(max(charged.start, first_day_without), charged.end) if first_day_without < charged.end else None
    paid = prorated_share(charged, full, proration)
    if unused is None or proration == 'none' or not paid:
        return round_fraction(Fraction(0), digits)
    part = prorated_share(unused, full, proration) / paid
    return round_fraction(Fraction(amount) * part, digits)
