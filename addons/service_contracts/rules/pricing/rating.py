"""Rating: a price model and a quantity give an amount and the steps that explain it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

from ..errors import RuleError
from ..money import EXACT
from .explanation import ZERO, Rated, Step, amount_of
from .flat import flat_steps
from .graduated import graduated_percentage_steps, graduated_steps
from .limits import limit_steps
from .model import PriceModel
from .per_unit import per_unit_steps
from .percentage import percentage_steps
from .stairstep import stairstep_steps, stairstep_sum_steps
from .volume import volume_steps

EXPLAINED_BY: dict[str, Callable[[PriceModel, Decimal, int], list[Step]]] = {
    'flat': flat_steps,
    'per_unit': per_unit_steps,
    'package': per_unit_steps,
    'percentage': percentage_steps,
    'graduated': graduated_steps,
    'volume': volume_steps,
    'graduated_percentage': graduated_percentage_steps,
    'stairstep': stairstep_steps,
    'stairstep_sum': stairstep_sum_steps,
}


def price(model: PriceModel, quantity: Decimal, events: int = 0) -> Rated:
    """Return the exact amount of a quantity and how it came about; round it once, with `Rated.rounded`.

    `events` counts what made up the quantity, for percentage prices. First the free quota, then blocks,
    then the model, then minimum and maximum. Raises RuleError for a negative quantity; a correction is the
    difference of two prices.

    >>> from .tiers import Tier
    >>> tiers = (Tier(Decimal(5), Decimal(5)), Tier(Decimal(10), Decimal(4)), Tier(None, Decimal(3)))
    >>> rated = price(PriceModel('graduated', tiers=tiers), Decimal(6))
    >>> str(rated.amount), [(str(step.quantity), str(step.unit_price)) for step in rated.steps]
    ('29', [('5', '5'), ('1', '4')])
    """
    if not quantity.is_finite() or quantity < 0:
        raise RuleError(f'No price for the quantity {quantity}, it must be 0 or more')
    with localcontext(EXACT):
        free = min(quantity, model.free_quantity)
        units = _in_blocks(quantity - free, model.block)
        steps = [Step('free', free, ZERO, ZERO)] if free else []
        steps += EXPLAINED_BY[model.kind](model, units, events)
        steps += limit_steps(model, sum(map(amount_of, steps), ZERO))
        return Rated(quantity, units, sum(map(amount_of, steps), ZERO), tuple(steps))


def _in_blocks(units: Decimal, block: Decimal | None) -> Decimal:
    """Return the blocks begun, exactly; the units themselves without blocks."""
    if block is None:
        return units
    whole, rest = divmod(units, block)
    return whole + bool(rest)
