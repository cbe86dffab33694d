"""Percentage: a rate of an amount, and a fixed price for each event that made it up."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step
from .model import PriceModel


def percentage_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return rate × amount above the free amount + event price × events above the free events."""
    steps = []
    if units:
        factor = model.unit_price.scaleb(-2)
        steps.append(Step('percent', units, factor, units * factor))
    if model.event_price and events > model.free_events:
        charged = Decimal(events - model.free_events)
        steps.append(Step('event', charged, model.event_price, charged * model.event_price))
    return steps
