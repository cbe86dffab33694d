"""Volume: all units at the price of the one tier the quantity reaches."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step
from .model import PriceModel
from .tiers import fee_step, tier_reached


def volume_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return all units × the price of the tier reached + its fee."""
    above, tier = tier_reached(model.tiers, units)
    steps = [Step('tier', units, tier.unit_price, units * tier.unit_price, above, tier.upper)] if units else []
    if tier.flat_fee and (units or model.flat_at_zero):
        steps.append(fee_step('flat', above, tier))
    return steps
