"""Laws of lead days: what is billed before it begins is the same as without, only earlier."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges, next_due
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence
from odoo.addons.service_contracts.rules.proration import PRORATIONS
from odoo.addons.service_contracts.rules.unused import early_credit, early_stops

ONE_DAY = timedelta(days=1)
FIRST = date(2025, 1, 1)
DAYS = st.integers(0, 200).map(lambda count: FIRST + ONE_DAY * count)
INTERVALS = st.sampled_from([Interval(1, 'month'), Interval(1, 'week'), Interval(10, 'day'), Interval(1, 'quarter')])
LEADS = st.integers(1, 60)
STRETCHES = st.tuples(DAYS, st.integers(1, 70)).map(lambda row: Period(row[0], row[0] + ONE_DAY * row[1]))
UNTIL = FIRST + ONE_DAY * 400


def line(interval, start, **values):
    return LineTerms(line_id=7, kind='recurring', timing='advance', recurrence=Recurrence.from_start(interval, start),
                     start=start, quantity=Decimal(1), price_unit=Decimal(30), discount=Decimal(0),
                     **{'end': None, 'proration': 'day', **values})


def what(charges):
    return [(charge.period, charge.full_period, charge.amount(2)) for charge in charges]


@given(INTERVALS, DAYS, LEADS, st.none() | DAYS, STRETCHES, st.sampled_from(PRORATIONS))
def test_with_any_lead_the_same_periods_and_amounts_are_billed_only_earlier(
    interval, start, lead, end, pause, proration,
):
    plain = line(interval, start, end=end, pauses=(pause,), proration=proration)
    led = replace(plain, lead=lead)
    usual = due_charges(plain, UNTIL)
    early = due_charges(led, UNTIL)
    assert what(early)[:len(usual)] == what(usual)
    for before, after in zip(usual, early, strict=False):
        assert after.charge_date <= before.charge_date <= after.charge_date + ONE_DAY * lead
        assert after.charge_date >= start
    for before, after in pairwise(early):
        assert before.period.end <= after.period.start
        assert before.charge_date <= after.charge_date
    assert next_due(led) == ((early[0].period.start, early[0].charge_date) if early else (None, None))


@given(INTERVALS, DAYS, LEADS)
def test_billed_day_by_day_ahead_periods_touch_and_never_overlap(interval, start, lead):
    terms, day, billed = line(interval, start, lead=lead), start, []
    while day < start + ONE_DAY * 120:
        billed += due_charges(terms, day)
        terms = replace(terms, billed=tuple(charge.period for charge in billed))
        day += ONE_DAY
    assert billed[0].period.start == start
    assert all(one.period.end == other.period.start for one, other in pairwise(billed))
    assert all(charge.charge_date == max(charge.period.start - ONE_DAY * lead, start) for charge in billed)


@given(INTERVALS, LEADS, st.integers(0, 80), STRETCHES, st.none() | DAYS)
def test_what_is_billed_early_and_settled_costs_what_it_costs_on_its_first_day(interval, lead, place, pause, end):
    """Terms that change inside the lead: the amount billed ahead less what comes back is that of the first day."""
    full = line(interval, FIRST).recurrence.full_period(FIRST + ONE_DAY * place)
    kept = early_credit(Decimal(30), full, early_stops(full, [pause], end), 'day', 2)
    known = line(interval, FIRST, end=end, pauses=(pause,))
    charges = due_charges(known, UNTIL)
    owed = sum(charge.amount(2) for charge in charges if charge.full_period == full)
    assert abs(30 - kept - owed) <= Decimal('0.01')


def test_a_service_to_come_is_billed_ahead_from_the_day_it_was_agreed():
    terms = line(Interval(1, 'month'), date(2025, 3, 1), lead=14, lead_from=date(2025, 2, 20))
    assert [charge.charge_date for charge in due_charges(terms, date(2025, 3, 20))] == [
        date(2025, 2, 20), date(2025, 3, 18)]


def test_a_lead_that_a_pause_cuts_begins_with_the_resumption():
    terms = line(Interval(1, 'month'), FIRST, lead=14, pauses=(Period(date(2025, 1, 10), date(2025, 1, 25)),))
    assert [charge.charge_date for charge in due_charges(terms, date(2025, 2, 1))] == [FIRST, date(2025, 1, 25)]


def test_nothing_is_billed_ahead_in_arrears_and_a_lead_is_never_negative():
    terms = line(Interval(1, 'month'), FIRST, lead=14)
    assert due_charges(replace(terms, timing='arrears'), date(2025, 1, 31)) == []
    with pytest.raises(RuleError):
        replace(terms, lead=-1)
