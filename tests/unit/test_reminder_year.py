"""A year of a few customers; tests/e2e lets five thousand live through it."""

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal

from odoo.addons.dunning_sms.rules.calendar import is_open, local

from tests.unit.reminder_year import RULE, Year, simulate


def check_year(year: Year) -> None:
    """Assert what must hold in every year, whatever the customers do."""
    by_customer = {}
    for number, moment, zone, channel, _lines, amounts in year.messages:
        assert is_open(RULE, moment, zone), "no contact outside a window"
        assert all(amount > 0 for amount in amounts), "none after payment"
        by_customer.setdefault(number, []).append((local(moment, zone).date(), channel))
    for contacts in by_customer.values():
        days = Counter(day for day, _channel in contacts)
        assert max(days.values()) <= RULE.per_day, "no cap exceeded"
        for day, channel in contacts:
            week = [other for other in contacts if day - timedelta(days=7) < other[0] <= day]
            assert len(week) <= RULE.per_week, "no cap exceeded"
            assert {other[1] for other in week} == {channel}, "one channel a week"
    assert len(year.told) == len(set(year.told)), "no notice twice"
    for line, today, named in year.suspensions:
        noon = datetime.combine(today, time(13))
        assert line.open_at(noon) > Decimal(0), "nobody who paid is suspended"
        assert named <= today, "not before its day"
        assert any(sent < today and day <= named for sent, day in line.announced), "every consequence announced"


def test_a_year_keeps_every_promise():
    year = simulate(120)
    check_year(year)
    assert len(year.messages) > 100
    assert year.suspensions
    assert year.cancelled


def test_the_same_seed_gives_the_same_year():
    assert simulate(5).told == simulate(5).told
