"""A revision of a whole price list: unit prices, fees of tiers, prices of events, minimum and maximum charges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from .pricing import PriceModel, Tier
from .pricing.explanation import ZERO

PERCENTAGES = ('percentage', 'graduated_percentage')
Reviser = Callable[[Decimal], Decimal]


class RevisedPart(NamedTuple):
    """One price of a list before and after: what it is, and the bounds of its tier (None: no limit)."""

    part: str
    above: Decimal | None
    upper: Decimal | None
    old: Decimal
    new: Decimal


def revised_list(model: PriceModel, revise: Reviser) -> tuple[PriceModel, tuple[RevisedPart, ...]]:
    """Return a price list with every price revised, and each of them before and after; prices of 0 stay.

    A rate in percent of an amount stays: it follows the amount. Quotas, bounds and sizes of packages stay.

    >>> model = PriceModel('graduated', tiers=(Tier(Decimal(100), Decimal('0.10')), Tier(None, Decimal('0.08'))))
    >>> dearer, parts = revised_list(model, lambda price: price * 2)
    >>> [str(tier.unit_price) for tier in dearer.tiers], [str(part.old) for part in parts]
    (['0.20', '0.16'], ['0.10', '0.08'])
    """
    is_percent = model.kind in PERCENTAGES
    parts: list[RevisedPart] = []

    def new(part: str, old: Decimal, above: Decimal | None = None, upper: Decimal | None = None) -> Decimal:
        if not old:
            return old
        parts.append(RevisedPart(part, above, upper, old, revise(old)))
        return parts[-1].new

    tiers, above = [], ZERO
    for tier in model.tiers:
        unit = tier.unit_price if is_percent else new('unit', tier.unit_price, above, tier.upper)
        tiers.append(Tier(tier.upper, unit, new('fee', tier.flat_fee, above, tier.upper)))
        above = tier.upper
    own_unit = model.unit_price if is_percent or model.tiers else new(model.kind, model.unit_price)
    return replace(
        model, tiers=tuple(tiers), unit_price=own_unit, event_price=new('event', model.event_price),
        minimum=model.minimum and new('minimum', model.minimum),
        maximum=model.maximum and new('maximum', model.maximum),
    ), tuple(parts)
