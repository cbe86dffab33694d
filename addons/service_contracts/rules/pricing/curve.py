"""The curve of a price, for the editor that draws it, and its cliffs: one unit more that costs less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from .explanation import ONE
from .model import PriceModel
from .rating import price


@dataclass(frozen=True, slots=True)
class Cliff:
    """At `quantity` the price is `amount`, one unit more costs only `next_amount`."""

    quantity: Decimal
    amount: Decimal
    next_amount: Decimal


def price_cliffs(model: PriceModel) -> list[Cliff]:
    """Return where one unit more costs less than before; graduated prices have no such place.

    >>> from .tiers import Tier
    >>> tiers = (Tier(Decimal(100), Decimal(2), Decimal(10)), Tier(None, Decimal(1)))
    >>> [(str(cliff.amount), str(cliff.next_amount)) for cliff in price_cliffs(PriceModel('volume', tiers=tiers))]
    [('210', '101')]
    """
    steps = ((bound, price(model, bound).amount, price(model, bound + ONE).amount) for bound in _bounds(model))
    return [Cliff(*step) for step in steps if step[2] < step[1]]


def price_curve(model: PriceModel, up_to: Decimal, points: int = 50) -> list[tuple[Decimal, Decimal]]:
    """Return (quantity, amount) from 0 to `up_to`: evenly spaced, and on both sides of every bound."""
    quantities = {up_to * place / points for place in range(points + 1)}
    quantities.update(near for bound in _bounds(model) for near in (bound, bound + ONE) if near <= up_to)
    return [(quantity, price(model, quantity).amount) for quantity in sorted(quantities)]


def _bounds(model: PriceModel) -> Iterator[Decimal]:
    """Yield the last quantity of the free quota and of each tier, counted in units."""
    yield model.free_quantity
    for tier in model.tiers:
        if tier.upper is not None:
            yield tier.upper * (model.block or ONE) + model.free_quantity
