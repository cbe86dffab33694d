"""Money: rounding is half-up and symmetrical, and parts always add up."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import (
    allocate,
    round_fraction,
    round_money,
    split_evenly,
    to_decimal,
)

LAW = settings(max_examples=40)

digits = st.sampled_from([0, 2, 3])
units = st.integers(-10**12, 10**12)
amounts = st.decimals('-1e9', '1e9', allow_nan=False, allow_infinity=False, places=6)
weights = st.one_of(st.just(Decimal(0)), st.just(Decimal(1)), st.decimals('1e-9', '1e9', places=9))
weight_lists = st.lists(weights, min_size=1, max_size=8).filter(any)


def money(unit, digits):
    return Decimal(unit).scaleb(-digits)


# --- rounding ----------------------------------------------------------------------------------------

@pytest.mark.parametrize('amount, digits, rounded', [
    ('0.125', 2, '0.13'), ('-0.125', 2, '-0.13'), ('2.5', 0, '3'), ('1.0005', 3, '1.001'),
    ('1.004999999999', 2, '1.00'), ('-0.001', 2, '0.00'), ('123456789012345678901234567890.125', 2,
                                                           '123456789012345678901234567890.13')])
def test_money_rounds_half_up(amount, digits, rounded):
    assert str(round_money(Decimal(amount), digits)) == rounded


@LAW
@given(amounts, digits)
def test_rounding_is_symmetrical_and_never_further_than_half_a_unit(amount, digits):
    rounded = round_money(amount, digits)
    assert round_money(-amount, digits) == -rounded
    assert abs(rounded - amount) * 2 <= money(1, digits)
    assert round_money(rounded, digits) == rounded == round_fraction(Fraction(amount), digits)


@pytest.mark.parametrize('value, number', [
    (24.95, '24.95'), (0.1, '0.1'), (7, '7'), ('12.50', '12.50'), (Decimal('1.10'), '1.10'), (1e-7, '1E-7')])
def test_a_number_keeps_its_shortest_text(value, number):
    assert str(to_decimal(value)) == number


@pytest.mark.parametrize('value', [
    True, None, 'abc', '', float('nan'), float('inf'), Decimal('NaN'), Decimal('-Infinity'), 'sNaN', [1]])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(RuleError):
        to_decimal(value)


# --- even parts --------------------------------------------------------------------------------------

@LAW
@given(units, st.integers(1, 360), digits)
def test_even_parts_sum_exactly_and_differ_by_at_most_one_unit(unit, parts, digits):
    split = split_evenly(money(unit, digits), parts, digits)
    assert (sum(split), len(split)) == (money(unit, digits), parts)
    assert max(split) - min(split) <= money(1, digits)
    assert split == sorted(split, key=abs)


@pytest.mark.parametrize('total, parts', [('10.00', 0), ('10.00', -3), ('10.001', 3)])
def test_an_impossible_split_is_refused(total, parts):
    with pytest.raises(RuleError):
        split_evenly(Decimal(total), parts, 2)


# --- weighted parts ----------------------------------------------------------------------------------

@LAW
@given(units, weight_lists, digits)
def test_weighted_parts_sum_exactly(unit, weights, digits):
    """C4: whatever the weights, 0 to 1e9, the parts are the total, and each is its share within a unit."""
    parts = allocate(money(unit, digits), weights, digits)
    assert sum(parts) == money(unit, digits)
    for part, weight in zip(parts, weights, strict=True):
        share = Fraction(money(unit, digits)) * Fraction(weight) / sum(map(Fraction, weights))
        assert abs(Fraction(part) - share) < Fraction(money(1, digits))


@LAW
@given(units, weight_lists, digits, st.randoms())
def test_the_order_of_the_weights_changes_nothing_but_the_order_of_the_parts(unit, weights, digits, random):
    """C4: order-independent; only equal weights may swap the one unit between them."""
    shuffled = random.sample(weights, len(weights))
    pairs = Counter(zip(weights, allocate(money(unit, digits), weights, digits), strict=True))
    assert pairs == Counter(zip(shuffled, allocate(money(unit, digits), shuffled, digits), strict=True))


@LAW
@given(units, weight_lists, digits)
def test_a_zero_weight_gets_zero(unit, weights, digits):
    """C4: vacant flats pay nothing, however the cents fall."""
    parts = allocate(money(unit, digits), [Decimal(0), *weights, Decimal(0)], digits)
    assert (parts[0], parts[-1]) == (0, 0)
    assert parts[1:-1] == allocate(money(unit, digits), weights, digits)


@LAW
@given(units, weight_lists, digits)
def test_a_credit_is_shared_like_the_bill_it_reverses(unit, weights, digits):
    credit = allocate(money(-unit, digits), weights, digits)
    assert credit == [-part for part in allocate(money(unit, digits), weights, digits)]


def test_ties_go_to_the_earlier_place():
    parts = allocate(Decimal('0.02'), [Decimal(1)] * 3, 2)
    assert parts == [Decimal('0.01'), Decimal('0.01'), Decimal('0.00')]


@pytest.mark.parametrize('total, weights', [
    ('10.00', []), ('10.00', ['0', '0']), ('10.00', ['1', '-1']), ('10.001', ['1', '1'])])
def test_an_impossible_allocation_is_refused(total, weights):
    with pytest.raises(RuleError):
        allocate(Decimal(total), [Decimal(weight) for weight in weights], 2)
