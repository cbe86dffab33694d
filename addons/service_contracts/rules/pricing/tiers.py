"""Tiers: a quantity from above one bound up to and including the next, with a unit price and a flat fee."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from ..errors import RuleError
from .explanation import ZERO, Step, once


@dataclass(frozen=True, slots=True)
class Tier:
    """Quantities up to and including `upper` (None = no limit): a price per unit and a fee once.

    Raises RuleError for an upper limit that is not above 0 or a negative price.
    """

    upper: Decimal | None
    unit_price: Decimal = ZERO
    flat_fee: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.upper is not None and self.upper <= 0:
            raise RuleError(f'A tier must end above 0, not at {self.upper}')
        if self.unit_price < 0 or self.flat_fee < 0:
            raise RuleError('The prices of a tier cannot be negative')


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Raise RuleError unless the tiers rise and only the last has no limit, so that every quantity has one."""
    if not tiers:
        raise RuleError('Prices by tier need at least one tier')
    if tiers[-1].upper is not None:
        raise RuleError('The last tier must have no upper limit')
    for tier, following in pairwise(tiers):
        if tier.upper is None:
            raise RuleError('Only the last tier may have no upper limit')
        if following.upper is not None and following.upper <= tier.upper:
            raise RuleError(f'A tier up to {following.upper} cannot follow one up to {tier.upper}')


def entered_tiers(tiers: Sequence[Tier], units: Decimal) -> Iterator[tuple[Decimal, Tier]]:
    """Yield every tier the quantity enters with the bound below it; at 0 that is the first one.

    >>> tiers = (Tier(Decimal(5)), Tier(Decimal(10)), Tier(None))
    >>> [str(above) for above, tier in entered_tiers(tiers, Decimal(5))]
    ['0']
    >>> [str(above) for above, tier in entered_tiers(tiers, Decimal('5.5'))]
    ['0', '5']
    """
    above = ZERO
    for tier in tiers:
        if above and above >= units:
            return
        yield above, tier
        above = tier.upper


def tier_reached(tiers: Sequence[Tier], units: Decimal) -> tuple[Decimal, Tier]:
    """Return the last tier the quantity enters and the bound below it."""
    *_, reached = entered_tiers(tiers, units)
    return reached


def fee_step(kind: str, above: Decimal, tier: Tier) -> Step:
    """Return the step of a tier's flat fee."""
    return once(kind, tier.flat_fee, above, tier.upper)
