"""Payment arrangements: the parts add up to what is owed, of every receivable, and stay within their days."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.arrangement import Limits, arrange, may_grant, part_days
from odoo.addons.customer_portal_ext.rules.receivable_status import Receivable

MONEY = st.decimals('0.01', 1000, places=2)
ITEMS = st.lists(
    st.builds(Receivable, st.integers(1, 10**6), st.dates(date(2026, 1, 1), date(2026, 6, 1)), MONEY),
    min_size=1, max_size=8, unique_by=lambda item: item.key)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(ITEMS, DAYS, st.integers(1, 12))
def test_the_shares_of_a_receivable_add_up_to_what_is_open_of_it(items, first, parts):
    found = arrange(items, first, parts, 2)
    paid = {}
    for part in found:
        for key, amount in part.shares:
            paid[key] = paid.get(key, 0) + amount
    assert paid == {item.key: item.uncovered for item in items}


@given(ITEMS, DAYS, st.integers(1, 12))
def test_the_parts_differ_by_a_cent_at_the_most(items, first, parts):
    amounts = [part.amount for part in arrange(items, first, parts, 2)]
    assert max(amounts) - min(amounts) <= Decimal('0.01')


@given(DAYS, st.integers(1, 24))
def test_each_month_has_one_payment(first, parts):
    days = part_days(first, parts)
    months = [day.year * 12 + day.month for day in days]
    assert days[0] == first
    assert months == list(range(months[0], months[0] + parts))


def test_the_oldest_is_paid_first():
    items = [Receivable(2, date(2026, 3, 5), Decimal(30)), Receivable(1, date(2026, 3, 1), Decimal(30))]
    assert [part.shares[0][0] for part in arrange(items, date(2026, 4, 1), 2, 2)] == [1, 2]


def test_who_broke_a_promise_or_owes_more_than_the_limit_waits_for_staff():
    limits = Limits(3, 90, Decimal(100))
    assert may_grant(Decimal(100), 0, limits)
    assert not may_grant(Decimal('100.01'), 0, limits)
    assert not may_grant(Decimal(1), 1, limits)
