"""What is left of a discount when its service goes on in another plan, perhaps by another interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import ceil

from .bonus import Bonus, Discount, FreePeriod
from .errors import RuleError
from .intervals import interval_ratio
from .money import round_fraction
from .periods import Recurrence
from .reductions import period_number

PERCENT_DIGITS = 2


def carried(bonus: Bonus, first_day: date, on: date, old: Recurrence, new: Recurrence, digits: int) -> Bonus | None:
    """Return a bonus as it goes on from a day by periods of another length; None where nothing is left of it.

    A discount for some periods is spread over the periods that the rest of its time covers: two months at 50 percent
    are 8.33 percent of a year. An amount per period follows the length of the period. A free period every so many
    ones has no meaning by another interval, and neither have months counted in weeks.

    >>> from decimal import Decimal
    >>> from .periods import Interval
    >>> monthly, yearly = (Recurrence.from_start(Interval(1, unit), date(2026, 2, 1)) for unit in ('month', 'year'))
    >>> left = carried(Discount(Decimal(50), periods=3), date(2026, 2, 1), date(2026, 3, 1), monthly, yearly, 2)
    >>> str(left.percent), left.periods
    ('8.33', 1)
    """
    if isinstance(bonus, FreePeriod):
        return None
    if not isinstance(bonus, Discount):
        return bonus
    try:
        ratio = interval_ratio(old.interval, new.interval)
    except RuleError:
        return None
    if bonus.periods is None:
        return replace(bonus, amount=round_fraction(Fraction(bonus.amount) * ratio, digits))
    left = periods_left(bonus.periods, first_day, on, old)
    if not left:
        return None
    count = ceil(left / ratio)
    return replace(
        bonus, periods=count, amount=round_fraction(Fraction(bonus.amount) * left / count, digits),
        percent=round_fraction(Fraction(bonus.percent) * left / ratio / count, PERCENT_DIGITS),
    )


def periods_left(periods: int, first_day: date, on: date, recurrence: Recurrence) -> Fraction:
    """Return how many of a number of periods are left on a day, the running one by its days.

    >>> from .periods import Interval
    >>> monthly = Recurrence.from_start(Interval(1, 'month'), date(2026, 4, 1))
    >>> str(periods_left(3, date(2026, 4, 1), date(2026, 5, 1), monthly))
    '2'
    """
    full = recurrence.full_period(on)
    used = Fraction((on - full.start).days, full.days)
    return max(periods - (period_number(recurrence, first_day, on) - 1) - used, Fraction(0))
