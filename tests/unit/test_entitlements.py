"""Entitlements: what may be used now follows state, trial and quota."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.entitlements import Feature, ServiceStanding, asked, combined, entitlement
from odoo.addons.service_contracts.rules.states import STATES

TODAY = date(2025, 6, 15)
CONTRACT = ServiceStanding('active', date(2025, 6, 1), end=date(2026, 6, 1), trial_end=date(2025, 7, 1))
PAID = replace(CONTRACT, trial_end=None)
MAILBOXES = Feature('mailboxes', limit=Decimal(50), trial_limit=Decimal(3))


def reason(feature, standing=PAID, used=0, today=TODAY):
    return entitlement(feature, standing, today, Decimal(used)).reason


@pytest.mark.parametrize('state, expected', [
    ('draft', 'not_started'), ('active', 'included'), ('suspended', 'suspended'), ('ended', 'ended'),
    ('removed', 'ended')])
def test_only_an_active_contract_may_be_used(state, expected):
    granted = entitlement(MAILBOXES, replace(PAID, state=state), TODAY)
    assert granted.reason == expected
    assert granted.is_allowed == (state == 'active')


def test_use_begins_on_the_first_day_and_stops_after_the_last():
    assert reason(MAILBOXES, today=date(2025, 5, 31)) == 'not_started'
    assert reason(MAILBOXES, today=date(2025, 6, 1)) == 'included'
    assert reason(MAILBOXES, today=date(2026, 5, 31)) == 'included'
    assert reason(MAILBOXES, today=date(2026, 6, 1)) == 'ended'


def test_a_trial_has_its_own_limit_until_it_ends():
    """A16, B18: the limits lift on the day the trial ends."""
    assert reason(MAILBOXES, CONTRACT, 2) == 'trial'
    assert reason(MAILBOXES, CONTRACT, 3) == 'limit_reached'
    assert reason(MAILBOXES, CONTRACT, 3, today=date(2025, 7, 1)) == 'included'
    assert reason(Feature('backup', trial_limit=Decimal(0)), CONTRACT) == 'not_in_trial'
    assert reason(Feature('support'), CONTRACT) == 'trial'


def test_a_soft_limit_lets_use_go_on_at_a_price():
    assert entitlement(replace(MAILBOXES, is_hard=False), PAID, TODAY, Decimal(60)).is_allowed
    assert reason(replace(MAILBOXES, is_hard=False), used=50) == 'overage'


@settings(max_examples=25)
@given(st.sampled_from(STATES), st.integers(0, 100), st.booleans(), st.booleans())
def test_what_is_left_is_never_negative(state, used, is_hard, is_trial):
    standing = replace(CONTRACT if is_trial else PAID, state=state)
    granted = entitlement(replace(MAILBOXES, is_hard=is_hard), standing, TODAY, Decimal(used))
    assert 0 <= granted.left <= granted.limit
    assert granted.is_allowed or granted.reason not in ('included', 'trial', 'overage')


limits = st.none() | st.decimals('0', '100', places=1)
grants = st.builds(Feature, st.just('mailboxes'), limits, limits, st.booleans())


@settings(max_examples=25)
@given(st.lists(grants, min_size=1, max_size=4))
def test_grants_add_up_whatever_their_order(several):
    together = combined(several)
    assert together == combined(several[::-1])
    assert (together.limit is None) == any(grant.limit is None for grant in several)
    assert combined([several[0]]) == several[0]


@settings(max_examples=25)
@given(grants, st.decimals('0', '200', places=1), st.decimals('0', '200', places=1))
def test_who_may_have_more_may_have_less(feature, less, more):
    less, more = sorted((less, more))
    granted = entitlement(feature, PAID, TODAY)
    assert asked(feature, granted, less).is_allowed >= asked(feature, granted, more).is_allowed
