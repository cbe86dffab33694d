"""Laws and examples of the figures of collection: ageing over time, DSO, CEI, score, forecast."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.dunning_sms.rules.figures import Event, cei, month_figures
from odoo.addons.dunning_sms.rules.forecast import (
    Delays,
    OpenAmount,
    Survival,
    errors,
    expected_by_week,
    naive_by_week,
)
from odoo.addons.dunning_sms.rules.payment_score import History, score, segment

from tests.unit.published import examples

LAW = settings(max_examples=100)
TODAY = date(2026, 3, 10)
MONTH_ENDS = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize('given, expected', examples('collection'))
def test_published_effectiveness(given, expected):
    assert str(cei(**{name: Decimal(value) for name, value in given.items()})) == expected


events = st.builds(Event, st.integers(0, 150).map(ago), st.integers(0, 100).map(ago),
                   st.integers(-900, 900).map(Decimal), st.booleans())


@LAW
@given(st.lists(events))
def test_buckets_of_a_month_add_up_to_what_is_outstanding(events):
    for month in month_figures(events, [Decimal(0)] * 3, MONTH_ENDS):
        outstanding = sum(event.amount for event in events if event.day <= month.month_end)
        assert sum(month.buckets) == month.receivable == outstanding


def test_a_month_in_which_all_that_was_due_came_in_has_an_index_of_100():
    events = [Event(date(2026, 1, 15), date(2026, 1, 1), Decimal(100)),
              Event(date(2026, 1, 15), date(2026, 1, 20), Decimal(-100)),
              Event(date(2026, 2, 15), date(2026, 1, 25), Decimal(50))]
    january, february = month_figures(events, [Decimal(0), Decimal(150), Decimal(0)], MONTH_ENDS)
    assert (january.cei, january.overdue, january.receivable) == (100, 0, 50)
    assert (february.cei, february.overdue) == (0, 50)


histories = st.builds(
    lambda items, weight, on_time, late, overdue, days, broken: History(
        items, weight, weight * on_time, weight * (1 - on_time) * late, overdue, overdue * days, broken, TODAY),
    st.integers(0, 20), st.floats(1, 1e6), st.floats(0, 1), st.floats(0, 400), st.floats(0, 1e6), st.floats(1, 400),
    st.integers(0, 9))


@LAW
@given(histories)
def test_a_score_is_between_0_and_100(history):
    assert 0 <= score(history) <= 100


@LAW
@given(histories, st.floats(1, 1e6))
def test_a_score_falls_with_lateness_with_debts_and_with_broken_promises(history, more):
    worse = [
        replace(history, late_days=history.late_days + more),
        replace(history, overdue_days=history.overdue_days + more),
        replace(history, on_time=history.on_time / 2),
        replace(history, broken_promises=history.broken_promises + 1),
    ]
    assert all(score(other) <= score(history) for other in worse)


def test_segments():
    prompt = History(9, 100.0, 95.0, 20.0, last_activity=TODAY)
    assert segment(prompt, TODAY) == 'prompt'
    assert segment(replace(prompt, overdue=300.0, overdue_days=300.0 * 60), TODAY) == 'risk'
    assert segment(replace(prompt, items=2), TODAY) == 'new'
    assert segment(replace(prompt, last_activity=ago(400)), TODAY) == 'inactive'
    assert segment(History(), TODAY) == 'new'


delays = st.builds(Delays, st.dictionaries(st.integers(-20, 90), st.floats(1, 1e4), min_size=1),
                   st.dictionaries(st.integers(-20, 90), st.floats(1, 1e4)), st.just(50))


@LAW
@given(delays)
def test_what_is_unpaid_never_rises(delays):
    survival = Survival(delays)
    shares = [survival.unpaid(day) for day in range(-30, 120)]
    assert shares == sorted(shares, reverse=True) and shares[0] == 1.0 and shares[-1] >= 0


@LAW
@given(delays, st.lists(st.builds(OpenAmount, st.integers(-60, 90).map(ago), st.floats(1, 1e4), st.just(('all',)))))
def test_no_more_is_expected_than_is_open(delays, items):
    expected = expected_by_week(items, {'all': delays}, TODAY, 30)
    assert all(week >= 0 for week in expected)
    assert sum(expected) <= sum(item.amount for item in items) * (1 + 1e-9)
    assert sum(naive_by_week(items, TODAY, 30)) == pytest.approx(sum(item.amount for item in items))


def test_a_customer_who_always_pays_ten_days_late_is_expected_ten_days_late():
    own = Delays({10: 100.0}, payments=6)
    everybody = Delays({0: 100.0}, payments=100)
    items = [OpenAmount(ago(-1), 50.0, ('ana', 'all'))]
    expected = expected_by_week(items, {'ana': own, 'all': everybody}, TODAY, 4)
    assert expected == pytest.approx([0.0, 50.0, 0.0, 0.0])
    assert naive_by_week(items, TODAY, 4) == [50.0, 0.0, 0.0, 0.0]


def test_little_history_of_ones_own_falls_back_to_the_segment_then_to_everybody():
    known = {'ana': Delays({40: 1.0}, payments=1), 'late': Delays({10: 9.0}, payments=30), 'all': Delays({0: 9.0})}
    item = OpenAmount(ago(-1), 50.0, ('ana', 'late', 'all'))
    assert expected_by_week([item], known, TODAY, 2) == pytest.approx([0.0, 50.0])
    known['late'].payments = 3
    assert expected_by_week([item], known, TODAY, 2) == pytest.approx([50.0, 0.0])


def test_money_that_waits_counts_against_a_rosy_history():
    paid_only, with_waiting = Delays({5: 50.0}, payments=9), Delays({5: 50.0}, {30: 50.0}, payments=9)
    assert Survival(paid_only).unpaid(10) == 0.0
    assert Survival(with_waiting).unpaid(10) == pytest.approx(0.5)


def test_errors_of_a_perfect_forecast_are_zero():
    assert errors([1.0, 2.0], [1.0, 2.0]).wape == 0.0
    assert errors([], []).mae is None
