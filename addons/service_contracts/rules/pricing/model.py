"""What was agreed on a price: its kind, its numbers, a free quota and the limits of the amount."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from ..errors import RuleError
from ..money import round_fraction
from .explanation import ZERO
from .tiers import Tier, check_tiers

STAIRSTEPS = ('stairstep', 'stairstep_sum')
TIERED = ('graduated', 'volume', 'graduated_percentage', *STAIRSTEPS)
KINDS = ('flat', 'per_unit', 'package', 'percentage', *TIERED)
PRORATED = ('free_quantity', 'minimum', 'maximum')
QUANTITY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PriceModel:
    """One price, used for any quantity.

    kind: flat (unit_price once), per_unit, package (unit_price for every block begun), percentage (unit_price
    in percent of an amount + event_price for every event above free_events), graduated (each unit at the price
    of its tier), volume (all units at the price of the tier reached), graduated_percentage (tier prices in
    percent of an amount), stairstep (the fee of the step reached), stairstep_sum (the fees of all steps entered).
    free_quantity: units (an amount for percentage) that cost nothing, taken off first.
    block: size of the blocks the rest is counted in, each block begun is a whole one; tiers then count blocks.
    minimum, maximum: of the amount, also at zero use. flat_at_zero: a flat price or first fee is owed without use.
    Raises RuleError for a value no price can have.
    """

    kind: str
    unit_price: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    block: Decimal | None = None
    free_quantity: Decimal = ZERO
    event_price: Decimal = ZERO
    free_events: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    flat_at_zero: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RuleError(f'Unknown price model {self.kind!r}, expected one of {", ".join(KINDS)}')
        if self.kind in TIERED:
            check_tiers(self.tiers)
        if self.kind in STAIRSTEPS and any(tier.unit_price for tier in self.tiers):
            raise RuleError('A stairstep price has a fee for each step and no price per unit')
        if self.kind == 'package' and self.block is None:
            raise RuleError('A price per package needs the size of a package')
        self._check_amounts()

    def _check_amounts(self) -> None:
        if self.block is not None and self.block <= 0:
            raise RuleError(f'A block must be larger than 0, not {self.block}')
        amounts = (self.unit_price, self.free_quantity, self.event_price, self.free_events,
                   self.minimum or ZERO, self.maximum or ZERO)
        if min(amounts) < 0:
            raise RuleError('Prices, free quantities and limits cannot be negative')
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise RuleError(f'The minimum {self.minimum} is above the maximum {self.maximum}')

    def prorated(self, share: Fraction, parts: Collection[str] = PRORATED) -> PriceModel:
        """Return the model for a shortened period: quota and limits times `share`, kept to 6 digits.

        `parts` names which of free_quantity, minimum and maximum shrink; the offer decides.

        >>> str(PriceModel('per_unit', Decimal(1), free_quantity=Decimal(100)).prorated(Fraction(1, 4)).free_quantity)
        '25.000000'
        """
        agreed = {name: getattr(self, name) for name in parts}
        return replace(self, **{
            name: round_fraction(Fraction(value) * share, QUANTITY_DIGITS)
            for name, value in agreed.items() if value is not None
        })
