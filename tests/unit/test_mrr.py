"""Recurring revenue: the movements sum to the change, and the rates are made of the movements."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.mrr import MOVEMENTS, Snapshot, cohorts, movements, revenue_figures
from odoo.addons.service_contracts.rules.periods import month_day

LAW = settings(max_examples=25)
FIGURES = ('new', 'expansion', 'contraction', 'churn', 'reactivation')

amounts = st.dictionaries(st.integers(1, 6), st.decimals('0', '500', places=2), max_size=6)


def history(*months):
    return [Snapshot(month_day(2025 * 12 + place, 31), {customer: Decimal(mrr) for customer, mrr in month.items()})
            for place, month in enumerate(months)]


histories = st.lists(amounts, min_size=2, max_size=7).map(lambda months: history(*months))


def test_each_change_has_its_name():
    steps = history({1: 50, 2: 30, 3: 20}, {1: 60, 2: 25, 4: 10}, {1: 60, 3: 15, 2: 25})
    assert [(move.customer, move.kind, move.amount) for move in movements(steps)] == [
        (1, 'expansion', 10), (2, 'contraction', -5), (3, 'churn', -20), (4, 'new', 10),
        (3, 'reactivation', 15), (4, 'churn', -10)]


def test_a_customer_from_before_comes_back_and_is_not_new():
    steps = history({}, {7: 10})
    assert [move.kind for move in movements(steps, former=[7])] == ['reactivation']
    assert [move.kind for move in movements(steps)] == ['new']


@LAW
@given(histories)
def test_the_movements_sum_to_the_change(steps):
    """Every month and over all of them, and each has the sign of its kind."""
    moves = movements(steps)
    for before, after in pairwise(steps):
        assert sum(move.amount for move in moves if move.day == after.day) == after.total - before.total
    assert sum(move.amount for move in moves) == steps[-1].total - steps[0].total
    assert all((move.amount < 0) == (move.kind in ('contraction', 'churn')) for move in moves)
    assert {move.kind for move in moves} <= set(MOVEMENTS)


@LAW
@given(histories)
def test_each_customer_is_won_before_it_is_lost(steps):
    """Per customer: new comes once and first, after churn only reactivation."""
    for customer in range(1, 7):
        kinds = [move.kind for move in movements(steps) if move.customer == customer]
        assert kinds.count('new') <= 1 and 'new' not in kinds[1:]
        assert all(following == 'reactivation' for kind, following in pairwise(kinds) if kind == 'churn')


@LAW
@given(histories)
def test_the_figures_are_made_of_the_movements(steps):
    before, after = steps[0], steps[-1]
    figures = revenue_figures(before, after)
    assert figures.start + sum(getattr(figures, kind) for kind in FIGURES) == figures.end
    assert figures.annual == 12 * after.total
    if figures.start:
        assert figures.gross_retention <= 1 and figures.gross_retention <= figures.net_retention
        assert abs(figures.gross_retention + figures.gross_revenue_churn - 1) < Decimal('1e-20')
        assert 0 <= figures.customer_churn <= 1


def test_the_rates_follow_their_formulas():
    """rules.md 7: 1000 at the start, 100 expansion, 50 contraction, 200 churn, 300 new."""
    before, after = history({1: 500, 2: 300, 3: 200}, {1: 600, 2: 250, 4: 300})
    figures = revenue_figures(before, after)
    assert (figures.net_retention, figures.gross_retention) == (Decimal('0.85'), Decimal('0.75'))
    assert (figures.gross_revenue_churn, figures.customer_churn) == (Decimal('0.25'), Decimal(1) / 3)
    assert (figures.annual, figures.average) == (13800, Decimal(1150) / 3)


def test_a_business_that_begins_has_no_rates():
    figures = revenue_figures(*history({}, {1: 10}))
    assert figures.net_retention is figures.customer_churn is None
    assert revenue_figures(*history({1: 10}, {})).average is None


@LAW
@given(histories)
def test_the_cohorts_sum_to_all_customers_and_all_revenue(steps):
    rows = cohorts(steps)
    for place, snapshot in enumerate(steps):
        begun = [(row, place - [step.day for step in steps].index(row.day)) for row in rows if row.day <= snapshot.day]
        assert sum(row.customers[age] for row, age in begun) == len(snapshot.customers)
        assert sum(row.revenue[age] for row, age in begun) == snapshot.total


@pytest.mark.parametrize('call', [
    lambda: Snapshot(date(2025, 1, 31), {1: Decimal(-1)}), lambda: movements(history({}, {})[::-1])])
def test_a_history_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()
