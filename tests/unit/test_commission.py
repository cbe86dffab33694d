"""Commissions: partial payments add up, caps hold, and nobody earns from oneself."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules import commission
from odoo.addons.customer_portal_ext.rules.commission import Level, Received, Terms
from odoo.addons.service_contracts.rules.errors import RuleError

DIGITS = st.sampled_from([0, 2, 3])
UNITS = st.integers(1, 10**9)
PERCENT = st.decimals(0, 100, places=2)
CUTS = st.lists(st.integers(1, 10**9), max_size=8)


def _paid_in_parts(whole: Fraction, total: int, cuts: list[int], digits: int) -> list[Decimal]:
    """Return what each part of a payment earns when `total` units are paid at these cuts."""
    booked, rows = Decimal(0), []
    for paid in sorted({cut for cut in cuts if cut < total} | {total}):
        rows.append(commission.earned(whole, _money(total, digits), _money(paid, digits), booked, digits))
        booked += rows[-1]
    return rows


def _money(units: int, digits: int) -> Decimal:
    return Decimal(units).scaleb(-digits)


@given(PERCENT, UNITS, CUTS, DIGITS)
def test_partial_payments_earn_what_one_payment_earns(percent, total, cuts, digits):
    """C1: whatever the parts, their commissions add up to the unit, and none is below 0."""
    whole = commission.whole_commission(Level(percent), _money(total, digits))
    parts = _paid_in_parts(whole, total, cuts, digits)
    assert sum(parts) == _paid_in_parts(whole, total, [], digits)[0]
    assert all(part >= 0 for part in parts)


@given(PERCENT, UNITS, CUTS, DIGITS, st.data())
def test_money_that_goes_back_takes_its_commission_along_and_comes_again_with_it(percent, total, cuts, digits, data):
    """Whichever payment goes back, paying it again earns exactly what it had earned."""
    whole = commission.whole_commission(Level(percent), _money(total, digits))
    parts = _paid_in_parts(whole, total, cuts, digits)
    back = data.draw(st.integers(0, len(parts) - 1))
    booked = sum(parts) - parts[back]
    again = commission.earned(whole, _money(total, digits), _money(total, digits), booked, digits)
    assert again == parts[back]


@given(st.lists(st.decimals(0, 1000, places=2), min_size=1, max_size=10), st.decimals('0.01', 1000, places=2))
def test_a_cap_is_reached_and_never_passed(amounts, cap):
    granted = Decimal(0)
    for amount in amounts:
        granted += commission.within_cap(amount, cap, granted)
    assert granted == min(sum(amounts), cap)


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=40))
def test_referrals_never_go_in_a_circle(wishes):
    """Whoever asks in whatever order: every chain ends, and nobody stands in the own chain."""
    sponsors = {}
    for customer, referrer in wishes:
        if customer in sponsors:
            continue
        try:
            commission.check_referrer(sponsors, customer, referrer)
        except RuleError:
            continue
        sponsors[customer] = referrer
    for customer in sponsors:
        chain = commission.referrers(sponsors, customer, 50)
        assert customer not in chain and sponsors.get(chain[-1]) is None
        assert all(sponsors[low] == high for low, high in pairwise([customer, *chain]))


@given(st.lists(st.decimals(-100, 100, places=2), max_size=10), st.decimals(0, 100, places=2))
def test_what_is_paid_out_is_all_of_it_or_nothing(amounts, threshold):
    paid = commission.payable(amounts, threshold)
    assert paid in (0, sum(amounts)) and paid >= 0
    assert not paid or paid >= threshold


@pytest.mark.parametrize(('day', 'ordinal', 'untaxed', 'why'), [
    (date(2026, 7, 30), 1, 50, ''), (date(2026, 7, 31), 1, 50, commission.EXPIRED),
    (date(2026, 3, 1), 3, 50, commission.ENOUGH), (date(2026, 3, 1), 2, 9, commission.SMALL),
])
def test_the_duration_is_counted_by_calendar_months_and_by_invoices(day, ordinal, untaxed, why):
    """D1: six months from 31 January end on 31 July."""
    terms = Terms((Level(Decimal(10)),), months=6, invoices=2, minimum=Decimal(10))
    received = Received(Decimal(untaxed), Decimal(untaxed), Decimal(untaxed), day, ordinal)
    assert commission.refusal(terms, date(2026, 1, 31), received) == why


def test_nobody_refers_oneself():
    with pytest.raises(RuleError, match="oneself"):
        commission.check_referrer({}, 7, 7)
