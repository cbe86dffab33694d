"""Prepaid credit: what goes out, comes back and is left adds up, and no invoice and no credit falls below 0."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.credits import (
    FREE,
    PAID,
    CreditBook,
    Grant,
    Payable,
    Used,
    carried_share,
    given_back,
    ledger_balance,
)

LAW = settings(max_examples=60)
DAY = date(2026, 3, 10)
EURO = 1

amounts = st.integers(1, 30_000).map(lambda cents: Decimal(cents) / 100)
grants = st.lists(st.builds(
    Grant, st.just(0), st.sampled_from((FREE, PAID)), amounts, st.sampled_from((EURO, EURO, 2)),
    st.integers(1, 3), st.none() | st.dates(date(2026, 2, 1), date(2026, 5, 1)), st.dates(date(2026, 1, 1), DAY),
    st.none() | st.integers(1, 2), st.none() | st.integers(1, 2), st.none() | st.integers(1, 2),
), max_size=6).map(lambda made: [
    Grant(number, one.kind, one.balance, one.currency_id, one.priority, one.expiry, one.since, one.contract_id,
          one.product_id, one.meter_id) for number, one in enumerate(made)])
rates = st.sampled_from([Decimal(rate) for rate in ('0', '7', '19', '8.25')])


@st.composite
def invoices(draw):
    items = []
    for key in range(draw(st.integers(1, 5))):
        net = draw(st.integers(-5_000, 30_000).map(lambda cents: Decimal(cents) / 100))
        gross = (net * (1 + draw(rates) / 100)).quantize(Decimal('0.01'))
        items.append(Payable(key, draw(st.integers(1, 2)), draw(st.integers(1, 2)),
                             draw(st.none() | st.integers(1, 2)), net, gross))
    return items


def drawn(book, items, day=DAY):
    return book.draw(items, day, EURO, 2, book.left)


@LAW
@given(grants, st.lists(invoices(), max_size=3))
def test_no_credit_falls_below_nothing_and_all_adds_up(some, several):
    book = CreditBook(some)
    draws = [draw for items in several for draw in drawn(book, items)]
    for grant in some:
        taken = [draw for draw in draws if draw.grant_id == grant.id]
        assert all(draw.amount > 0 and draw.left >= 0 for draw in taken)
        assert ledger_balance(grant.balance, [('draw', draw.amount) for draw in taken]) == book.left[grant.id]


@LAW
@given(grants, invoices())
def test_no_invoice_is_paid_more_than_it_comes_to(some, items):
    draws = drawn(CreditBook(some), items)
    by_key = {item.key: item for item in items}
    total = Decimal(0)
    for draw in draws:
        item = by_key[draw.key]
        assert item.net > 0
        total += draw.amount if draw.kind == PAID else draw.amount * item.gross / item.net
    assert total <= max(sum(item.gross for item in items), 0) + Decimal('0.000001')
    for item in items:
        free = sum(draw.amount for draw in draws if draw.key == item.key and draw.kind == FREE)
        assert free <= max(item.net, 0)


@LAW
@given(grants, invoices())
def test_only_valid_credit_of_the_currency_and_scope_is_used(some, items):
    by_id, by_key = {grant.id: grant for grant in some}, {item.key: item for item in items}
    for draw in drawn(CreditBook(some), items):
        grant, item = by_id[draw.grant_id], by_key[draw.key]
        assert grant.currency_id == EURO
        assert grant.expiry is None or grant.expiry >= DAY
        assert grant.contract_id in (None, item.contract_id)
        assert grant.meter_id in (None, item.meter_id)


@LAW
@given(grants, invoices())
def test_a_later_credit_waits_until_the_one_before_is_used_up(some, items):
    """For credits for everything; what one leaves less than a cent of on a charge, the next may take."""
    anything = [Grant(one.id, one.kind, one.balance, EURO, one.priority, None, one.since) for one in some]
    book = CreditBook(anything)
    draws = drawn(book, items)
    ranked = sorted(anything, key=lambda grant: grant.rank)
    for place, before in enumerate(ranked):
        later = {grant.id for grant in ranked[place + 1:]}
        if book.left[before.id]:
            assert sum(draw.amount for draw in draws if draw.grant_id in later) < Decimal('0.02') * len(items)


@LAW
@given(grants, invoices())
def test_enough_credit_leaves_nothing_to_pay(some, items):
    plenty = CreditBook([Grant(1, PAID, Decimal(10_000), EURO)])
    due = sum(item.gross for item in items)
    paid = sum(draw.amount for draw in drawn(plenty, items))
    assert paid == (min(due, sum(max(item.gross, 0) for item in items)) if due > 0 else 0)


@given(st.lists(st.tuples(st.sampled_from(('draw', 'return', 'expiry', 'refund', 'cancel')), amounts)))
def test_what_was_granted_is_what_went_out_and_is_left(rows):
    granted = Decimal(1000)
    out = sum(amount for kind, amount in rows if kind != 'return')
    back = sum(amount for kind, amount in rows if kind == 'return')
    assert out - back + ledger_balance(granted, rows) == granted


def test_the_order_is_that_of_stripe():
    """Priority, then soonest expiry, then free before paid, then age (billing credits; worked example of Stigg)."""
    a = Grant(1, PAID, Decimal(50), EURO, 1, date(2026, 9, 1))
    b = Grant(2, FREE, Decimal(20), EURO, 1, date(2026, 9, 1))
    c = Grant(3, FREE, Decimal(100), EURO, 2, date(2026, 8, 15))
    charge = Payable('use', 1, 1, None, Decimal(75), Decimal(75))
    assert [(draw.grant_id, draw.amount) for draw in drawn(CreditBook([a, b, c]), [charge])] == [
        (2, Decimal(20)), (1, Decimal(50)), (3, Decimal(5))]


@given(amounts, st.lists(amounts, min_size=1, max_size=6))
def test_what_a_liability_is_carried_at_leaves_with_the_last_of_the_credit(value, uses):
    left, carried = sum(uses), value
    for use in uses:
        share = carried_share(carried, use, left, 2)
        assert 0 <= share <= carried
        left, carried = left - use, carried - share
    assert carried == 0


@given(amounts, st.lists(amounts, min_size=1, max_size=4), st.lists(amounts, min_size=1, max_size=5))
def test_what_comes_back_to_credit_is_its_share_and_all_of_it_in_the_end(money, uses, backs):
    """Given back in any parts, credit and money add up to the cent, and neither comes back twice."""
    charged, used = money + sum(uses), [Used(place, amount) for place, amount in enumerate(uses)]
    given = Decimal(0)
    for back in [*backs, charged]:
        back = min(back, charged - given)
        for place, amount in given_back(charged, given, back, used, 2):
            assert 0 < amount <= back
            used[place] = used[place]._replace(returned=used[place].returned + amount)
            assert used[place].returned <= used[place].amount
        given += back
    assert sum(use.returned for use in used) == sum(uses)
