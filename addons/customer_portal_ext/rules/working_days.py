"""The legal clock of a case: working days counted from the day after it came in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from odoo.addons.service_contracts.rules.errors import RuleError

ONE_DAY = timedelta(days=1)
MONDAY_TO_FRIDAY = frozenset(range(5))
LIMIT = 3660
"""A clock that finds no working day within ten years has no calendar to go by."""


def add_working_days(start: date, days: int, holidays: Collection[date] = (),
                     weekdays: Collection[int] = MONDAY_TO_FRIDAY) -> date:
    """Return the last day on which an answer is in time.

    The day of arrival does not count; weekdays go from 0 (Monday) to 6. Raises RuleError for days below 0 or a
    calendar without working days.

    >>> add_working_days(date(2026, 3, 10), 15), add_working_days(date(2026, 3, 13), 1, [date(2026, 3, 16)])
    (datetime.date(2026, 3, 31), datetime.date(2026, 3, 17))
    """
    if days < 0:
        raise RuleError(f'A clock cannot count {days} days')
    day, left = start, days
    for _count in range(LIMIT):
        if not left:
            return day
        day += ONE_DAY
        left -= day.weekday() in weekdays and day not in holidays
    raise RuleError('The calendar has no working days')


def working_days_between(start: date, end: date, holidays: Collection[date] = (),
                         weekdays: Collection[int] = MONDAY_TO_FRIDAY) -> int:
    """Return the working days after `start` up to and with `end`; below 0 when `end` lies before.

    >>> tuesday = date(2026, 3, 10)
    >>> working_days_between(tuesday, date(2026, 3, 31)), working_days_between(tuesday, date(2026, 3, 6))
    (15, -2)
    """
    first, last, sign = (start, end, 1) if start <= end else (end, start, -1)
    span = (first + timedelta(days=count) for count in range(1, (last - first).days + 1))
    return sign * sum(day.weekday() in weekdays and day not in holidays for day in span)
