"""A statement of shared costs: who held a unit when, what its meter counted, and parts that add up to the cost."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.cost_statement import (
    CostItem,
    StatementTerms,
    Tenure,
    UnitTerms,
    share_cost,
    tenures_of,
)
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Period
from odoo.addons.service_contracts.rules.proration import amounts_within
from odoo.addons.service_contracts.rules.readings import Reading, counted_at, level_after, reading_at

LAW = settings(max_examples=30)
YEAR = Period(date(2025, 1, 1), date(2026, 1, 1))
TERMS = StatementTerms(YEAR, 2, reading_days=3)
days = st.dates(YEAR.start, YEAR.end)
levels = st.decimals('0', '900', places=1)


def read(day, value, **more):
    return Reading(date.fromisoformat(day), Decimal(value), **more)


@st.composite
def houses(draw):
    """Units, each held by one after the other or by nobody, some of them read."""
    units = []
    for number in range(draw(st.integers(1, 6))):
        cuts = sorted(draw(st.sets(st.dates(date(2025, 1, 10), date(2025, 12, 20)), max_size=3)))
        edges = [YEAR.start, *cuts, YEAR.end]
        tenures = tuple(Tenure(f'{number}-{place}', Period(start, end))
                        for place, (start, end) in enumerate(pairwise(edges)))
        values = sorted(draw(st.lists(levels, min_size=len(edges), max_size=len(edges))))
        readings = tuple(Reading(day, value) for day, value in zip(edges, values, strict=True) if draw(st.booleans()))
        area = draw(st.integers(1, 200))
        units.append(UnitTerms(f'{number:02d}', {'area': Decimal(area)}, tenures, {'heat': readings}))
    return units


@LAW
@given(houses(), st.decimals('-500', '9000', places=2), st.integers(0, 100))
def test_the_parts_of_a_cost_sum_to_it_whoever_moved_and_whatever_was_read(units, amount, percent):
    """C4: over changes of owner, vacant months, readings and estimates."""
    shared = share_cost(CostItem(amount, 'area', Decimal(percent), 'heat'), units, TERMS, {})
    assert sum(allocation.amount for allocation in shared) == amount
    assert [allocation.beneficiary.payer for allocation in shared] == [
        tenure.payer for unit in units for tenure in unit.tenures]


@LAW
@given(houses())
def test_what_was_read_at_both_ends_is_not_estimated(units):
    shared = share_cost(CostItem(Decimal(100), 'area', Decimal(70), 'heat'), units, TERMS, {})
    found = {allocation.beneficiary.payer: allocation.beneficiary for allocation in shared}
    for unit in units:
        taken = {reading.day: reading.value for reading in unit.readings['heat']}
        for tenure in unit.tenures:
            if {tenure.period.start, tenure.period.end} <= taken.keys():
                used = taken[tenure.period.end] - taken[tenure.period.start]
                assert (found[tenure.payer].units, found[tenure.payer].is_estimated) == (used, False)


@LAW
@given(st.lists(st.tuples(days, days), max_size=4))
def test_tenures_touch_and_cover_the_period(spans):
    held, until = [], YEAR.start
    for first, second in spans:
        start, end = max(min(first, second), until), max(first, second)
        if start < end:
            held.append(Tenure('tenant', Period(start, end)))
            until = end
    tenures = tenures_of(YEAR, held, 'owner')
    assert (tenures[0].period.start, tenures[-1].period.end) == (YEAR.start, YEAR.end)
    assert all(one.period.end == other.period.start for one, other in pairwise(tenures))
    assert sum(one.period.days for one in tenures if one.payer == 'tenant') == sum(one.period.days for one in held)


@LAW
@given(st.lists(st.tuples(st.integers(0, 400), levels), max_size=8),
       st.lists(days, min_size=2, max_size=4, unique=True))
def test_what_a_meter_counted_never_falls(rows, edges):
    """Whatever is read near the edges, what had been counted grows from edge to edge, or the rule refuses."""
    by_day = {YEAR.start + timedelta(days=day): value for day, value in rows}
    readings = [Reading(day, value) for day, value in zip(sorted(by_day), sorted(by_day.values()), strict=True)]
    counted = [one for one in counted_at(readings, sorted(edges), 5) if one is not None]
    assert counted == sorted(counted)
    assert not counted or counted[0] == 0


def test_the_nearest_reading_counts_and_each_for_one_day():
    readings = [read('2024-12-30', 90), read('2025-01-01', 100), read('2025-12-30', 300)]
    edges = [YEAR.start, date(2025, 12, 28), YEAR.end]
    assert counted_at(readings, edges, 3) == [0, 200, None]
    assert counted_at(readings, [YEAR.start, YEAR.end], 3) == [0, 200]
    assert counted_at(readings, [YEAR.start, YEAR.end], 1) == [0, None]


def test_a_real_reading_comes_before_an_estimate_on_the_day_itself():
    readings = [read('2025-01-01', 0), read('2026-01-01', 900, is_estimated=True), read('2025-12-30', 400)]
    assert counted_at(readings, [YEAR.start, YEAR.end], 3) == [0, 400]
    assert reading_at(readings, YEAR.end, 3).value == 400
    assert reading_at(readings, date(2025, 6, 1), 3) is None


def test_an_exchanged_meter_goes_on_from_what_it_shows():
    readings = [read('2025-01-01', 950), read('2025-05-20', 1000, goes_on_from=Decimal(2)), read('2026-01-01', 80)]
    assert counted_at(readings, [YEAR.start, YEAR.end], 0) == [0, 128]
    assert level_after(readings[1], Decimal(78)) == 80


def test_without_a_first_reading_only_who_came_before_is_estimated():
    tenures = (Tenure('Ana', Period(YEAR.start, date(2025, 7, 1))), Tenure('Ben', Period(date(2025, 7, 1), YEAR.end)))
    flat = UnitTerms('1', {'area': Decimal(60)}, tenures, {'heat': (read('2025-07-01', 40), read('2026-01-01', 90))})
    ana, ben = share_cost(CostItem(Decimal(90), 'area', Decimal(100), 'heat'), [flat], TERMS, {'1': Decimal(365)})
    assert (ana.beneficiary.units, ana.beneficiary.is_estimated) == (181, True)
    assert (ben.beneficiary.units, ben.beneficiary.is_estimated) == (50, False)


def test_a_cost_of_some_units_leaves_the_others_out():
    year = (Tenure('x', YEAR),)
    units = [UnitTerms(name, {'area': Decimal(50)}, year) for name in 'abc']
    shared = share_cost(CostItem(Decimal('10.01'), 'area', units=frozenset('bc')), units, TERMS, {})
    assert [(one.beneficiary.unit, str(one.amount)) for one in shared] == [('b', '5.01'), ('c', '5.00')]


@LAW
@given(st.lists(st.tuples(st.integers(1, 90), st.decimals('0', '500', places=2)), max_size=6))
def test_advances_inside_the_period_count_whole(rows):
    charges, day = [], YEAR.start
    for length, amount in rows:
        if (end := day + timedelta(days=length)) <= YEAR.end:
            charges.append((Period(day, end), amount))
            day = end
    assert amounts_within(YEAR, charges, 2) == [amount for _period, amount in charges]
    assert not any(amounts_within(Period(date(2020, 1, 1), date(2020, 2, 1)), charges, 2))


@pytest.mark.parametrize('call', [
    lambda: counted_at([read('2025-01-01', 9), read('2025-02-01', 8)], [YEAR.start, YEAR.end], 3),
    lambda: tenures_of(YEAR, [Tenure('a', YEAR), Tenure('b', Period(date(2025, 5, 1), YEAR.end))], 'x'),
    lambda: tenures_of(YEAR, [Tenure('a', Period(date(2025, 5, 1), YEAR.end))], ''),
    lambda: share_cost(CostItem(Decimal(1), 'area'), [], TERMS, {}),
    lambda: share_cost(CostItem(Decimal(1), 'persons'), [UnitTerms('1', {}, (Tenure('a', YEAR),))], TERMS, {})])
def test_a_statement_that_makes_no_sense_is_refused(call):
    with pytest.raises(RuleError):
        call()
