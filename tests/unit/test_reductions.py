"""Price steps and reductions: parts add up, nothing costs less than nothing, what was kept gives the amount again."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges
from odoo.addons.service_contracts.rules.bonus import Discount, FreePeriod, Loyalty, Off, PaidOnTime
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.options import unused_credit
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence
from odoo.addons.service_contracts.rules.price_schedule import PricePhase, revise_by_percent
from odoo.addons.service_contracts.rules.price_steps import stepped_charges
from odoo.addons.service_contracts.rules.pricing import recompute, steps_from_json, steps_to_json
from odoo.addons.service_contracts.rules.reductions import (
    Granted,
    Reduction,
    granted,
    grants_from_json,
    next_change,
    period_number,
    reduced,
)

LAW = settings(max_examples=25)
START, HORIZON = date(2025, 1, 31), date(2026, 3, 1)
intervals = st.sampled_from([Interval(1, 'month'), Interval(1, 'quarter'), Interval(2, 'week'), Interval(10, 'day')])
prorations = st.sampled_from(['none', 'day', '30_360'])
later = st.dates(date(2025, 2, 1), date(2026, 2, 1))
steps = st.lists(st.builds(PricePhase, later, st.decimals('0', '99', places=2)), max_size=4).map(
    lambda found: [PricePhase(START, Decimal(30)), *found])
bonuses = st.one_of(
    st.builds(FreePeriod, st.integers(2, 5)), st.builds(Loyalty, st.integers(1, 6), st.integers(0, 100).map(Decimal)),
    st.builds(Discount, st.integers(0, 100).map(Decimal), st.decimals('0', '50', places=2),
              st.none() | st.integers(1, 4), st.none() | later))
reductions = st.lists(st.builds(Reduction, bonuses, st.just("Thanks"), st.none() | later), max_size=3)


def terms(interval, proration='day', **changed):
    values = {
        'line_id': 1, 'kind': 'recurring', 'timing': 'advance', 'recurrence': Recurrence.from_start(interval, START),
        'start': START, 'end': None, 'proration': proration, 'quantity': Decimal(2), 'price_unit': Decimal(30),
        'discount': Decimal(0),
    }
    return LineTerms(**{**values, **changed})


@LAW
@given(intervals, prorations, steps, st.integers(0, 20))
def test_charges_at_stepped_prices_cover_the_same_days(interval, proration, phases, days):
    line = terms(interval, proration, end=Interval(days + 300, 'day').plus(START))
    plain = due_charges(line, HORIZON)
    parts = stepped_charges(plain, line, phases)
    assert (parts[0].period.start, parts[-1].period.end) == (plain[0].period.start, plain[-1].period.end)
    # the 31st counts nothing where a month has 30 days: a price of that day alone makes no charge
    free_days = 1 if proration == '30_360' else 0
    assert all(0 <= (following.period.start - part.period.end).days <= free_days
               for part, following in pairwise(parts))
    for charge in plain:
        shares = [part.share for part in parts if part.full_period == charge.full_period]
        assert sum(shares) == charge.share


@LAW
@given(intervals, prorations)
def test_a_step_to_the_same_price_costs_the_same(interval, proration):
    line = terms(interval, proration)
    plain = due_charges(line, HORIZON)
    phases = [PricePhase(START, Decimal(30)), PricePhase(date(2025, 5, 17), Decimal(30))]
    parts = stepped_charges(plain, line, phases)
    assert sum(part.share for part in parts) == sum(charge.share for charge in plain)


def test_paused_parts_are_not_charged():
    """In arrears, a pause that covers a whole part leaves the other."""
    line = terms(Interval(1, 'month'), timing='arrears', start=date(2025, 6, 1),
                 recurrence=Recurrence.from_start(Interval(1, 'month'), date(2025, 6, 1)),
                 pauses=(Period(date(2025, 6, 1), date(2025, 6, 16)),))
    phases = [PricePhase(date(2025, 6, 1), Decimal(30)), PricePhase(date(2025, 6, 16), Decimal(33))]
    charge, = stepped_charges(due_charges(line, date(2025, 7, 1)), line, phases)
    assert (charge.period.start, charge.share, charge.price_unit) == (date(2025, 6, 16), Fraction(1, 2), 33)


@LAW
@given(intervals, steps, reductions, st.booleans())
def test_a_reduced_charge_lies_between_nothing_and_the_price(interval, phases, agreed, on_time):
    line = terms(interval)
    for charge in stepped_charges(due_charges(line, HORIZON), line, phases):
        grants = granted(agreed, line, charge.period.start, on_time)
        cheaper = reduced(charge, grants, 2)
        assert 0 <= cheaper.amount(2) <= charge.amount(2)
        if cheaper.rated:
            kept = steps_from_json(steps_to_json(cheaper.rated.steps))
            assert recompute(kept) == cheaper.rated.amount
            assert grants_from_json(cheaper.evidence['reductions']) == grants
        else:
            assert cheaper is charge


@LAW
@given(intervals, st.integers(1, 6), later)
def test_a_discount_lasts_as_many_periods_as_agreed_whenever_it_begins(interval, count, since):
    line = terms(interval)
    discount = [Reduction(Discount(Decimal(10), periods=count), since=since)]
    starts = [period.start for period in line.recurrence.periods(date(2028, 1, 1))]
    lower = [start for start in starts if granted(discount, line, start)]
    first = next(start for start in starts if start >= since)
    assert lower == starts[starts.index(first):starts.index(first) + count]


@LAW
@given(intervals, st.integers(0, 40))
def test_periods_are_numbered_one_after_the_other(interval, count):
    line = terms(interval)
    for number, period in zip(range(1, count), line.recurrence.periods(date(2030, 1, 1)), strict=False):
        assert period_number(line.recurrence, START, period.start) == number
        assert period_number(line.recurrence, START, period.last_day) == number


@LAW
@given(intervals, reductions, later)
def test_between_two_changes_a_reduction_stands_still(interval, agreed, today):
    line = terms(interval)
    standing = [item for item in agreed if isinstance(item.bonus, Discount | Loyalty)]
    turn = next_change(standing, line, today) or date(2027, 1, 1)
    starts = [period.start for period in line.recurrence.periods(turn) if period.start > today]
    assert len({tuple(granted(standing, line, start)) for start in starts}) <= 1


def test_a_reward_is_for_who_paid():
    line = terms(Interval(1, 'month'))
    reward = [Reduction(PaidOnTime(Decimal(3)), "Thanks")]
    assert granted(reward, line, START) == []
    assert granted(reward, line, START, paid_on_time=True) == [Granted("Thanks", Off(Decimal(3)))]


def test_a_one_time_service_is_its_own_first_period():
    line = terms(Interval(1, 'month'), kind='one_time', recurrence=None)
    charge, = due_charges(line, START)
    grants = granted([Reduction(Discount(Decimal(50), periods=1))], line, charge.period.start)
    assert reduced(charge, grants, 2).amount(2) == 30


@LAW
@given(st.decimals('0', '999', places=2), prorations, st.integers(0, 40), st.integers(0, 40))
def test_an_option_never_gives_back_more_than_was_paid(amount, proration, offset, used):
    full = Period(date(2025, 3, 1), date(2025, 4, 1))
    charged = Period(Interval(1 + offset % 30, 'day').plus(date(2025, 2, 28)), full.end)
    credit = unused_credit(amount, charged, full, Interval(1 + used, 'day').plus(full.start), proration, 2)
    assert 0 <= credit <= amount
    assert unused_credit(amount, charged, full, full.end, proration, 2) == 0
    if proration != 'none':
        assert unused_credit(amount, charged, full, charged.start, proration, 2) == amount


@LAW
@given(st.decimals('0', '1000', places=2), st.decimals('-50', '50', places=1), st.sampled_from(['0.05', '0.5', '5']))
def test_a_revised_price_is_the_nearest_multiple(price, percent, step):
    new = revise_by_percent(price, percent, 2, Decimal(step)).new
    if percent:
        assert new % Decimal(step) == 0
        assert abs(Fraction(new) - Fraction(price) * (1 + Fraction(percent) / 100)) <= Fraction(Decimal(step)) / 2


def test_a_step_of_nothing_is_refused():
    with pytest.raises(RuleError):
        revise_by_percent(Decimal(1), Decimal(1), 2, Decimal(0))
