"""Laws and examples of the statement of account."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.dunning_sms.rules.ageing import bucket_of
from odoo.addons.dunning_sms.rules.shares import share
from odoo.addons.dunning_sms.rules.statement import REST, Item, Match, make_statement, settled_items, split_items

LAW = settings(max_examples=150)
FIRST = date(2026, 1, 1)


def day(offset):
    return FIRST + timedelta(days=offset)


def item(line, offset, amount, term=30):
    return Item(line, day(offset), day(offset + term), Decimal(amount))


def statement(items, matches, as_of, start=None):
    return make_statement(settled_items(items, matches, day(as_of)), start and day(start), day(as_of))


@st.composite
def ledgers(draw):
    """Items of one customer, matches among them and with items of others, and what the invoices charge."""
    amounts = draw(st.lists(st.integers(-20000, 20000).filter(bool), min_size=1, max_size=8))
    items = [Item(line, day(draw(st.integers(0, 90))), day(draw(st.integers(0, 120))), Decimal(amount) / 100)
             for line, amount in enumerate(amounts, start=1)]
    left = {row.line: row.amount for row in items}
    matches = []
    for debit in (row for row in items if row.amount > 0):
        for credit in (row for row in items if row.amount < 0):
            amount = min(left[debit.line], -left[credit.line])
            if amount > 0 and draw(st.booleans()):
                amount = min(amount, Decimal(draw(st.integers(1, 20000))) / 100)
                left[debit.line] -= amount
                left[credit.line] += amount
                matches.append(Match(debit.line, credit.line, amount, amount, max(debit.day, credit.day)))
        if left[debit.line] and draw(st.integers(0, 3)) == 0:  # paid in another currency
            paid_on = max(debit.day, draw(st.sampled_from(items)).day)
            matches.append(Match(debit.line, 99, left[debit.line], Decimal(7), paid_on))
            left[debit.line] = Decimal(0)
    keys = st.dictionaries(st.sampled_from("ABC"), st.integers(1, 9).map(Decimal), min_size=1)
    weights = {row.line: draw(keys) for row in items if draw(st.booleans())}
    return items, matches, weights


@LAW
@given(ledgers(), st.integers(0, 120), st.integers(0, 120))
def test_opening_and_movements_give_the_closing_balance(ledger, start, as_of):
    items, matches, _weights = ledger
    made = statement(items, matches, as_of, start)
    assert made.opening + sum(row.item.amount for row in made.movements) == made.closing
    assert made.closing == sum(row.item.open_amount for row in made.open_items) == sum(made.buckets)


@LAW
@given(ledgers(), st.integers(0, 120), st.integers(1, 60))
def test_the_closing_balance_of_one_statement_is_the_opening_balance_of_the_next(ledger, as_of, days):
    items, matches, _weights = ledger
    later = statement(items, matches, as_of + days, as_of + 1)
    assert statement(items, matches, as_of).closing == later.opening


@LAW
@given(ledgers(), st.integers(0, 120), st.integers(0, 120))
def test_contracts_and_the_rest_add_up_to_the_global_statement(ledger, start, as_of):
    """Opening, closing, every bucket that holds no credit, and every journal item."""
    items, matches, weights = ledger
    settled = settled_items(items, matches, day(as_of))
    parts = split_items(settled, matches, weights, day(as_of), 2)
    whole = make_statement(settled, day(start), day(as_of))
    made = [make_statement(part, day(start), day(as_of)) for part in parts.values()]
    for name in ('opening', 'closing'):
        assert sum((getattr(one, name) for one in made), Decimal(0)) == getattr(whole, name)
    for one in made:
        assert one.closing == sum(one.buckets)
    for row in settled:
        if not row.is_transfer:
            found = [part for rows in parts.values() for part in rows
                     if part.line == row.line and not part.is_transfer]
            assert sum((part.amount for part in found), Decimal(0)) == row.amount
            assert sum((part.open_amount for part in found), Decimal(0)) == row.open_amount


@LAW
@given(ledgers())
def test_what_is_paid_is_open_under_no_contract(ledger):
    items, matches, weights = ledger
    settled = settled_items(items, matches, day(200))
    paid = {row.line for row in settled if not row.open_amount}
    for rows in split_items(settled, matches, weights, day(200), 2).values():
        assert not any(row.open_amount for row in rows if row.line in paid)


def test_a_payment_is_undone_before_its_day():
    items = [item(1, 0, 100), item(2, 40, -100)]
    matches = [Match(1, 2, Decimal(100), Decimal(100), day(40))]
    assert statement(items, matches, 39).closing == 100
    assert statement(items, matches, 39).overdue == 100
    assert statement(items, matches, 40).closing == 0
    assert statement(items, matches, 40).open_items == ()


def test_a_payment_belongs_to_the_contracts_it_pays_and_its_rest_to_none():
    items = [item(1, 0, 60), item(2, 0, 40), item(3, 5, -90)]
    matches = [Match(1, 3, Decimal(60), Decimal(60), day(5)), Match(2, 3, Decimal(10), Decimal(10), day(5))]
    settled = settled_items(items, matches, day(9))
    parts = split_items(settled, matches, {1: {'A': Decimal(1)}, 2: {'B': Decimal(1)}}, day(9), 2)
    assert {key: make_statement(rows, None, day(9)).closing for key, rows in parts.items()} \
        == {'A': 0, 'B': 30, REST: -20}


def test_a_credit_note_of_another_contract_moves_between_the_two():
    items = [item(1, 0, 100), item(2, 5, -100)]
    matches = [Match(1, 2, Decimal(100), Decimal(100), day(5))]
    parts = split_items(settled_items(items, matches, day(9)), matches,
                        {1: {'A': Decimal(1)}, 2: {'B': Decimal(1)}}, day(9), 2)
    made = {key: make_statement(rows, None, day(9)) for key, rows in parts.items()}
    assert {key: one.closing for key, one in made.items()} == {'A': 0, 'B': 0}
    assert [row.item.is_transfer for row in made['A'].movements] == [False, True]


def test_a_payment_in_another_currency_closes_the_invoice_here():
    made = statement([item(1, 0, 100)], [Match(1, 7, Decimal(100), Decimal(86), day(3))], 9)
    assert made.closing == 0 and [row.balance for row in made.movements] == [100, 0]


@LAW
@given(ledgers(), st.integers(0, 300))
def test_credits_do_not_age(ledger, as_of):
    items, matches, _weights = ledger
    assert all(amount >= 0 for amount in statement(items, matches, as_of).buckets[1:])


def test_the_edges_of_the_buckets():
    edges = {0: 0, 1: 1, 30: 1, 31: 2, 60: 2, 61: 3, 90: 3, 91: 4}
    assert {late: bucket_of(Decimal(1), FIRST, day(late)) for late in edges} == edges


@LAW
@given(st.integers(-10 ** 6, 10 ** 6), st.dictionaries(st.text(max_size=2), st.integers(0, 50), min_size=1))
def test_shares_add_up(cents, weights):
    if any(weights.values()):
        total = Decimal(cents) / 100
        parts = share(total, {key: Decimal(weight) for key, weight in weights.items()}, 2)
        assert sum(parts.values()) == total and all(weights[key] for key in parts)
