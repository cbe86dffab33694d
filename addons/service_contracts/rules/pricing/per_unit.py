"""Per unit and package: every unit, or every block begun, at the same price."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step
from .model import PriceModel


def per_unit_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return units × price.

    A package is counted in blocks before: ceil(max(0, quantity − free) / size) × price.
    """
    kind = 'unit' if model.block is None else 'block'
    return [Step(kind, units, model.unit_price, units * model.unit_price)] if units else []
