"""Flat: the same price whatever was used."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step, once
from .model import PriceModel


def flat_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return the price once; nothing without use when the model says so."""
    return [once('flat', model.unit_price)] if units or model.flat_at_zero else []
