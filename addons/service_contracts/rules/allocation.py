"""Shared costs: one bill over many beneficiaries, a fixed part by shares and the rest by consumption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from .errors import RuleError
from .money import allocate

BASES = ('fixed', 'consumption')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """A unit that takes part in a shared cost, or what one of its occupants held of it.

    `share`: its fixed weight (area, persons, thousandths). `units`: what its meter counted, None when the reading
    is missing. `payer`: who pays, also for a vacant unit or a common area. `part` tells apart occupants of one
    unit in their order; `held` is the share of the period a part covers, `held_use` the same weighted by the
    season where consumption is. Raises RuleError for a missing payer or a negative value.
    """

    unit: str
    payer: str
    share: Decimal
    units: Decimal | None = ZERO
    part: int = 0
    held: Fraction = Fraction(1)
    held_use: Fraction = Fraction(1)
    is_estimated: bool = False

    def __post_init__(self) -> None:
        if not self.payer:
            raise RuleError(f'Name who pays for {self.unit}: a vacant unit or a common area needs a payer too')
        if min(self.share, self.units or ZERO, self.held, self.held_use) < 0:
            raise RuleError(f'Share and consumption of {self.unit} cannot be negative')

    @property
    def fixed_weight(self) -> Fraction:
        return Fraction(self.share) * self.held


@dataclass(frozen=True, slots=True)
class SharePart:
    """How a beneficiary's part of one pool came about: pool × weight / total weight, in whole cents.

    `basis` is what the weights are: fixed, also for a consumption pool that nothing was metered for.
    """

    pool: str
    basis: str
    pool_amount: Decimal
    weight: Fraction
    total_weight: Fraction
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one beneficiary owes, and its two parts."""

    beneficiary: Beneficiary
    parts: tuple[SharePart, ...]

    @property
    def amount(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)


def allocate_cost(amount: Decimal, consumption_percent: Decimal, beneficiaries: Sequence[Beneficiary],
                  digits: int, estimated_limit: Decimal | None = None) -> list[Allocation]:
    """Return what each beneficiary owes of a bill, in the order given; the parts sum to `amount` exactly.

    `consumption_percent` (HeizkostenV section 7: 50 to 70) is shared by units, the rest by shares, both to the
    largest remainder; the result does not depend on the order. All goes by shares when nothing was metered, or
    when estimates stand for more than `estimated_limit` percent of the shares (HeizkostenV section 9a: 25).
    Raises RuleError for no beneficiary, a repeated one, a missing reading or a percentage outside 0 to 100.

    >>> flats = [Beneficiary('1', 'Ana', Decimal(60), Decimal(500)),
    ...          Beneficiary('2', 'Ben', Decimal(940), Decimal(9500))]
    >>> [str(part.amount) for part in allocate_cost(Decimal('100.00'), Decimal(70), flats, 2)[0].parts]
    ['1.80', '3.50']
    """
    _check(beneficiaries, consumption_percent)
    ordered = sorted(beneficiaries, key=_by_unit)
    pools = allocate(amount, [100 - consumption_percent, consumption_percent], digits)
    bases = BASES if _is_metered(ordered, estimated_limit) else ('fixed', 'fixed')
    shared = [_share_pool(*pool, ordered, digits) for pool in zip(BASES, bases, pools, strict=True)]
    found = {_by_unit(one): Allocation(one, parts) for one, *parts in zip(ordered, *shared, strict=True)}
    return [found[_by_unit(one)] for one in beneficiaries]


def recompute_parts(allocations: Sequence[Allocation], digits: int) -> list[Decimal]:
    """Return the amounts again from the pools and weights kept in the parts, in order of unit and part."""
    ordered = sorted(allocations, key=lambda allocation: _by_unit(allocation.beneficiary))
    pools = zip(*(allocation.parts for allocation in ordered), strict=True)
    columns = [_whole_shares(pool[0].pool_amount, [part.weight for part in pool], digits) for pool in pools]
    return [sum(row, ZERO) for row in zip(*columns, strict=True)]


def _share_pool(pool: str, basis: str, amount: Decimal, beneficiaries: Sequence[Beneficiary],
                digits: int) -> list[SharePart]:
    weights = [one.fixed_weight if basis == 'fixed' else Fraction(one.units or 0) for one in beneficiaries]
    total = sum(weights, Fraction(0))
    amounts = _whole_shares(amount, weights, digits)
    return [SharePart(pool, basis, amount, weight, total, part) for weight, part in zip(weights, amounts, strict=True)]


def _whole_shares(amount: Decimal, weights: Sequence[Fraction], digits: int) -> list[Decimal]:
    """Allocate by exact fractions, brought to whole numbers first."""
    if not amount:
        return [amount] * len(weights)
    scale = lcm(*(weight.denominator for weight in weights))
    return allocate(amount, [Decimal(int(weight * scale)) for weight in weights], digits)


def _is_metered(beneficiaries: Sequence[Beneficiary], estimated_limit: Decimal | None) -> bool:
    if not any(one.units for one in beneficiaries):
        return False
    estimated = sum((one.fixed_weight for one in beneficiaries if one.is_estimated), Fraction(0))
    total = sum((one.fixed_weight for one in beneficiaries), Fraction(0))
    return estimated_limit is None or estimated * 100 <= total * Fraction(estimated_limit)


def _check(beneficiaries: Sequence[Beneficiary], consumption_percent: Decimal) -> None:
    if not beneficiaries:
        raise RuleError('A shared cost needs at least one beneficiary')
    if not 0 <= consumption_percent <= 100:
        raise RuleError(f'The consumption part lies between 0 and 100 percent, not {consumption_percent}')
    if len({_by_unit(one) for one in beneficiaries}) < len(beneficiaries):
        raise RuleError('A unit takes part twice; number its occupants')
    if missing := [one.unit for one in beneficiaries if one.units is None]:
        raise RuleError(f'No reading and no estimate for {", ".join(missing)}')


def _by_unit(beneficiary: Beneficiary) -> tuple[str, int]:
    return beneficiary.unit, beneficiary.part
