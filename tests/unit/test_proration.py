"""Proration: the parts of a period cost what the period costs."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence, month_day
from odoo.addons.service_contracts.rules.proration import PRORATIONS, days_30_360, prorate, prorated_share

LAW = settings(max_examples=40)
QUARTER = Period(date(2024, 4, 1), date(2024, 7, 1))

full_periods = st.builds(
    lambda unit, count, start: Recurrence.from_start(Interval(count, unit), start).full_period(start),
    st.sampled_from(['day', 'week', 'month', 'quarter', 'half_year', 'year']), st.integers(1, 3),
    st.dates(date(2020, 1, 1), date(2101, 1, 1)))


@st.composite
def cut_periods(draw):
    """A whole period and its parts after up to five cuts."""
    full = draw(full_periods)
    cuts = draw(st.sets(st.integers(1, full.days), max_size=5)) | {0, full.days}
    edges = [full.start + timedelta(days=cut) for cut in sorted(cuts)]
    return full, [Period(start, end) for start, end in pairwise(edges)]


@LAW
@given(cut_periods(), st.sampled_from(['day', '30_360']))
def test_the_shares_of_any_cut_sum_to_the_whole(cut, mode):
    """C3: leap years, months of 28 to 31 days, parts of a single day."""
    full, parts = cut
    assert sum(prorated_share(part, full, mode) for part in parts) == 1


@LAW
@given(cut_periods(), st.sampled_from(['day', '30_360']))
def test_what_is_paused_and_what_is_served_sum_to_the_whole(cut, mode):
    """C3: pauses take out exactly their own share, overlapping ones only once."""
    full, parts = cut
    pauses = [*parts[::2], *parts[:1]]
    paused = sum(prorated_share(pause, full, mode) for pause in parts[::2])
    assert prorated_share(full, full, mode, pauses) == 1 - paused


@LAW
@given(cut_periods(), st.sampled_from(PRORATIONS))
def test_a_share_lies_between_nothing_and_the_whole(cut, mode):
    full, parts = cut
    assert prorated_share(full, full, mode) == 1
    assert all(0 <= prorated_share(part, full, mode) <= 1 for part in parts)
    assert prorated_share(parts[0], full, mode, [full]) == 0


def test_the_divisor_is_the_whole_period():
    """R3: from 20 May a quarter of 91 days owes 42/91, not 42/42."""
    assert prorated_share(Period(date(2024, 5, 20), QUARTER.end), QUARTER, 'day') == Fraction(42, 91)


def test_without_proration_one_day_costs_the_whole_price():
    one_day = Period(date(2024, 6, 30), QUARTER.end)
    assert prorated_share(one_day, QUARTER, 'none') == 1
    assert prorated_share(QUARTER, QUARTER, 'none', [Period(QUARTER.start, date(2024, 6, 30))]) == 1


@pytest.mark.parametrize('period, mode', [
    (Period(date(2024, 3, 31), date(2024, 5, 1)), 'day'), (Period(date(2024, 6, 1), date(2024, 7, 2)), 'day'),
    (QUARTER, 'hours')])
def test_a_share_of_another_period_is_refused(period, mode):
    with pytest.raises(RuleError):
        prorated_share(period, QUARTER, mode)


@pytest.mark.parametrize('anchor_day', range(1, 29))
def test_a_whole_month_has_30_days(anchor_day):
    firsts = [month_day(2023 * 12 + place, anchor_day) for place in range(25)]
    assert {days_30_360(start, end) for start, end in pairwise(firsts)} == {30}


@pytest.mark.parametrize('start, end, days', [
    (date(2025, 1, 30), date(2025, 1, 31), 0), (date(2025, 1, 31), date(2025, 2, 1), 1),
    (date(2025, 2, 28), date(2025, 3, 1), 3), (date(2024, 2, 29), date(2024, 3, 31), 31),
    (date(2024, 12, 31), date(2025, 12, 31), 360)])
def test_30_360_counts_a_31st_as_a_30th(start, end, days):
    assert days_30_360(start, end) == days


@LAW
@given(st.decimals('0', '1e6', places=2), cut_periods())
def test_the_prices_of_the_parts_are_off_by_less_than_half_a_cent_each(price, cut):
    full, parts = cut
    prices = [prorate(price, prorated_share(part, full, 'day'), 2) for part in parts]
    assert abs(sum(prices) - price) <= Decimal('0.005') * len(parts)


def test_a_price_is_rounded_once():
    assert prorate(Decimal('0.0149999'), Fraction(1, 3), 2) == Decimal('0.00')
    assert prorate(Decimal(-10), Fraction(1, 32), 2) == Decimal('-0.31')
    assert prorate(Decimal('-1.01'), Fraction(1, 2), 2) == Decimal('-0.51')
