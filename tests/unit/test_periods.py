"""Intervals, periods and grids: they touch, never overlap and never drift."""

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import UNITS, Interval, Period, Recurrence, month_day

LAW = settings(max_examples=40)
DAY, WEEK, MONTH, QUARTER, YEAR = (Interval(1, unit) for unit in ('day', 'week', 'month', 'quarter', 'year'))
FAR = date(2700, 1, 1)

dates = st.dates(date(1996, 1, 1), date(2104, 12, 31))
intervals = st.builds(Interval, st.integers(1, 6), st.sampled_from(UNITS))
periods = st.builds(lambda start, days: Period(start, start + timedelta(days=days)),
                    st.dates(date(2024, 1, 1), date(2024, 3, 1)), st.integers(1, 40))
recurrences = st.builds(Recurrence.from_start, intervals, dates) | st.builds(
    Recurrence.from_calendar, intervals, dates, st.integers(1, 31), st.integers(1, 12), st.integers(0, 6))


def starts(recurrence, count):
    return [period.start for period in islice(recurrence.periods(FAR), count)]


# --- grids -------------------------------------------------------------------------------------------

@LAW
@given(recurrences)
def test_service_periods_touch_and_never_overlap(recurrence):
    walked = list(islice(recurrence.periods(FAR), 30))
    assert walked[0].start == recurrence.start
    assert all(before.end == after.start for before, after in pairwise(walked))
    assert not any(before.overlaps(after) for before, after in pairwise(walked))


@LAW
@given(recurrences)
def test_only_the_first_service_period_may_be_short(recurrence):
    first, *others = islice(recurrence.periods(FAR), 8)
    assert first.end == recurrence.full_period(first.start).end
    assert all(period == recurrence.full_period(period.start) for period in others)


@LAW
@given(recurrences, dates)
def test_every_day_lies_in_the_one_full_period_of_its_grid(recurrence, day):
    full = recurrence.full_period(day)
    assert full.start <= day < full.end
    assert recurrence.full_period(full.end).start == full.end
    assert recurrence.full_period(full.last_day) == full


@LAW
@given(recurrences)
def test_walking_the_grid_and_jumping_into_it_agree(recurrence):
    walked = list(islice(recurrence.periods(FAR), 40))[1:]
    assert [recurrence.full_period(period.last_day) for period in walked] == walked


@pytest.mark.parametrize('anchor_day', [29, 30, 31])
def test_late_anchor_days_do_not_drift(anchor_day):
    """D1, R2: for 60 months every start is the anchor day, or the last day of a month without it."""
    recurrence = Recurrence.from_start(MONTH, date(2023, 1, anchor_day))
    for start in starts(recurrence, 60):
        last_of_month = (month_day(start.year * 12 + start.month, 1) - timedelta(days=1)).day
        assert start.day == min(anchor_day, last_of_month)


def test_the_last_day_of_the_month_is_not_the_same_as_its_number():
    """D1: 29 February goes on at 29 March, or at 31 March when the anchor is the last day."""
    assert starts(Recurrence.from_start(MONTH, date(2024, 2, 29)), 2)[1] == date(2024, 3, 29)
    assert starts(Recurrence.from_start(MONTH, date(2024, 2, 29), 31), 2)[1] == date(2024, 3, 31)


def test_a_leap_day_comes_back_every_fourth_year():
    """D2: yearly from 29 February, eight years."""
    recurrence = Recurrence.from_start(YEAR, date(2024, 2, 29))
    assert [start.day for start in starts(recurrence, 9)] == [29, 28, 28, 28, 29, 28, 28, 28, 29]


def test_the_year_2100_has_no_leap_day_but_2104_has():
    """D2: 2100 is not a leap year."""
    recurrence = Recurrence.from_start(Interval(4, 'year'), date(2096, 2, 29))
    assert starts(recurrence, 3) == [date(2096, 2, 29), date(2100, 2, 28), date(2104, 2, 29)]


def test_weeks_run_through_iso_week_53():
    """D3: Mondays of 2020, a year with 53 weeks, into 2021."""
    recurrence = Recurrence.from_calendar(WEEK, date(2020, 12, 23))
    mondays = [period.end for period in islice(recurrence.periods(FAR), 3)]
    assert [monday.isocalendar()[:3] for monday in mondays] == [(2020, 53, 1), (2021, 1, 1), (2021, 2, 1)]


def test_two_weeks_ignore_months_and_years():
    """D3: every second week across the end of a year with 53 weeks."""
    recurrence = Recurrence.from_start(Interval(2, 'week'), date(2026, 12, 24))
    assert starts(recurrence, 3) == [date(2026, 12, 24), date(2027, 1, 7), date(2027, 1, 21)]


@pytest.mark.parametrize('interval, start, anchor, full', [
    (MONTH, date(2021, 9, 16), {'anchor_day': 25}, (date(2021, 8, 25), date(2021, 9, 25))),
    (MONTH, date(2023, 2, 28), {'anchor_day': 31}, (date(2023, 2, 28), date(2023, 3, 31))),
    (MONTH, date(2023, 2, 27), {'anchor_day': 31}, (date(2023, 1, 31), date(2023, 2, 28))),
    (QUARTER, date(2024, 5, 20), {}, (date(2024, 4, 1), date(2024, 7, 1))),
    (QUARTER, date(2024, 5, 20), {'anchor_month': 3}, (date(2024, 3, 1), date(2024, 6, 1))),
    (Interval(3, 'month'), date(2024, 5, 20), {'anchor_month': 3}, (date(2024, 3, 1), date(2024, 6, 1))),
    (Interval(1, 'half_year'), date(2024, 5, 20), {'anchor_day': 15, 'anchor_month': 6},
     (date(2023, 12, 15), date(2024, 6, 15))),
    (YEAR, date(2024, 5, 20), {'anchor_month': 7}, (date(2023, 7, 1), date(2024, 7, 1))),
    (Interval(3, 'year'), date(2024, 5, 20), {'anchor_month': 7}, (date(2023, 7, 1), date(2026, 7, 1))),
    (Interval(2, 'year'), date(2024, 7, 1), {'anchor_month': 7}, (date(2024, 7, 1), date(2026, 7, 1))),
    (Interval(5, 'month'), date(2024, 5, 20), {}, (date(2024, 1, 1), date(2024, 6, 1))),
    (WEEK, date(2024, 5, 20), {'anchor_weekday': 6}, (date(2024, 5, 19), date(2024, 5, 26))),
    (Interval(10, 'day'), date(2024, 5, 20), {'anchor_day': 3}, (date(2024, 5, 20), date(2024, 5, 30))),
])
def test_a_calendar_grid_follows_its_bill_day(interval, start, anchor, full):
    assert Recurrence.from_calendar(interval, start, **anchor).full_period(start) == Period(*full)


def test_an_anchor_keeps_its_own_day_unless_told_a_later_one():
    """D1: the anchor may lie years before the start of the service."""
    start, anchor = date(2024, 3, 10), date(2023, 2, 28)
    assert Recurrence(MONTH, start, anchor).full_period(start).start == date(2024, 2, 28)
    assert Recurrence(MONTH, start, anchor, 31).full_period(start).start == date(2024, 2, 29)
    assert Recurrence(WEEK, start, anchor, 31).anchor_day == 28


def test_a_period_that_starts_on_the_last_day_asked_for_is_not_walked():
    assert list(Recurrence.from_start(MONTH, date(2024, 1, 1)).periods(date(2024, 1, 1))) == []


@pytest.mark.parametrize('build', [
    lambda: Recurrence.from_start(MONTH, date(2024, 1, 10), 31),
    lambda: Recurrence.from_start(MONTH, date(2024, 1, 31), 32),
    lambda: Recurrence(MONTH, date(2024, 1, 10), date(2024, 1, 31), 30),
    lambda: Recurrence.from_calendar(MONTH, date(2024, 1, 10), anchor_day=0),
    lambda: Recurrence.from_calendar(YEAR, date(2024, 1, 10), anchor_month=13),
    lambda: Recurrence.from_calendar(WEEK, date(2024, 1, 10), anchor_weekday=7),
])
def test_an_anchor_off_its_grid_is_refused(build):
    with pytest.raises(RuleError):
        build()


# --- intervals ---------------------------------------------------------------------------------------

@pytest.mark.parametrize('unit, months, days', [
    ('day', 0, 2), ('week', 0, 14), ('month', 2, 0), ('quarter', 6, 0), ('half_year', 12, 0),
    ('year', 24, 0)])
def test_an_interval_counts_months_or_days(unit, months, days):
    assert (Interval(2, unit).months, Interval(2, unit).days) == (months, days)


@pytest.mark.parametrize('count, unit', [(0, 'day'), (-1, 'month'), (1, 'fortnight'), (1, '')])
def test_an_impossible_interval_is_refused(count, unit):
    with pytest.raises(RuleError):
        Interval(count, unit)


@pytest.mark.parametrize('interval, times', [(YEAR, 9000), (DAY, 9_000_000), (MONTH, -30_000)])
def test_a_date_outside_the_calendar_is_refused(interval, times):
    with pytest.raises(RuleError):
        interval.plus(date(2024, 1, 31), times=times)


@LAW
@given(intervals, dates, st.integers(1, 20))
def test_several_intervals_at_once_do_not_drift_from_the_grid(interval, start, times):
    assert interval.plus(start, times=times) == starts(Recurrence.from_start(interval, start), times + 1)[-1]


# --- periods -----------------------------------------------------------------------------------------

@pytest.mark.parametrize('days', [0, -1])
def test_a_period_without_a_day_is_refused(days):
    """C3: a period that starts and ends on the same day has no days to share."""
    with pytest.raises(RuleError):
        Period(date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=days))


def test_neighbours_touch_without_overlap():
    january, february = Period(date(2023, 1, 1), date(2023, 2, 1)), Period(date(2023, 2, 1), date(2023, 3, 1))
    assert not january.overlaps(february)
    assert january.intersect(february) is None
    assert (january.last_day, february.days) == (date(2023, 1, 31), 28)


@LAW
@given(periods, periods)
def test_what_two_periods_share_and_what_is_left_add_up(period, other):
    shared = period.intersect(other)
    left = period.minus([other])
    assert sum(part.days for part in left) + (shared.days if shared else 0) == period.days
    assert (shared is not None) == period.overlaps(other) == other.overlaps(period)


@LAW
@given(periods, st.lists(periods, max_size=5))
def test_what_is_left_of_a_period_is_every_day_outside_the_others(period, others):
    def days(some):
        return {part.start + timedelta(days=place) for part in some for place in range(part.days)}
    left = period.minus(others)
    assert days(left) == days([period]) - days(others)
    assert all(before.end < after.start for before, after in pairwise(left))
