"""Prices: published tables come out, and every amount can be made again from its explanation."""

import doctest
import importlib
import json
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules import pricing
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.pricing import (
    KINDS,
    TIERED,
    PriceModel,
    Tier,
    price,
    price_cliffs,
    price_curve,
    recompute,
    steps_from_json,
    steps_to_json,
    true_up,
)
from odoo.addons.service_contracts.rules.pricing.explanation import STEP_KINDS
from odoo.addons.service_contracts.rules.pricing.rating import EXPLAINED_BY

from tests.unit.published import examples

LAW = settings(max_examples=25)
NUMBERS = ('unit_price', 'block', 'free_quantity', 'event_price')
LAGO_VOLUME = (Tier(Decimal(100), Decimal(2), Decimal(10)), Tier(Decimal(200), Decimal(1)),
               Tier(None, Decimal('0.5'), Decimal(50)))
STEPS = (Tier(Decimal(5), flat_fee=Decimal(40)), Tier(Decimal(10), flat_fee=Decimal(70)),
         Tier(None, flat_fee=Decimal(90)))

prices = st.decimals('0', '1000', places=4)
quantities = st.decimals('0', '1e7', places=3)


def tier(upper, unit_price, flat_fee='0'):
    return Tier(upper and Decimal(upper), Decimal(unit_price), Decimal(flat_fee))


def model(given):
    numbers = {name: Decimal(given[name]) for name in NUMBERS if name in given}
    tiers = tuple(tier(*row) for row in given.get('tiers', ()))
    return PriceModel(given['kind'], tiers=tiers, free_events=given.get('free_events', 0), **numbers)


@st.composite
def tiers_of(draw, unit_prices=prices):
    bounds = sorted(draw(st.sets(st.decimals('0.5', '1e6', places=1), max_size=5)))
    return tuple(Tier(bound, draw(unit_prices), draw(prices)) for bound in [*bounds, None])


@st.composite
def models(draw, kinds=KINDS):
    kind = draw(st.sampled_from(kinds))
    is_stair = kind.startswith('stairstep')
    least, most = sorted(draw(st.tuples(prices, prices)))
    return PriceModel(
        kind, draw(prices), draw(tiers_of(st.just(Decimal(0)) if is_stair else prices)) if kind in TIERED else (),
        block=Decimal(draw(st.integers(1, 50))) if kind == 'package' else None,
        free_quantity=draw(st.decimals('0', '500', places=2)), event_price=draw(prices),
        free_events=draw(st.integers(0, 9)), minimum=draw(st.sampled_from([None, least])),
        maximum=draw(st.sampled_from([None, most + 10**6])), flat_at_zero=draw(st.booleans()),
    )


@pytest.mark.parametrize('given, expected', examples('pricing'))
def test_published_prices(given, expected):
    rated = [price(model(part), Decimal(part['quantity']), part.get('events', 0)) for part in given['parts']]
    assert str(sum(amount.rounded(given['digits']) for amount in rated)) == expected


@LAW
@given(models(), quantities, st.integers(0, 50))
def test_the_explanation_gives_the_amount_again(agreed, quantity, events):
    """C5: kept as JSON and read again, the steps give the exact amount, to the last digit."""
    rated = price(agreed, quantity, events)
    kept = steps_from_json(json.loads(json.dumps(steps_to_json(rated.steps))))
    assert kept == rated.steps
    assert recompute(kept) == rated.amount
    assert recompute(kept, 2) == rated.rounded(2)
    assert {step.kind for step in kept} <= set(STEP_KINDS)


@LAW
@given(models(('graduated', 'graduated_percentage', 'stairstep_sum', 'per_unit', 'package', 'percentage', 'flat')),
       quantities, quantities, st.integers(0, 50))
def test_more_use_never_costs_less(agreed, one, other, events):
    """C5: graduated prices, and all that count each unit once, only grow."""
    less, more = sorted((one, other))
    assert price(agreed, less, events).amount <= price(agreed, more, events).amount


@LAW
@given(tiers_of(), quantities)
def test_the_tiers_hold_every_unit_once(tiers, quantity):
    """C5: the units of the tiers sum to the quantity; the tiers touch."""
    inside = [step for step in price(PriceModel('graduated', tiers=tiers), quantity).steps if step.kind == 'tier']
    assert sum(step.quantity for step in inside) == quantity
    assert all(step.up_to == following.above for step, following in pairwise(inside))


@LAW
@given(tiers_of(), st.sampled_from(['graduated', 'volume']))
def test_a_boundary_belongs_to_the_tier_it_ends(tiers, kind):
    """C5: at its upper limit a tier still holds, the smallest bit more is in the next one."""
    for tier in tiers[:-1]:
        reached = price(PriceModel(kind, tiers=tiers), tier.upper).steps
        beyond = price(PriceModel(kind, tiers=tiers), tier.upper + Decimal('0.000001')).steps
        assert {step.up_to for step in reached[-2:]} >= {tier.upper}
        assert beyond[-1].above == tier.upper


@LAW
@given(models().filter(lambda agreed: not agreed.minimum))
def test_nothing_used_costs_only_what_is_agreed_for_it(agreed):
    """C5: quantity 0 is 0, unless a flat price or first fee is owed without use."""
    amount = price(agreed, Decimal(0)).amount
    fees = {'flat': agreed.unit_price}.get(agreed.kind, agreed.tiers[0].flat_fee if agreed.tiers else Decimal(0))
    assert amount == (fees if agreed.flat_at_zero else 0)


@pytest.mark.parametrize('kind', ['graduated', 'volume', 'stairstep', 'stairstep_sum'])
def test_the_first_fee_is_owed_without_use_by_setting(kind):
    assert price(PriceModel(kind, tiers=STEPS), Decimal(0)).amount == 40
    assert price(PriceModel(kind, tiers=STEPS, flat_at_zero=False), Decimal(0)).steps == ()
    assert price(PriceModel('flat', Decimal(9), flat_at_zero=False), Decimal(0)).amount == 0


def test_a_stairstep_has_two_variants():
    """The step reached is Recurly's and Chargebee's, the sum of the steps Solvimon's and Zuora's."""
    assert [price(PriceModel('stairstep', tiers=STEPS), Decimal(used)).amount for used in (5, 6, 11)] == [40, 70, 90]
    assert [price(PriceModel('stairstep_sum', tiers=STEPS), Decimal(used)).amount for used in (5, 6, 11)] == [
        40, 110, 200]


def test_the_free_quota_comes_first():
    telephone = PriceModel('graduated', tiers=(Tier(Decimal(100), Decimal('0.10')), Tier(None, Decimal('0.05'))),
                           free_quantity=Decimal(60))
    rated = price(telephone, Decimal(200))
    assert [(step.kind, step.quantity) for step in rated.steps] == [('free', 60), ('tier', 100), ('tier', 40)]
    assert rated.amount == 12
    assert price(telephone, Decimal(60)).amount == 0


def test_a_block_begun_is_a_whole_one():
    calls = PriceModel('package', Decimal(3), block=Decimal(10), free_quantity=Decimal(5))
    assert [price(calls, Decimal(used)).units for used in ('5', '5.001', '15', '15.1')] == [0, 1, 1, 2]


def test_minimum_and_maximum_are_steps_of_their_own():
    agreed = PriceModel('per_unit', Decimal(2), minimum=Decimal(10), maximum=Decimal(100))
    assert [price(agreed, Decimal(used)).amount for used in (0, 4, 5, 50, 51)] == [10, 10, 10, 100, 100]
    assert [len(price(agreed, Decimal(used)).steps) for used in (4, 5, 50, 51)] == [2, 1, 1, 2]
    assert price(agreed, Decimal(4)).steps[-1][:2] == ('minimum', 1)
    assert price(agreed, Decimal(51)).steps[-1].amount == -2


def test_a_price_is_exact_before_it_is_rounded():
    """A default context of 28 digits would lose the last ones."""
    rated = price(PriceModel('per_unit', Decimal('0.123456789012')), Decimal('123456789012345.678901'))
    exact = Fraction('0.123456789012') * Fraction('123456789012345.678901')
    assert Fraction(rated.amount) == Fraction(recompute(rated.steps)) == exact


def test_volume_prices_have_a_cliff_at_every_cheaper_tier():
    """rules.md 5: 100 cost 210, 101 only 101."""
    cliffs = price_cliffs(PriceModel('volume', tiers=LAGO_VOLUME))
    assert [(cliff.quantity, cliff.amount, cliff.next_amount) for cliff in cliffs] == [
        (100, 210, 101), (200, 200, Decimal('150.5'))]
    assert price_cliffs(PriceModel('stairstep', tiers=(Tier(Decimal(1), flat_fee=Decimal(9)), Tier(None))))


def test_a_cliff_is_found_behind_quota_and_blocks():
    agreed = PriceModel('volume', tiers=LAGO_VOLUME, block=Decimal(10), free_quantity=Decimal(50))
    assert [cliff.quantity for cliff in price_cliffs(agreed)] == [1050, 2050]


@LAW
@given(models(('graduated', 'graduated_percentage', 'stairstep_sum', 'per_unit', 'package')))
def test_prices_that_only_grow_have_no_cliff(agreed):
    assert price_cliffs(agreed) == []


@LAW
@given(models(('volume', 'graduated')), st.decimals('1', '1e6', places=0), st.integers(1, 40))
def test_the_curve_is_made_of_prices(agreed, up_to, points):
    curve = price_curve(agreed, up_to, points)
    assert curve[0][0] == 0 and curve[-1][0] == up_to and len(curve) > points
    assert all(amount == price(agreed, quantity).amount for quantity, amount in curve)
    assert all(low < high for (low, _), (high, _) in pairwise(curve))


@LAW
@given(prices, st.lists(prices, max_size=6), st.fractions(0, 1))
def test_a_commitment_is_reached_and_not_exceeded(commitment, charged, share):
    agreed = Fraction(commitment) * share
    reached = Fraction(sum(charged) + true_up(commitment, charged, 4, share))
    assert abs(reached - max(agreed, Fraction(sum(charged)))) <= Fraction(1, 20000)


def test_quota_and_limits_shrink_with_a_short_period_where_the_offer_says_so():
    agreed = PriceModel('per_unit', Decimal(1), free_quantity=Decimal(300), minimum=Decimal(30))
    short = agreed.prorated(Fraction(1, 3))
    assert (short.free_quantity, short.minimum, short.maximum) == (100, 10, None)
    assert agreed.prorated(Fraction(1, 3), ['minimum']).free_quantity == 300


@pytest.mark.parametrize('wrong', [
    {'kind': 'barter'}, {'kind': 'graduated'}, {'kind': 'package'}, {'kind': 'package', 'block': Decimal(0)},
    {'kind': 'per_unit', 'unit_price': Decimal(-1)}, {'kind': 'per_unit', 'free_quantity': Decimal(-1)},
    {'kind': 'flat', 'minimum': Decimal(2), 'maximum': Decimal(1)}, {'kind': 'flat', 'maximum': Decimal(-1)},
    {'kind': 'volume', 'tiers': (Tier(Decimal(5)),)}, {'kind': 'volume', 'tiers': (Tier(None), Tier(None))},
    {'kind': 'volume', 'tiers': (Tier(Decimal(5)), Tier(Decimal(5)), Tier(None))},
    {'kind': 'stairstep', 'tiers': (Tier(None, Decimal(1)),)}])
def test_a_price_that_cannot_be_is_refused(wrong):
    with pytest.raises(RuleError):
        PriceModel(**wrong)


@pytest.mark.parametrize('values', [(Decimal(0),), (Decimal(5), Decimal(-1)), (None, Decimal(0), Decimal(-1))])
def test_a_tier_that_cannot_be_is_refused(values):
    with pytest.raises(RuleError):
        Tier(*values)


@pytest.mark.parametrize('quantity', ['-1', 'NaN', 'Infinity'])
def test_a_quantity_without_price_is_refused(quantity):
    with pytest.raises(RuleError):
        price(PriceModel('per_unit', Decimal(1)), Decimal(quantity))


def test_every_kind_has_its_model():
    assert set(EXPLAINED_BY) == set(KINDS)


@pytest.mark.parametrize('name', sorted(
    path.stem for path in Path(pricing.__path__[0]).glob('*.py') if path.stem != '__init__'))
def test_the_examples_hold(name):
    assert doctest.testmod(importlib.import_module(f'{pricing.__name__}.{name}')).failed == 0
