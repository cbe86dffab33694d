"""The limits of an amount: minimum and maximum charge, and a minimum commitment with its true-up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from ..money import round_fraction
from .explanation import ZERO, Step, once
from .model import PriceModel


def limit_steps(model: PriceModel, amount: Decimal) -> list[Step]:
    """Return what lifts the amount to the minimum or takes it down to the maximum, if anything."""
    if model.minimum is not None and amount < model.minimum:
        return [once('minimum', model.minimum - amount)]
    if model.maximum is not None and amount > model.maximum:
        return [once('maximum', model.maximum - amount)]
    return []


def true_up(
    commitment: Decimal | Fraction, charged: Iterable[Decimal], digits: int, share: Fraction = Fraction(1),
) -> Decimal:
    """Return what is owed on top of the amounts charged so that they reach the commitment; never negative.

    `share` is the part of the commitment's period that was served, 0 to 1.

    >>> str(true_up(Decimal(1000), [Decimal('612.40'), Decimal('240.10')], 2))
    '147.50'
    """
    missing = round_fraction(Fraction(commitment) * share, digits) - sum(charged, ZERO)
    return max(missing, ZERO)
