"""The status of what is owed, and how amounts on their way cover it."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.receivable_status import (
    STATUSES,
    Receivable,
    cover_oldest,
    receivable_status,
    what_to_pay,
)

TODAY = date(2026, 3, 10)
MONEY = st.decimals(0, 1000, places=2)
ITEMS = st.lists(st.builds(
    Receivable, st.integers(1, 10**6), st.dates(date(2026, 1, 1), date(2026, 6, 1)), MONEY, MONEY,
    st.sampled_from(('', 'active', 'suspended', 'removed')),
), max_size=8, unique_by=lambda item: item.key)


def test_the_first_status_that_applies_is_shown():
    due, later = TODAY, TODAY + timedelta(days=1)
    table = [
        (Receivable(1, due, Decimal(5), contract_state='removed'), 'deleted'),
        (Receivable(1, due, Decimal(0), contract_state='removed'), 'paid'),
        (Receivable(1, due, Decimal(5), Decimal(5), 'suspended'), 'in_process'),
        (Receivable(1, due, Decimal(5), Decimal(4), 'suspended'), 'suspended'),
        (Receivable(1, due, Decimal(5), Decimal(4)), 'due'),
        (Receivable(1, later, Decimal(5)), 'pending'),
    ]
    assert [receivable_status(item, TODAY) for item, _status in table] == [status for _item, status in table]
    assert {status for _item, status in table} == set(STATUSES)


@given(ITEMS, MONEY)
def test_what_is_covered_is_never_more_than_the_amount_or_than_what_is_open(items, amount):
    covered = cover_oldest(items, amount)
    assert sum(covered.values()) <= amount
    assert all(part <= next(item for item in items if item.key == key).uncovered for key, part in covered.items())
    assert sum(covered.values()) == min(amount, sum(item.uncovered for item in items))


@given(ITEMS)
def test_what_is_due_now_is_part_of_what_is_owed(items):
    now, owed, later = what_to_pay(items, TODAY)
    assert 0 <= now <= owed
    assert (later is None) == (now == owed)
