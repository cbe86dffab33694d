"""Bonus rules: a reduction comes when it is due, lasts as long as agreed and never costs the provider more."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.bonus import (
    Discount,
    FreePeriod,
    Loyalty,
    Occasion,
    PaidOnTime,
    bonus_steps,
    is_paid_on_time,
)
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Recurrence
from odoo.addons.service_contracts.rules.pricing import recompute

LAW = settings(max_examples=25)
START = date(2025, 1, 31)
DUE = date(2025, 7, 10)
MONTHS = list(Recurrence.from_start(Interval(1, 'month'), START).periods(date(2027, 1, 1)))

percents = st.integers(0, 100).map(Decimal)
some_bonuses = st.lists(st.one_of(
    st.builds(FreePeriod, st.integers(2, 13)), st.builds(Loyalty, st.integers(1, 24), percents),
    st.builds(PaidOnTime, percents),
    st.builds(Discount, percents, st.decimals('0', '50', places=2), st.none() | st.integers(1, 12))), max_size=4)


def occasion(number, paid_on_time=False):
    return Occasion(number, MONTHS[number - 1], START, paid_on_time)


def reduced(*bonuses, amount='30.00', paid_on_time=False):
    """Return the numbers of the periods that cost less than the amount."""
    return [number for number in range(1, 13)
            if bonus_steps(Decimal(amount), bonuses, occasion(number, paid_on_time), 2)]


def test_every_nth_period_is_free():
    assert reduced(FreePeriod(4)) == [4, 8, 12]
    assert bonus_steps(Decimal('30.00'), [FreePeriod(4)], occasion(4), 2)[0].amount == -30


def test_loyalty_begins_after_its_months():
    assert reduced(Loyalty(6, Decimal(10))) == [7, 8, 9, 10, 11, 12]


def test_a_discount_lasts_as_long_as_agreed():
    assert reduced(Discount(Decimal(50), periods=3)) == [1, 2, 3]
    assert reduced(Discount(amount=Decimal(5), until=MONTHS[2].start)) == [1, 2]
    assert len(reduced(Discount(Decimal(1)))) == 12


def test_paying_on_time_is_rewarded():
    assert reduced(PaidOnTime(Decimal(3))) == []
    assert len(reduced(PaidOnTime(Decimal(3)), paid_on_time=True)) == 12


@pytest.mark.parametrize('payments, expected', [
    ([(DUE, '50')], True), ([(DUE, '20'), (DUE - timedelta(days=9), '30')], True), ([(DUE, '49.99')], False),
    ([(DUE + timedelta(days=1), '50')], False), ([], False)])
def test_on_time_is_the_whole_amount_by_the_due_date(payments, expected):
    assert is_paid_on_time(Decimal(50), DUE, [(day, Decimal(paid)) for day, paid in payments]) is expected


@LAW
@given(st.decimals('0', '500', places=2), some_bonuses, st.integers(1, 23), st.booleans())
def test_a_bonus_never_takes_more_than_the_amount(amount, bonuses, number, paid_on_time):
    steps = bonus_steps(amount, bonuses, occasion(number, paid_on_time), 2)
    assert all(step.amount < 0 for step in steps)
    assert 0 <= amount + sum(step.amount for step in steps) <= amount
    assert recompute(steps) == sum(step.amount for step in steps)


@pytest.mark.parametrize('call', [
    lambda: FreePeriod(1), lambda: Loyalty(0, Decimal(5)), lambda: Loyalty(6, Decimal(101)),
    lambda: PaidOnTime(Decimal(-1)), lambda: Discount(Decimal(120)), lambda: Discount(amount=Decimal(-1)),
    lambda: bonus_steps(Decimal(-1), [], occasion(1), 2)])
def test_a_bonus_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()
