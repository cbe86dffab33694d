"""Prepayment intervals: what a service costs when it is paid for a longer or shorter time at once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from .errors import RuleError
from .money import round_fraction
from .periods import Interval


def interval_ratio(regular: Interval, chosen: Interval) -> Fraction:
    """Return how many regular intervals go into the chosen one.

    Raises RuleError for days against months: no number of days is a month.

    >>> interval_ratio(Interval(1, 'month'), Interval(1, 'year'))
    Fraction(12, 1)
    """
    if bool(regular.months) != bool(chosen.months):
        raise RuleError('A price by months cannot be brought to weeks or days, nor the other way round')
    return Fraction(chosen.months or chosen.days, regular.months or regular.days)


def interval_price(price: Decimal, regular: Interval, chosen: Interval, discount: Decimal, digits: int) -> Decimal:
    """Return the price of the chosen interval: price × intervals × (1 − discount), rounded once, half-up.

    `discount` in percent rewards paying ahead. Raises RuleError for a discount that is none.

    >>> str(interval_price(Decimal('9.99'), Interval(1, 'month'), Interval(1, 'year'), Decimal(15), 2))
    '101.90'
    """
    if not 0 <= discount <= 100:
        raise RuleError(f'A discount lies between 0 and 100 percent, not {discount}')
    return round_fraction(
        Fraction(price) * interval_ratio(regular, chosen) * (1 - Fraction(discount) / 100), digits,
    )
