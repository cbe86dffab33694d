"""Figures a subscription business is steered by."""

from __future__ import annotations

from decimal import Decimal

from .periods import Interval


def monthly_amount(amount: Decimal, interval: Interval) -> Decimal:
    """Return the amount of one interval normalised to a month, not rounded.

    Months: amount / months; weeks: amount x 52/12 a week; days: amount x 365/12 a day. The sum over
    active recurring amounts without tax is the monthly recurring revenue (MRR).

    >>> monthly_amount(Decimal(1200), Interval(1, 'year'))
    Decimal('100')
    """
    if interval.months:
        return amount / interval.months
    if interval.unit == 'week':
        return amount * 52 / (12 * interval.count)
    return amount * 365 / (12 * interval.count)
