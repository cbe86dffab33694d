"""Laws of amounts on their way: none covers more than it is, nor a receivable more than is open."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.receivable_status import Receivable, cover_in_turn, cover_oldest

AMOUNTS = st.decimals(0, 500, places=2)
ITEMS = st.lists(AMOUNTS, min_size=1, max_size=8).map(lambda amounts: [
    Receivable(key, date(2026, 1, 1 + key * 7 % 5), amount) for key, amount in enumerate(amounts)])
CLAIMS = st.lists(st.tuples(st.sets(st.integers(0, 7)), AMOUNTS), max_size=6)


@given(items=ITEMS, claims=CLAIMS)
def test_nothing_is_covered_twice(items, claims):
    covered = cover_in_turn(items, claims)
    assert all(0 < covered[item.key] <= item.residual for item in items if item.key in covered)
    assert sum(covered.values()) <= sum((amount for _keys, amount in claims), Decimal(0))
    named = set().union(*(keys for keys, _amount in claims)) if claims else set()
    assert set(covered) <= named


@given(items=ITEMS, amount=AMOUNTS)
def test_one_amount_for_all_covers_the_oldest_first(items, amount):
    assert cover_in_turn(items, [({item.key for item in items}, amount)]) == cover_oldest(items, amount)
