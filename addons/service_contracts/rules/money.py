"""Exact money: rounding to the digits of a currency and shares that add up to their total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from .errors import RuleError

# Wide enough that only the final rounding rounds; the default of 28 digits is for whole calculations.
EXACT = Context(prec=100, rounding=ROUND_HALF_UP)


def to_decimal(value: object) -> Decimal:
    """Return a number as a Decimal, a float by its shortest text so that 0.1 stays 0.1.

    Raises RuleError for NaN, infinity, a bool or what is no number.

    >>> to_decimal(24.95)
    Decimal('24.95')
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, float, str)):
        raise RuleError(f'Not a number: {value!r}')
    try:
        number = Decimal(float.__repr__(value) if isinstance(value, float) else value)
    except InvalidOperation as error:
        raise RuleError(f'Not a number: {value!r}') from error
    if not number.is_finite():
        raise RuleError(f'Not a finite number: {value!r}')
    return number


def round_money(amount: Decimal, digits: int) -> Decimal:
    """Return `amount` rounded half-up, away from zero, to `digits` decimals.

    >>> round_money(Decimal('-0.125'), 2)
    Decimal('-0.13')
    """
    rounded = amount.quantize(Decimal((0, (1,), -digits)), context=EXACT)
    return rounded or abs(rounded)


def round_fraction(amount: Fraction, digits: int) -> Decimal:
    """Return an exact fraction rounded half-up, away from zero, to `digits` decimals.

    >>> round_fraction(Fraction(2, 3), 2)
    Decimal('0.67')
    """
    units = (abs(amount) * 10 ** digits + Fraction(1, 2)) // 1
    return _from_units(-units if amount < 0 else units, digits)


def split_evenly(total: Decimal, parts: int, digits: int) -> list[Decimal]:
    """Return `total` in `parts` amounts that differ by at most one unit, the larger ones last.

    Raises RuleError for fewer than one part or a total finer than `digits`.

    >>> [str(part) for part in split_evenly(Decimal(1000), 3, 2)]
    ['333.33', '333.33', '333.34']
    """
    if parts < 1:
        raise RuleError(f'Nothing to split into {parts} parts')
    units = _to_units(total, digits)
    sign = -1 if units < 0 else 1
    share, rest = divmod(abs(units), parts)
    return [_from_units(sign * (share + (place >= parts - rest)), digits) for place in range(parts)]


def allocate(total: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Return `total` shared by `weights` so that the parts sum to it exactly: the largest remainder method.

    Every part is first cut to whole units; the units left go to the largest cut-off remainders, among
    equal ones to the larger weight, then to the earlier place. A weight of 0 gets 0.
    Raises RuleError for no or only zero weights, a negative weight or a total finer than `digits`.

    >>> [str(part) for part in allocate(Decimal('10.00'), [Decimal(1), Decimal(1), Decimal(1)], 2)]
    ['3.34', '3.33', '3.33']
    """
    if any(weight < 0 for weight in weights):
        raise RuleError('A weight cannot be negative')
    exact = [Fraction(weight) for weight in weights]
    if not (whole := sum(exact)):
        raise RuleError('At least one weight must be above zero')
    units = _to_units(total, digits)
    quotas = [abs(units) * weight / whole for weight in exact]
    parts = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - quotas[place], -exact[place]))
    for place in by_remainder[:abs(units) - sum(parts)]:
        parts[place] += 1
    return [_from_units(-part if units < 0 else part, digits) for part in parts]


def _to_units(amount: Decimal, digits: int) -> int:
    """Return `amount` in its smallest units, 12.34 with 2 digits as 1234."""
    units = Fraction(amount) * 10 ** digits
    if units.denominator != 1:
        raise RuleError(f'{amount} has more than {digits} decimals')
    return units.numerator


def _from_units(units: int, digits: int) -> Decimal:
    return Decimal(units).scaleb(-digits, context=EXACT)
