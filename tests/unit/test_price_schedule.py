"""Prices over time: phases cover every day once, revisions say what they changed."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period
from odoo.addons.service_contracts.rules.price_schedule import (
    PricePhase,
    phases_from,
    price_at,
    priced_parts,
    revise_by_index,
    revise_by_percent,
)

LAW = settings(max_examples=25)
MONTH, FORTNIGHT = Interval(1, 'month'), Interval(2, 'week')
JANUARY = date(2025, 1, 1)

phases = st.lists(st.builds(PricePhase, st.dates(date(2025, 1, 2), date(2025, 12, 31)), st.integers(1, 99)),
                  max_size=6).map(lambda later: [*later, PricePhase(JANUARY, Decimal(5))])


def test_phases_follow_each_other_without_drift():
    """D1: from 31 January the phases step on the last day of each month."""
    steps = phases_from(date(2025, 1, 31), [(MONTH, Decimal(1)), (MONTH, Decimal(2)), (None, Decimal(3))])
    assert [str(phase.start) for phase in steps] == ['2025-01-31', '2025-02-28', '2025-03-31']


def test_months_after_weeks_count_from_where_the_weeks_ended():
    steps = phases_from(date(2025, 1, 31), [(FORTNIGHT, Decimal(0)), (MONTH, Decimal(2)), (None, Decimal(3))])
    assert [str(phase.start) for phase in steps] == ['2025-01-31', '2025-02-14', '2025-03-14']


@LAW
@given(phases, st.dates(JANUARY, date(2025, 12, 1)), st.integers(1, 90))
def test_the_parts_of_a_period_touch_and_cover_it(steps, start, days):
    period = Period(start, Interval(days, 'day').plus(start))
    parts = priced_parts(steps, period)
    assert (parts[0].period.start, parts[-1].period.end) == (period.start, period.end)
    assert all(part.period.end == following.period.start for part, following in pairwise(parts))
    assert all(part.price == price_at(steps, part.period.last_day) for part in parts)


def test_there_is_no_price_before_the_first_phase():
    with pytest.raises(RuleError):
        price_at([PricePhase(JANUARY, Decimal(5))], date(2024, 12, 31))


@pytest.mark.parametrize('lengths', [
    [], [(MONTH, Decimal(1))], [(None, Decimal(1)), (None, Decimal(2))], [(None, Decimal(1)), (MONTH, Decimal(2))]])
def test_only_the_last_phase_has_no_length(lengths):
    with pytest.raises(RuleError):
        phases_from(JANUARY, lengths)


@LAW
@given(st.decimals('0', '1000', places=2), st.decimals('-100', '100', places=2))
def test_a_revision_is_rounded_once(price, percent):
    revision = revise_by_percent(price, percent, 2)
    assert abs(Fraction(revision.new) - Fraction(price) * (1 + Fraction(percent) / 100)) <= Fraction(1, 200)
    assert revision.old + revision.difference == revision.new


def test_an_index_moves_the_price_by_its_weight_beyond_a_threshold():
    old, new = Decimal('117.4'), Decimal('120.2')
    assert revise_by_index(Decimal(1000), old, new, 2).new == Decimal('1023.85')
    assert revise_by_index(Decimal(1000), old, new, 2, weight=Decimal(60)).new == Decimal('1014.31')
    assert revise_by_index(Decimal(1000), old, new, 2, threshold=Decimal(3)).new == 1000
    assert revise_by_index(Decimal(1000), new, old, 2, threshold=Decimal(2)).new == Decimal('976.71')


def test_an_unmoved_price_keeps_its_decimals():
    assert str(revise_by_percent(Decimal('0.00125'), Decimal(0), 2).new) == '0.00125'


@pytest.mark.parametrize('call', [
    lambda: revise_by_percent(Decimal(1), Decimal(-101), 2),
    lambda: revise_by_index(Decimal(1), Decimal(0), Decimal(1), 2),
    lambda: revise_by_index(Decimal(1), Decimal(1), Decimal(0), 2)])
def test_a_revision_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()
