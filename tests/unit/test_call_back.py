"""Times of calls: inside the hours, never too early, each once, the same for everybody."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.call_back import SLOT, call_slots

MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 10), timezones=st.just(UTC))
HOURS = st.lists(st.builds(
    lambda start, minutes: (start, start + timedelta(minutes=minutes)), MOMENTS, st.integers(0, 600)), max_size=6)


@given(HOURS, MOMENTS)
def test_each_call_lies_within_working_hours_and_not_too_early(hours, earliest):
    for slot in call_slots(hours, earliest):
        assert slot >= earliest
        assert any(start <= slot and slot + SLOT <= end for start, end in hours)


@given(HOURS, MOMENTS)
def test_each_time_is_offered_once_and_in_order(hours, earliest):
    slots = call_slots(hours, earliest)
    assert slots == sorted(set(slots))


@given(HOURS, MOMENTS, st.integers(0, 10_000))
def test_who_looks_later_is_offered_no_other_times(hours, earliest, minutes):
    later = earliest + timedelta(minutes=minutes)
    assert call_slots(hours, later) == [slot for slot in call_slots(hours, earliest) if slot >= later]
