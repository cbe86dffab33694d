"""Shared costs: the parts add up to the cent, whoever lives where and whatever was read."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.allocation import Beneficiary, allocate_cost, recompute_parts
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_fraction
from odoo.addons.service_contracts.rules.occupancy import Occupant, estimate_missing, split_occupancy
from odoo.addons.service_contracts.rules.periods import Period

from tests.unit.published import examples

LAW = settings(max_examples=25)
YEAR = Period(date(2025, 1, 1), date(2026, 1, 1))
WINTER = {month: Decimal(weight) for month, weight in enumerate(
    ('170', '150', '130', '80', '40', '13.3', '13.3', '13.4', '30', '80', '120', '160'), start=1)}
"""A degree-day table: thousandths of a year's heating by month."""

weights = st.sampled_from(['0', '1', '1', '2.5', '0.000000001', '1000000000', '33.33']).map(Decimal)
amounts = st.decimals('-10000', '100000', places=2)
percents = st.integers(0, 100).map(Decimal)


def flat(unit, share, units=0, payer='owner'):
    return Beneficiary(str(unit), payer, Decimal(share), None if units is None else Decimal(units))


@st.composite
def houses(draw):
    rows = draw(st.lists(st.tuples(weights, weights), min_size=1, max_size=12))
    return [flat('always', 1, 1), *(flat(place, *row) for place, row in enumerate(rows))]


@st.composite
def occupancies(draw):
    """The days tenants change, each perhaps with a reading that fits."""
    days = sorted(draw(st.sets(st.dates(date(2025, 1, 2), date(2025, 12, 31)), max_size=4)))
    read = sorted(draw(st.lists(st.decimals('0', '500', places=1), min_size=len(days), max_size=len(days))))
    known = [reading if draw(st.booleans()) else None for reading in read]
    return [Occupant('first', YEAR.start), *(
        Occupant(f'tenant {place}', *row) for place, row in enumerate(zip(days, known, strict=True)))]


@pytest.mark.parametrize('given, expected', examples('allocation'))
def test_published_allocations(given, expected):
    house = [flat(place, *row) for place, row in enumerate(zip(given['shares'], given['units'], strict=True))]
    allocations = allocate_cost(Decimal(given['amount']), Decimal(given['consumption_percent']), house,
                                given['digits'])
    assert str(allocations[0].amount) == expected


@LAW
@given(amounts, percents, houses())
def test_the_parts_sum_to_the_bill_to_the_cent(amount, percent, house):
    """C4: the bill, each of its two pools and each beneficiary's parts add up exactly."""
    allocations = allocate_cost(amount, percent, house, 2)
    assert sum(allocation.amount for allocation in allocations) == amount
    for place in (0, 1):
        pool = [allocation.parts[place] for allocation in allocations]
        assert sum(part.amount for part in pool) == pool[0].pool_amount


@LAW
@given(amounts, percents, houses(), st.randoms(use_true_random=False))
def test_the_order_of_beneficiaries_does_not_matter(amount, percent, house, random: Random):
    """C4: among equal remainders the unit decides, not the place in the list."""
    shuffled = random.sample(house, len(house))
    there, again = allocate_cost(amount, percent, house, 2), allocate_cost(amount, percent, shuffled, 2)
    assert sorted(there, key=repr) == sorted(again, key=repr)
    assert [allocation.beneficiary for allocation in again] == shuffled


@LAW
@given(amounts, percents, houses())
def test_every_part_is_within_a_cent_of_its_exact_share(amount, percent, house):
    """C4: largest remainder; weight 0 pays 0."""
    for allocation in allocate_cost(amount, percent, house, 2):
        for part in allocation.parts:
            exact = Fraction(part.pool_amount) * part.weight / part.total_weight
            assert abs(Fraction(part.amount) - exact) < Fraction(1, 100)
            assert part.weight or part.amount == 0


@LAW
@given(amounts, percents, houses())
def test_the_amounts_can_be_made_again_from_the_explanation(amount, percent, house):
    allocations = allocate_cost(amount, percent, house, 2)
    by_unit = sorted(allocations, key=lambda allocation: allocation.beneficiary.unit)
    assert recompute_parts(allocations, 2) == [allocation.amount for allocation in by_unit]


def test_nothing_metered_goes_by_shares():
    allocations = allocate_cost(Decimal(100), Decimal(70), [flat(1, 3), flat(2, 1)], 2)
    assert [allocation.amount for allocation in allocations] == [75, 25]
    assert {part.basis for allocation in allocations for part in allocation.parts} == {'fixed'}


def test_all_by_consumption_needs_no_shares():
    allocations = allocate_cost(Decimal(100), Decimal(100), [flat(1, 0, 3), flat(2, 0, 1)], 2)
    assert [allocation.amount for allocation in allocations] == [75, 25]


def test_too_many_estimates_put_all_on_the_shares():
    """HeizkostenV section 9a paragraph 2: above 25 percent of the area consumption no longer counts."""
    house = [flat(1, 50, 900), flat(2, 24, 100), replace(flat(3, 26, 0), is_estimated=True)]
    by_use = allocate_cost(Decimal(100), Decimal(70), house, 2)
    by_share = allocate_cost(Decimal(100), Decimal(70), house, 2, estimated_limit=Decimal(25))
    assert [allocation.amount for allocation in by_use] == [78, Decimal('14.2'), Decimal('7.8')]
    assert [allocation.amount for allocation in by_share] == [50, 24, 26]
    assert allocate_cost(Decimal(100), Decimal(70), house, 2, estimated_limit=Decimal(26)) == by_use


@pytest.mark.parametrize('call', [
    lambda: flat(1, 10, payer=''), lambda: flat(1, -1), lambda: flat(1, 1, -1),
    lambda: allocate_cost(Decimal(1), Decimal(50), [], 2),
    lambda: allocate_cost(Decimal(1), Decimal(50), [flat(1, 1), flat(1, 1)], 2),
    lambda: allocate_cost(Decimal(1), Decimal(50), [flat(1, 1, None)], 2),
    lambda: allocate_cost(Decimal(1), Decimal(101), [flat(1, 1)], 2),
    lambda: allocate_cost(Decimal(1), Decimal(50), [flat(1, 0, 1)], 2)])
def test_a_house_that_cannot_be_shared_is_refused(call):
    """A vacant unit or a common area names its payer."""
    with pytest.raises(RuleError):
        call()


@LAW
@given(occupancies(), st.sampled_from([None, WINTER]))
def test_the_occupants_of_a_unit_sum_to_the_unit(occupants, season):
    parts = split_occupancy(flat(7, 60, 500), YEAR, occupants, season)
    assert sum(part.held for part in parts) == sum(part.held_use for part in parts) == 1
    assert sum(part.units for part in parts) == 500
    assert [part.payer for part in parts] == [occupant.payer for occupant in occupants]
    assert all(part.units >= 0 for part in parts)


@LAW
@given(occupancies(), amounts)
def test_a_change_of_owner_costs_the_neighbours_nothing(occupants, amount):
    """The two pools are shared between the units as if nobody had moved, to the cent."""
    house, neighbour = flat(7, 60, 500), flat(8, 40, 300)
    before = allocate_cost(amount, Decimal(70), [house, neighbour], 2)[1]
    after = allocate_cost(amount, Decimal(70), [*split_occupancy(house, YEAR, occupants), neighbour], 2)
    assert sum(allocation.amount for allocation in after) == amount
    assert abs(after[-1].amount - before.amount) <= Decimal('0.02')


def test_without_reading_the_days_decide_or_the_season():
    change = [Occupant('Ana', YEAR.start), Occupant('Ben', date(2025, 7, 1))]
    by_days = split_occupancy(flat(7, 60, 365), YEAR, change)
    by_season = split_occupancy(flat(7, 60, 1000), YEAR, change, WINTER)
    assert [part.units for part in by_days] == [181, 184]
    assert [part.units for part in by_season] == [Decimal('583.3'), Decimal('416.7')]
    assert [part.held for part in by_season] == [Fraction(181, 365), Fraction(184, 365)]


def test_a_reading_at_one_change_splits_the_others_by_days():
    """Two changes, one read: the days decide only between the readings."""
    parts = split_occupancy(flat(7, 60, 500), YEAR, [
        Occupant('Ana', YEAR.start), Occupant('Ben', YEAR.start + timedelta(days=73)),
        Occupant('Eva', YEAR.start + timedelta(days=146), Decimal(300))])
    assert [part.units for part in parts] == [150, 150, 200]


def test_a_missing_last_reading_leaves_only_its_occupant_to_estimate():
    parts = split_occupancy(flat(7, 60, None), YEAR, [
        Occupant('Ana', YEAR.start), Occupant('Ben', date(2025, 3, 15), Decimal(200))])
    assert [part.units for part in parts] == [200, None]
    estimated = estimate_missing(parts, {'7': Decimal(400)})
    assert [(part.units, part.is_estimated) for part in estimated] == [(200, False), (320, True)]


@LAW
@given(st.lists(st.tuples(st.integers(1, 200), st.none() | st.integers(0, 900)), min_size=1, max_size=8))
def test_an_estimate_is_the_average_use_by_share(rows):
    """HeizkostenV section 9a paragraph 1: the units read stay, the others get the house's average."""
    house = [flat(place, *row) for place, row in enumerate(rows)]
    read = [row for row in rows if row[1] is not None]
    average = Fraction(sum(row[1] for row in read), sum(row[0] for row in read)) if read else Fraction(0)
    for (share, units), one in zip(rows, estimate_missing(house, {}), strict=True):
        assert one.units == (round_fraction(average * share, 6) if units is None else units)
        assert one.is_estimated == (units is None)


@pytest.mark.parametrize('occupants, season', [
    ([], None), ([Occupant('Ana', date(2025, 1, 2))], None),
    ([Occupant('Ana', YEAR.start), Occupant('Ben', YEAR.end)], None),
    ([Occupant('Ana', YEAR.start), Occupant('Ben', YEAR.start)], None),
    ([Occupant('Ana', YEAR.start), Occupant('Ben', date(2025, 5, 1), Decimal(501))], None),
    ([Occupant('Ana', YEAR.start), Occupant('Ben', date(2025, 5, 1))], {1: Decimal(170)})])
def test_an_occupancy_that_cannot_be_is_refused(occupants, season):
    with pytest.raises(RuleError):
        split_occupancy(flat(7, 60, 500), YEAR, occupants, season)
