"""Laws of billing: every period is charged once, whenever and however often the run comes by."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges, next_due, owed_within
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence
from odoo.addons.service_contracts.rules.proration import PRORATIONS

LAW = settings(max_examples=30)
ONE_DAY = timedelta(days=1)
MONTH, QUARTER = Interval(1, 'month'), Interval(1, 'quarter')
FIRST = date(2025, 1, 1)
HORIZON = FIRST + timedelta(days=240)


def line(start, recurrence, **values):
    """A line of 2 pieces at 50."""
    return LineTerms(line_id=7, kind='recurring', recurrence=recurrence, start=start, quantity=Decimal(2),
                     price_unit=Decimal(50), discount=Decimal(0), **values)


def bill(terms, as_of, limit=None):
    """Return the charges due and the terms once the ledger holds them."""
    charges = due_charges(terms, as_of, limit)
    return charges, replace(terms, billed=(*terms.billed, *(charge.period for charge in charges)))


def walk(terms, days, seen_on=lambda terms, day: terms):
    """Bill on each of the days, seeing on each what is known that day, and return all charges."""
    walked = []
    for day in days:
        charges = due_charges(seen_on(terms, day), day)
        terms = replace(terms, billed=(*terms.billed, *(charge.period for charge in charges)))
        walked += charges
    return walked


def every_day(first, last):
    return [first + ONE_DAY * place for place in range((last - first).days + 1)]


def with_open_pauses(terms, day):
    """The pauses as somebody sees them on `day`: what has not ended has no end yet."""
    known = (pause for pause in terms.pauses if pause.start <= day)
    return replace(terms, pauses=tuple(
        pause if pause.end <= day else Period(pause.start, date.max) for pause in known))


def stretch(first, days):
    return Period(FIRST + ONE_DAY * first, FIRST + ONE_DAY * (first + days))


@st.composite
def lines(draw):
    start = FIRST + ONE_DAY * draw(st.integers(0, 60))
    interval = draw(st.sampled_from([MONTH, MONTH, QUARTER, Interval(2, 'week'), Interval(45, 'day')]))
    grid = Recurrence.from_start if draw(st.booleans()) else Recurrence.from_calendar
    end = draw(st.none() | st.integers(-5, 240).map(lambda days: start + ONE_DAY * days))
    pauses = draw(st.lists(st.builds(stretch, st.integers(0, 200), st.integers(1, 90)), max_size=3))
    return line(start, grid(interval, start), end=end, pauses=tuple(pauses),
                timing=draw(st.sampled_from(['advance', 'arrears'])),
                proration=draw(st.sampled_from(PRORATIONS)))


@LAW
@given(lines())
def test_running_every_day_and_running_once_at_the_end_charge_the_same(terms):
    """D7, D9: the catch-up law, with pauses and ends."""
    assert walk(terms, every_day(FIRST, HORIZON)) == due_charges(terms, HORIZON)


@LAW
@given(lines())
def test_a_pause_whose_end_was_not_known_yet_charges_the_same(terms):
    """D9: suspended with an open end, resumed later."""
    walked = walk(terms, every_day(FIRST, HORIZON), with_open_pauses)
    assert walked == due_charges(with_open_pauses(terms, HORIZON), HORIZON)


@LAW
@given(lines(), st.sets(st.integers(0, 240), max_size=5))
def test_the_days_of_the_runs_do_not_matter(terms, offsets):
    days = [FIRST + ONE_DAY * offset for offset in sorted(offsets)]
    assert walk(terms, [*days, HORIZON]) == due_charges(terms, HORIZON)


@LAW
@given(lines())
def test_a_second_run_charges_nothing(terms):
    _charges, billed = bill(terms, HORIZON)
    assert due_charges(billed, HORIZON) == []


@LAW
@given(lines(), st.data())
def test_charges_never_overlap_what_is_billed_or_each_other(terms, data):
    ranges = data.draw(st.lists(st.builds(stretch, st.integers(0, 250), st.integers(1, 60)), max_size=3))
    charges = due_charges(replace(terms, billed=tuple(ranges)), HORIZON)
    periods = [charge.period for charge in charges]
    assert not any(one.overlaps(other) for one, other in combinations(periods, 2))
    assert not any(period.overlaps(billed) for period in periods for billed in ranges)


@LAW
@given(lines(), st.data())
def test_a_voided_period_and_only_that_is_due_again(terms, data):
    charges, billed = bill(terms, HORIZON)
    if charges:
        voided = data.draw(st.sampled_from(charges))
        remaining = tuple(period for period in billed.billed if period != voided.period)
        assert due_charges(replace(billed, billed=remaining), HORIZON) == [voided]


@LAW
@given(lines())
def test_charges_come_oldest_first_and_inside_the_service(terms):
    """R9: nothing after the end, nothing before the start, nothing due in the future."""
    charges = due_charges(terms, HORIZON)
    dates = [charge.charge_date for charge in charges]
    assert dates == sorted(dates)
    for charge in charges:
        assert terms.start <= charge.period.start and charge.period.end <= (terms.end or date.max)
        assert charge.charge_date <= HORIZON and 0 < charge.share <= 1
        assert charge.full_period == terms.recurrence.full_period(charge.period.start)


@LAW
@given(lines())
def test_in_arrears_by_days_exactly_the_days_served_are_charged(terms):
    """C3, D9: summed over all charges, share x days of the whole period = days served outside pauses."""
    terms = replace(terms, timing='arrears', proration='day', end=min(terms.end or HORIZON, HORIZON))
    days = sum(charge.share * charge.full_period.days for charge in due_charges(terms, HORIZON))
    served = Period(terms.start, terms.end).minus(terms.pauses) if terms.start < terms.end else []
    assert days == sum(part.days for part in served)


@LAW
@given(lines(), st.integers(0, 6))
def test_a_limit_postpones_but_loses_nothing(terms, limit):
    """D7: a catch-up in portions."""
    first, billed = bill(terms, HORIZON, limit)
    assert len(first) <= limit
    assert first + due_charges(billed, HORIZON) == due_charges(terms, HORIZON)


@LAW
@given(lines(), st.integers(0, 240))
def test_the_pointer_changes_the_speed_only(terms, offset):
    _charges, billed = bill(terms, FIRST + ONE_DAY * offset)
    pointed = replace(billed, next_start=next_due(billed)[0])
    assert due_charges(pointed, HORIZON) == due_charges(billed, HORIZON)
    assert next_due(pointed) == next_due(billed)


@LAW
@given(lines(), st.integers(0, 200))
def test_the_next_due_date_is_the_first_day_that_charges_something(terms, offset):
    _charges, billed = bill(terms, FIRST + ONE_DAY * offset)
    start, charge_date = next_due(billed)
    if charge_date is None:
        assert due_charges(billed, HORIZON) == []
        return
    assert due_charges(billed, charge_date)[0].period.start == start
    assert due_charges(billed, charge_date - ONE_DAY) == []


@LAW
@given(lines())
def test_each_charge_is_owed_of_its_period_whenever_it_is_derived_again(terms):
    """B20: what the double-check derives, from the first and from the last day of a charge, is what was billed."""
    for charge in due_charges(terms, HORIZON):
        before = replace(terms, billed=tuple(other.period for other in due_charges(terms, HORIZON)
                                             if other.period.start < charge.period.start))
        assert charge in owed_within(before, charge.period.start)
        assert charge in owed_within(before, charge.period.last_day)
