"""Usage: every record counts once, in one period, in whatever zone and order."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence
from odoo.addons.service_contracts.rules.pricing import PriceModel, Tier, price
from odoo.addons.service_contracts.rules.usage import (
    AGGREGATIONS,
    LATE_POLICIES,
    Moments,
    UsageRecord,
    aggregate,
    day_begins,
    late_difference,
    moments_of,
    place_record,
)

LAW = settings(max_examples=25)
ZONES = ('UTC', 'America/Bogota', 'Europe/Berlin', 'America/Sao_Paulo', 'America/Havana', 'Asia/Beirut',
         'Africa/Cairo', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kathmandu')
JUNE = Moments(datetime(2025, 6, 1), datetime(2025, 7, 1))

moments = st.datetimes(datetime(2025, 5, 20), datetime(2025, 7, 12))
records = st.lists(st.builds(UsageRecord, st.decimals('-50', '500', places=2), moments, st.sampled_from('abcde')),
                   max_size=25)


def used(*values):
    """Return records of the values, a day apart from 2 June on."""
    return [UsageRecord(Decimal(value), datetime(2025, 6, 2) + timedelta(days=place), 'ab'[place % 2])
            for place, value in enumerate(values)]


@pytest.mark.parametrize('kind, expected', [
    ('sum', '12'), ('count', '4'), ('max', '7'), ('latest', '1'), ('unique', '2')])
def test_what_records_come_to(kind, expected):
    assert aggregate(kind, used(3, 7, 1, 1), JUNE) == Decimal(expected)


@pytest.mark.parametrize('kind', AGGREGATIONS)
def test_nothing_recorded_is_nothing_used(kind):
    assert aggregate(kind, [], JUNE) == 0


@LAW
@given(records, st.sampled_from(sorted(AGGREGATIONS)), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(given_records, kind, random: Random):
    shuffled = random.sample(given_records, len(given_records))
    assert aggregate(kind, shuffled, JUNE) == aggregate(kind, given_records, JUNE)


@LAW
@given(records, st.sampled_from(sorted(AGGREGATIONS)))
def test_only_records_of_the_period_count(given_records, kind):
    """The first moment belongs to the period, the last to the next one."""
    edges = [UsageRecord(Decimal(1000), JUNE.end), UsageRecord(Decimal(1000), JUNE.start - datetime.resolution)]
    assert aggregate(kind, [*given_records, *edges], JUNE) == aggregate(kind, given_records, JUNE)
    assert aggregate('count', [UsageRecord(Decimal(1), JUNE.start)], JUNE) == 1


@LAW
@given(records, st.sampled_from(ZONES), st.sampled_from(['day', 'week', 'month']))
def test_a_time_zone_bills_no_usage_twice_and_none_never(given_records, zone, unit):
    """R5: the sums of touching periods are the sum of the whole, in every zone."""
    grid = Recurrence.from_start(Interval(1, unit), date(2025, 5, 1))
    parts = [moments_of(period, zone) for period in grid.periods(date(2025, 8, 1))]
    whole = Moments(parts[0].start, parts[-1].end)
    assert all(part.end == following.start for part, following in pairwise(parts))
    for kind in ('sum', 'count'):
        assert sum(aggregate(kind, given_records, part) for part in parts) == aggregate(kind, given_records, whole)


@pytest.mark.parametrize('zone', ZONES)
def test_every_day_begins_once_where_clocks_change(zone):
    """R10: 2018 to 2020, days of 23 to 25 hours, midnights skipped and repeated; no loop, no gap."""
    begins = [day_begins(date(2018, 1, 1) + timedelta(days=number), zone) for number in range(1096)]
    lengths = {following - begin for begin, following in pairwise(begins)}
    assert lengths <= {timedelta(minutes=minutes) for minutes in (1380, 1410, 1440, 1470, 1500)}
    for number in range(1096):
        local = begins[number].replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        before = (begins[number] - datetime.resolution).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert before.date() < local.date() == date(2018, 1, 1) + timedelta(days=number)


def test_a_day_that_a_zone_leaves_out_holds_nothing():
    """Samoa had no 30 December 2011."""
    skipped = moments_of(Period(date(2011, 12, 30), date(2011, 12, 31)), 'Pacific/Apia')
    assert skipped.start == skipped.end
    assert aggregate('weighted_sum', [UsageRecord(Decimal(1), skipped.start)], skipped) == 0


def test_the_same_moment_falls_on_the_local_day():
    """D4: 03:00 UTC on 1 July is still 30 June in Bogotá."""
    june = Period(date(2025, 6, 1), date(2025, 7, 1))
    late = [UsageRecord(Decimal(5), datetime(2025, 7, 1, 3))]
    assert aggregate('sum', late, moments_of(june, 'America/Bogota')) == 5
    assert aggregate('sum', late, moments_of(june, 'Europe/Berlin')) == 0


def test_a_weighted_sum_counts_real_hours():
    """R10: on the day of 23 hours a level raised at local noon lasts 12 of 23 hours."""
    day = moments_of(Period(date(2025, 3, 30), date(2025, 3, 31)), 'Europe/Berlin')
    assert aggregate('weighted_sum', [UsageRecord(Decimal(23), datetime(2025, 3, 30, 10))], day) == 12


@LAW
@given(records.map(lambda found: found[:8]), st.dates(date(2025, 6, 2), date(2025, 6, 30)), st.integers(0, 90))
def test_a_weighted_sum_is_the_same_in_two_periods(given_records, cut, opening):
    """The level one period closes with opens the next: their time-weighted mean is that of both."""
    middle = datetime(cut.year, cut.month, cut.day)
    first, second, opening = Moments(JUNE.start, middle), Moments(middle, JUNE.end), Decimal(opening)
    level = opening + aggregate('sum', given_records, first)
    parts = [aggregate('weighted_sum', given_records, first, opening) * (middle - JUNE.start).days,
             aggregate('weighted_sum', given_records, second, level) * (JUNE.end - middle).days]
    assert abs(sum(parts) / 30 - aggregate('weighted_sum', given_records, JUNE, opening)) <= Decimal('0.000002')


def test_the_latest_of_one_moment_does_not_depend_on_the_order():
    twins = [UsageRecord(Decimal(value), JUNE.start) for value in (3, 5)]
    assert aggregate('latest', twins, JUNE) == aggregate('latest', twins[::-1], JUNE) == 5


def test_a_period_may_begin_with_a_level():
    assert aggregate('max', used(3, 7), JUNE, opening=Decimal(9)) == 9
    assert aggregate('latest', [], JUNE, opening=Decimal(9)) == 9
    assert aggregate('latest', used(3), JUNE, opening=Decimal(9)) == 3
    assert aggregate('sum', used(3), JUNE, opening=Decimal(9)) == 3


@pytest.mark.parametrize('policy', LATE_POLICIES)
def test_the_policy_decides_on_late_records_only(policy):
    """D11: late usage is adjusted or refused, usage of the future always refused."""
    now, billed = datetime(2025, 7, 3), datetime(2025, 7, 1)
    assert place_record(datetime(2025, 6, 30, 23, 59), now, billed, policy) == policy
    assert place_record(billed, now, billed, policy) == 'own_period'
    assert place_record(datetime(2025, 1, 1), now, None, policy) == 'own_period'
    assert place_record(now + datetime.resolution, now, billed, policy) == 'future'
    assert place_record(now, now, billed, policy) == 'own_period'


@LAW
@given(st.lists(st.decimals('0', '200', places=1), min_size=1, max_size=6))
def test_late_records_end_at_the_price_of_all_usage(late):
    """D11: however they trickle in, the differences sum to the price of the whole quantity, and a repeat is 0."""
    tiers = (Tier(Decimal(50), Decimal('0.333')), Tier(None, Decimal('0.117')))
    agreed, quantity, charged = PriceModel('graduated', tiers=tiers), Decimal(0), []
    for more in late:
        quantity += more
        charged.append(late_difference(price(agreed, quantity).rounded(2), charged))
    assert sum(charged) == price(agreed, quantity).rounded(2)
    assert late_difference(price(agreed, quantity).rounded(2), charged) == 0


@pytest.mark.parametrize('call', [
    lambda: aggregate('mean', [], JUNE), lambda: day_begins(date(2025, 1, 1), 'Mars/Olympus'),
    lambda: day_begins(date(2025, 1, 1), '../etc'), lambda: place_record(JUNE.start, JUNE.end, None, 'forget')])
def test_what_is_unknown_is_refused(call):
    with pytest.raises(RuleError):
        call()
