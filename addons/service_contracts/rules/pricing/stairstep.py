"""Stairstep: a fee by the step the quantity reaches, not multiplied; or the fees of all steps up to it."""

from __future__ import annotations

from decimal import Decimal

from .explanation import Step
from .model import PriceModel
from .tiers import entered_tiers, fee_step, tier_reached


def stairstep_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return the fee of the step reached (as Recurly and Chargebee)."""
    return [fee_step('step', *tier_reached(model.tiers, units))] if units or model.flat_at_zero else []


def stairstep_sum_steps(model: PriceModel, units: Decimal, events: int) -> list[Step]:
    """Return the fee of every step entered (as Solvimon, and Zuora's tiers of flat fees)."""
    if not units and not model.flat_at_zero:
        return []
    return [fee_step('step', above, tier) for above, tier in entered_tiers(model.tiers, units)]
