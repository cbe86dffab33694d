"""Graduated: each unit, or each part of an amount, at the price of the tier it lies in."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step
from .model import PriceModel
from .tiers import entered_tiers, fee_step


def graduated_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return the units inside each tier × its price + the fee of every tier entered."""
    return _steps(model, units, 'tier', 0)


def graduated_percentage_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return the part of the amount inside each tier × its percentage + the fee of every tier entered."""
    return _steps(model, units, 'percent', -2)


def _steps(model: PriceModel, units: Decimal, kind: str, scale: int) -> list[Step]:
    steps = []
    for above, tier in entered_tiers(model.tiers, units):
        if inside := (units if tier.upper is None or units < tier.upper else tier.upper) - above:
            unit_price = tier.unit_price.scaleb(scale) if scale else tier.unit_price
            steps.append(Step(kind, inside, unit_price, inside * unit_price, above, tier.upper))
        if tier.flat_fee and (units or model.flat_at_zero):
            steps.append(fee_step('flat', above, tier))
    return steps
