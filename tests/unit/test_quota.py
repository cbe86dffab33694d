"""Quota: what rolls over is used before it expires, and nothing is used twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval
from odoo.addons.service_contracts.rules.quota import QuotaBucket, draw_quota, quota_left, roll_over

LAW = settings(max_examples=25)
JULY = date(2025, 7, 1)


def bucket(month, left, months=2):
    granted = date(2025, month, 1)
    return QuotaBucket(granted, Interval(months, 'month').plus(granted) if months else None, Decimal(left))


buckets = st.lists(st.builds(bucket, st.integers(1, 9), st.decimals('0', '99', places=1),
                             st.sampled_from([0, 1, 2, 6])), max_size=6)


def test_the_oldest_bucket_is_drawn_first():
    drawn = draw_quota([bucket(7, 100), bucket(6, 30)], Decimal(50), JULY)
    assert (drawn.free, drawn.to_pay, drawn.buckets) == (50, 0, (bucket(7, 80),))


def test_what_expires_sooner_is_drawn_before_what_is_older():
    assert draw_quota([bucket(5, 9, months=6), bucket(6, 9)], Decimal(9), JULY).buckets == (bucket(5, 9, months=6),)


def test_an_expired_bucket_and_one_not_granted_yet_are_not_drawn():
    untouched = (bucket(4, 30), bucket(9, 30))
    drawn = draw_quota(untouched, Decimal(5), JULY)
    assert (drawn.free, drawn.to_pay, drawn.buckets) == (0, 5, untouched)


@LAW
@given(buckets, st.decimals('0', '500', places=1))
def test_what_is_drawn_and_what_is_left_sum_to_what_there_was(given_buckets, quantity):
    drawn = draw_quota(given_buckets, quantity, JULY)
    assert drawn.free + drawn.to_pay == quantity
    assert quota_left(drawn.buckets, JULY) == quota_left(given_buckets, JULY) - drawn.free
    assert drawn.free == min(quantity, quota_left(given_buckets, JULY))


@LAW
@given(buckets, st.decimals('0', '200', places=1), st.decimals('0', '200', places=1))
def test_use_in_two_goes_takes_what_one_go_takes(given_buckets, first, second):
    whole = draw_quota(given_buckets, first + second, JULY)
    step = draw_quota(given_buckets, first, JULY)
    last = draw_quota(step.buckets, second, JULY)
    assert (step.free + last.free, step.to_pay + last.to_pay) == (whole.free, whole.to_pay)
    assert quota_left(last.buckets, JULY) == quota_left(whole.buckets, JULY)


@LAW
@given(buckets, st.decimals('0', '150', places=1))
def test_what_is_carried_over_keeps_to_the_cap(given_buckets, cap):
    carried = roll_over(given_buckets, JULY, bucket(7, 40), cap)
    own = quota_left([one for one in given_buckets if one.granted == JULY], JULY)  # of the period itself
    assert quota_left(carried, JULY) - 40 == own + min(cap, quota_left(given_buckets, JULY) - own)
    assert all(kept.expires is None or kept.expires > JULY for kept in carried)


def test_a_quota_is_gone_on_the_day_it_expires():
    assert quota_left([bucket(5, 30)], JULY - timedelta(days=1)) == 30
    assert roll_over([bucket(5, 30)], JULY) == ()


@pytest.mark.parametrize('call', [
    lambda: bucket(5, -1), lambda: QuotaBucket(JULY, JULY, Decimal(1)), lambda: draw_quota([], Decimal(-1), JULY)])
def test_a_quota_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()


@given(st.decimals('0', '80', places=1), st.integers(1, 30), st.decimals('0', '150', places=1),
       st.decimals('0', '150', places=1), st.none() | st.decimals('0', '60', places=1))
def test_a_change_by_day_that_changes_nothing_leaves_the_quota_as_it_was(earlier, days, before, after, cap):
    """Two parts of a period with their shares of one quota cost and leave what the whole period would."""
    own = Decimal(93)
    shares = own / 31 * days, own / 31 * (31 - days)
    begun = [bucket(6, earlier)]
    whole = draw_quota(roll_over(begun, JULY, bucket(7, own), cap), before + after, JULY)
    first = draw_quota(roll_over(begun, JULY, bucket(7, shares[0]), cap), before, JULY)
    second = draw_quota(roll_over(first.buckets, JULY, bucket(7, shares[1]), cap), after, JULY)
    early = max(before - quota_left(roll_over(begun, JULY, bucket(7, shares[0]), cap), JULY), 0)
    assert first.to_pay == early
    assert first.to_pay + second.to_pay >= whole.to_pay  # use ahead of one's share is paid
    if not early:
        assert second.to_pay == whole.to_pay
        assert quota_left(second.buckets, JULY) == quota_left(whole.buckets, JULY)
