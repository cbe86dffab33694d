"""Who belongs to a list of special customers by rule, and who does no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Facts:
    """What is known of a customer: whole months since the first invoice, turnover of a year, payment score if any."""

    months: int
    turnover: Decimal
    score: int | None = None


@dataclass(frozen=True)
class Requirements:
    """What a list asks for; 0 asks for nothing."""

    months: int = 0
    turnover: Decimal = Decimal(0)
    score: int = 0


def qualifies(asked: Requirements, facts: Facts) -> bool:
    """Tell whether a customer meets everything that is asked for; an unknown payment score meets none.

    >>> asked = Requirements(months=12, score=80)
    >>> [qualifies(asked, Facts(months, Decimal(0), score)) for months, score in ((12, 80), (11, 99), (30, None))]
    [True, False, False]
    """
    return (
        facts.months >= asked.months and facts.turnover >= asked.turnover
        and (not asked.score or (facts.score is not None and facts.score >= asked.score))
    )


def changes(asked: Requirements, facts: Mapping[int, Facts], members: Collection[int],
            left_out: Collection[int] = ()) -> tuple[list[int], list[int]]:
    """Return who joins and who leaves; whom people took out (`left_out`) does not come back by rule.

    >>> changes(Requirements(months=6), {1: Facts(7, Decimal(0)), 2: Facts(1, Decimal(0))}, members=[2, 3])
    ([1], [2, 3])
    """
    fit = {customer for customer, known in facts.items() if qualifies(asked, known)}
    return sorted(fit - set(members) - set(left_out)), sorted(set(members) - fit)
