"""Intervals, half-open periods and the grid of dates on which a recurring service is billed."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .errors import RuleError

UNITS = ('day', 'week', 'month', 'quarter', 'half_year', 'year')
UNIT_MONTHS = {'month': 1, 'quarter': 3, 'half_year': 6, 'year': 12}
UNIT_DAYS = {'day': 1, 'week': 7}
SHORT_MONTHS = {4: 30, 6: 30, 9: 30, 11: 30}


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time, such as 2 weeks or 1 year.

    Raises RuleError for a count below 1 or an unknown unit.
    """

    count: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise RuleError(f'Unknown unit {self.unit!r}, expected one of {", ".join(UNITS)}')
        if self.count < 1:
            raise RuleError(f'An interval counts at least 1 {self.unit}, not {self.count}')

    @property
    def months(self) -> int:
        """Length in months; 0 for days and weeks."""
        return self.count * UNIT_MONTHS.get(self.unit, 0)

    @property
    def days(self) -> int:
        """Length in days; 0 for units made of months."""
        return self.count * UNIT_DAYS.get(self.unit, 0)

    def is_as_long(self, other: Interval) -> bool:
        """Tell whether both last equally long, in whatever units.

        >>> Interval(12, 'month').is_as_long(Interval(1, 'year'))
        True
        """
        return (self.months, self.days) == (other.months, other.days)

    def plus(self, day: date, anchor_day: int | None = None, times: int = 1) -> date:
        """Return `day` plus `times` intervals (negative counts back), on `anchor_day` (1-31) when given.

        A month too short for the anchor gives its last day. Raises RuleError outside the years 1 to 9999.

        >>> Interval(1, 'month').plus(date(2023, 1, 31))
        datetime.date(2023, 2, 28)
        >>> Interval(1, 'month').plus(date(2023, 2, 28), anchor_day=31)
        datetime.date(2023, 3, 31)
        """
        try:
            if self.unit in UNIT_DAYS:
                return day + timedelta(days=self.days * times)
            return month_day(month_index(day) + self.months * times, anchor_day or day.day)
        except (ValueError, OverflowError) as error:
            raise RuleError(f'{day} plus {times} x {self.count} {self.unit} leaves the calendar') from error


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` up to but not including `end`. Raises RuleError unless start < end."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise RuleError(f'A period must end after its start: {self.start} to {self.end}')

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The end as a customer reads it: the last day inside."""
        return self.end - timedelta(days=1)

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    def intersect(self, other: Period) -> Period | None:
        """Return the days in both periods, None when there are none."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))

    def minus(self, others: Iterable[Period]) -> list[Period]:
        """Return what is left of this period outside the others, oldest first.

        >>> june = Period(date(2025, 6, 1), date(2025, 7, 1))
        >>> [str(left.last_day) for left in june.minus([Period(date(2025, 6, 10), date(2025, 6, 20))])]
        ['2025-06-09', '2025-06-30']
        """
        left, cursor = [], self.start
        for other in sorted(filter(self.overlaps, others), key=_by_start):
            if cursor < other.start:
                left.append(Period(cursor, other.start))
            cursor = max(cursor, other.end)
        if cursor < self.end:
            left.append(Period(cursor, self.end))
        return left


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A grid of dates, `interval` apart in both directions of `anchor`, for a service that begins at `start`.

    `anchor` is one date of the grid. `anchor_day` (1-31, 0 = the anchor's own day) is the day wanted where
    the month is long enough; a date alone would forget it: 31 Jan, 28 Feb, 31 Mar. Raises RuleError when
    the anchor does not fall on its anchor day.
    """

    interval: Interval
    start: date
    anchor: date
    anchor_day: int = 0

    def __post_init__(self) -> None:
        if not self.anchor_day or not self.interval.months:
            object.__setattr__(self, 'anchor_day', self.anchor.day)
        _check_within('anchor day', self.anchor_day, 1, 31)
        if self._grid_date(0) != self.anchor:
            raise RuleError(f'{self.anchor} is not on day {self.anchor_day} of its month')

    @classmethod
    def from_start(cls, interval: Interval, start: date, anchor_day: int | None = None) -> Recurrence:
        """Return the grid that begins at `start`.

        `anchor_day` is the start's own day, or a later one that the month of `start` is too short for:
        a service from 28 February 2023 with anchor day 31 goes on at the last day of every month.
        """
        return cls(interval, start, start, anchor_day or start.day)

    @classmethod
    def from_calendar(cls, interval: Interval, start: date, anchor_day: int = 1, anchor_month: int = 1,
                      anchor_weekday: int = 0) -> Recurrence:
        """Return the grid of fixed bill days around `start`.

        Months and longer count from `anchor_day` (1-31) of `anchor_month` (1-12), weeks from
        `anchor_weekday` (0 = Monday), each time the latest on or before `start`; days count from `start`.

        >>> bill_day_25 = Recurrence.from_calendar(Interval(1, 'month'), date(2021, 9, 16), anchor_day=25)
        >>> bill_day_25.full_period(date(2021, 9, 16)).days
        31
        """
        if interval.unit == 'day':
            return cls.from_start(interval, start)
        if interval.unit == 'week':
            _check_within('anchor weekday', anchor_weekday, 0, 6)
            return cls(interval, start, start - timedelta(days=(start.weekday() - anchor_weekday) % 7))
        _check_within('anchor day', anchor_day, 1, 31)
        _check_within('anchor month', anchor_month, 1, 12)
        anchor = month_day(start.year * 12 + anchor_month - 1, anchor_day)
        if anchor > start:
            anchor = month_day(month_index(anchor) - 12, anchor_day)
        return cls(interval, start, anchor, anchor_day)

    def full_period(self, day: date) -> Period:
        """Return the whole grid period `day` lies in, in constant time however far from the anchor.

        >>> Recurrence.from_start(Interval(1, 'month'), date(2022, 1, 31)).full_period(date(2022, 2, 27))
        Period(start=datetime.date(2022, 1, 31), end=datetime.date(2022, 2, 28))
        """
        if months := self.interval.months:
            place = (month_index(day) - month_index(self.anchor)) // months
        else:
            place = (day - self.anchor).days // self.interval.days
        start = self._grid_date(place)
        if start > day:
            return Period(self._grid_date(place - 1), start)
        return Period(start, self._grid_date(place + 1))

    def periods(self, until: date) -> Iterator[Period]:
        """Yield the service periods that start before `until`, the first perhaps short, the others whole.

        >>> grid = Recurrence.from_start(Interval(1, 'month'), date(2023, 1, 31))
        >>> [str(period.start) for period in grid.periods(date(2023, 4, 1))]
        ['2023-01-31', '2023-02-28', '2023-03-31']
        """
        start = self.start
        while start < until:
            end = self.full_period(start).end
            yield Period(start, end)
            start = end

    def _grid_date(self, place: int) -> date:
        return self.interval.plus(self.anchor, self.anchor_day, place)


def month_index(day: date) -> int:
    """Return the months from year 0 to the month of `day`, so that months can be added and counted."""
    return day.year * 12 + day.month - 1


def month_day(index: int, day: int) -> date:
    """Return day `day` of the month with that index, the last one when the month is shorter.

    >>> month_day(2100 * 12 + 1, 29)
    datetime.date(2100, 2, 28)
    """
    year, month = index // 12, index % 12 + 1
    if day > 28:
        day = min(day, 28 + isleap(year) if month == 2 else SHORT_MONTHS.get(month, 31))
    return date(year, month, day)


def _by_start(period: Period) -> date:
    return period.start


def _check_within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise RuleError(f'The {name} lies between {low} and {high}, not {value}')
