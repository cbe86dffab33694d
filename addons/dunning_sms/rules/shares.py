"""Amounts shared by weights so that the parts add up to the cent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction

from .errors import RuleError


def share(total: Decimal, weights: Mapping[Hashable, Decimal], digits: int) -> dict[Hashable, Decimal]:
    """Return `total` shared by `weights` with the largest remainder method; the parts sum to it exactly.

    Keys of weight 0 get nothing and are left out, as are negative ones (a discount that is more than its service).
    Raises RuleError if no weight is above zero or `total` is finer than `digits`.

    >>> {key: str(part) for key, part in share(Decimal('10.00'), {'a': Decimal(1), 'b': Decimal(2)}, 2).items()}
    {'a': '3.33', 'b': '6.67'}
    """
    positive = {key: Fraction(weight) for key, weight in weights.items() if weight > 0}
    if not positive:
        raise RuleError('At least one weight must be above zero')
    if len(positive) == 1:
        return {key: total for key in positive}
    units, sign = _units(total, digits), -1 if total < 0 else 1
    whole = sum(positive.values())
    quotas = {key: units * weight / whole for key, weight in positive.items()}
    parts = {key: int(quota) for key, quota in quotas.items()}
    by_remainder = sorted(parts, key=lambda key: (parts[key] - quotas[key], -positive[key]))
    for key in by_remainder[:units - sum(parts.values())]:
        parts[key] += 1
    return {key: Decimal(sign * part).scaleb(-digits) for key, part in parts.items()}


def _units(amount: Decimal, digits: int) -> int:
    units = abs(Fraction(amount)) * 10 ** digits
    if units.denominator != 1:
        raise RuleError(f'{amount} has more than {digits} decimals')
    return units.numerator
