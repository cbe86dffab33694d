"""How an amount came about: plain steps that are kept with the invoice line and give the amount again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import NamedTuple

from ..money import EXACT, round_money

TEXTS = ('kind', 'label')
STEP_KINDS = (
    'free', 'unit', 'block', 'tier', 'flat', 'step', 'percent', 'event', 'minimum', 'maximum', 'true_up',
    'discount', 'bonus', 'adjustment',
)
ONE, ZERO = Decimal(1), Decimal(0)
amount_of = attrgetter('amount')


class Step(NamedTuple):
    """One part of an amount: quantity × unit price, in the tier above `above` up to and with `up_to`.

    `quantity` counts what `kind` says: units, blocks, events, money (percent) or 1 (a fee, a limit).
    `unit_price` is money per quantity, a factor for percent (1.3 % is 0.013); a reduction is negative. `label` is
    what a reduction is called.
    """

    kind: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    above: Decimal | None = None
    up_to: Decimal | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    """A priced quantity: what was measured, what was priced of it, the exact amount and its steps."""

    quantity: Decimal
    units: Decimal
    amount: Decimal
    steps: tuple[Step, ...]

    def rounded(self, digits: int) -> Decimal:
        """Return the amount in the digits of its currency, rounded once, half-up."""
        return round_money(self.amount, digits)


def once(kind: str, amount: Decimal, above: Decimal | None = None, up_to: Decimal | None = None) -> Step:
    """Return the step of an amount that is charged one time."""
    return Step(kind, ONE, amount, amount, above, up_to)


def recompute(steps: Iterable[Step], digits: int | None = None) -> Decimal:
    """Return the amount again from quantities and unit prices alone, rounded to `digits` when given.

    >>> recompute([Step('unit', Decimal(3), Decimal('0.125'), Decimal('0.375')), once('flat', Decimal(2))], 2)
    Decimal('2.38')
    """
    with localcontext(EXACT):
        amount = sum((step.quantity * step.unit_price for step in steps), ZERO)
    return amount if digits is None else round_money(amount, digits)


def steps_to_json(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Return the steps as text that JSON keeps without loss; what a step does not have is left out.

    >>> steps_to_json([Step('free', Decimal(10), Decimal(0), Decimal(0))])
    [{'kind': 'free', 'quantity': '10', 'unit_price': '0', 'amount': '0'}]
    """
    return [{name: str(value) for name, value in step._asdict().items() if value is not None} for step in steps]


def steps_from_json(kept: Iterable[Mapping[str, str]]) -> tuple[Step, ...]:
    """Return the steps that `steps_to_json` kept."""
    return tuple(
        Step(**{name: value if name in TEXTS else Decimal(value) for name, value in step.items()})
        for step in kept
    )
