"""Deferred income: what the months earn sums to the amount, wherever the period begins."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period
from odoo.addons.service_contracts.rules.recognition import (
    METHODS,
    deferral,
    earned_until,
    month_end,
    recognition_schedule,
)

LAW = settings(max_examples=25)
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))

amounts = st.decimals('-5000', '50000', places=2)
periods = st.builds(lambda start, days: Period(start, Interval(days, 'day').plus(start)),
                    st.dates(date(2023, 1, 1), date(2026, 1, 1)), st.integers(1, 800))


@LAW
@given(amounts, periods, st.sampled_from(METHODS))
def test_the_months_sum_to_the_amount(amount, period, method):
    parts = recognition_schedule(amount, period, method, 2)
    assert sum(part.amount for part in parts) == amount
    assert (parts[0].period.start, parts[-1].period.end) == (period.start, period.end)
    assert all(part.period.end == following.period.start for part, following in pairwise(parts))
    assert all(part.period.end.day == 1 for part in parts[:-1])


@LAW
@given(amounts, periods, st.sampled_from(METHODS), st.integers(-9, 900))
def test_earned_and_deferred_grow_in_one_direction(amount, period, method, days):
    day = Interval(1, 'day').plus(period.start, times=days)
    earned = earned_until(amount, period, day, method, 2)
    assert abs(earned) <= abs(amount) and earned * amount >= 0
    assert abs(earned_until(amount, period, Interval(1, 'day').plus(day), method, 2)) >= abs(earned)


@LAW
@given(amounts, periods, st.sampled_from(METHODS), st.integers(-60, 900))
def test_what_is_deferred_comes_back(amount, period, method, days):
    """The rows sum to zero, and at each month's end the deferred balance is what later months earn."""
    booked = Interval(1, 'day').plus(period.start, times=days)
    parts = recognition_schedule(amount, period, method, 2)
    rows = deferral(parts, booked)
    assert sum(part for _day, part in rows) == 0
    assert [day for day, _part in rows] == sorted({day for day, _part in rows})
    for day, _part in rows:
        balance = -sum(part for other, part in rows if other <= day)
        assert balance == sum(part.amount for part in parts if part.period.start > max(day, month_end(booked)))


def test_by_month_every_month_earns_the_same():
    assert {str(part.amount) for part in recognition_schedule(Decimal('120.00'), YEAR, 'month', 2)} == {'10.00'}


def test_by_day_the_length_of_the_month_counts():
    """366 days: February has 29 of them."""
    parts = recognition_schedule(Decimal('366.00'), YEAR, 'day', 2)
    assert [part.amount for part in parts] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_a_period_of_one_day_is_earned_at_once():
    """30/360 counts no day from the 30th to the 31st."""
    one_day = Period(date(2025, 1, 30), date(2025, 1, 31))
    for method in METHODS:
        assert [part.amount for part in recognition_schedule(Decimal('9.99'), one_day, method, 2)] == [Decimal('9.99')]


@pytest.mark.parametrize('amount, method', [('1.00', 'year'), ('1.001', 'day')])
def test_what_cannot_be_deferred_is_refused(amount, method):
    with pytest.raises(RuleError):
        recognition_schedule(Decimal(amount), YEAR, method, 2)
