"""DATEV files: as the format says, in sum as the ledger, and read back by a program that others wrote."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mloda.community.feature_groups.experimental.german_ledger.datev import DatevRefusal, read_batch
from odoo.addons.accounting_exchange.rules.datev import (
    BOOKINGS,
    PARTNERS,
    Ledger,
    PartnerRow,
    Span,
    booking_line,
    bookings_file,
    header,
    partner_line,
)
from odoo.addons.accounting_exchange.rules.datev_bookings import (
    Account,
    Entry,
    Item,
    Tax,
    account_totals,
    bookings_of,
    fingerprint,
    reversal_of,
)
from odoo.addons.accounting_exchange.rules.datev_columns import BOOKING_COLUMNS, PARTNER_COLUMNS
from odoo.addons.accounting_exchange.rules.errors import ExchangeError
from odoo.addons.accounting_exchange.rules.shares import allocate, spread

LAW = settings(max_examples=60)
LEDGER = Ledger(29098, 55003, 4, chart='03')
JANUARY = Span(date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 1))
NOW = datetime(2026, 2, 1, 4, 30, 0, 125000)
VAT = Tax(1, '19%', Decimal(19), '3')
REDUCED = Tax(2, '7%', Decimal(7), '2')
DEBTOR, REVENUE, AUTOMATIC = Account('10001'), Account('8200'), Account('8400', True, Decimal(19))
CENTS = st.integers(1, 10**7).map(lambda cents: Decimal(cents) / 100)


def invoice(maturities, lines, **values):
    """Return an invoice: maturities as (due, amount), lines as (account, tax, net, tax amount)."""
    items = [Item(10 + n, DEBTOR, amount, is_open_item=True, due=due) for n, (due, amount) in enumerate(maturities)]
    for n, (account, tax, net, tax_amount) in enumerate(lines):
        items.append(Item(100 + n, account, -net, taxes=(tax,) if tax else ()))
        if tax_amount:
            items.append(Item(200 + n, Account('1776'), -tax_amount, tax_of=tax.ident))
    return Entry(7, 'INV/2026/00012', date(2026, 1, 15), tuple(items), is_invoice=True, text='Müller', **values)


def simple(**values):
    return invoice([(date(2026, 2, 14), Decimal('119.00'))], [(REVENUE, VAT, Decimal(100), Decimal(19))], **values)


def cut(total, count):
    """Return an amount in `count` maturities a month apart."""
    parts = allocate(total, [Decimal(1)] * count)
    return [(date(2026, 2 + n, 1), part) for n, part in enumerate(parts)]


def read(tmp_path, bookings, ledger=LEDGER):
    """Write a file and let another program read it; return account → sum, debit positive."""
    path = tmp_path / 'EXTF_test.csv'
    path.write_bytes(bookings_file(ledger, JANUARY, bookings, NOW, 'Test'))
    _header, legs = read_batch(str(path))
    sums = {}
    for account, amount in zip(legs['Konto'], legs['Betrag'], strict=True):
        sums[account] = sums.get(account, Decimal(0)) + amount
    return sums


# === FORMAT === #

def test_the_header_has_31_fields_as_published():
    """rules.md section 10."""
    made = header(
        Ledger(29098, 55003, 4, chart='03', initials='WD'),
        Span(date(2024, 1, 1), date(2024, 8, 31), date(2024, 1, 1)), BOOKINGS,
        datetime(2024, 1, 30, 14, 4, 40, 439000), 'Buchungsstapel',
    )
    published = (
        '"EXTF";700;21;"Buchungsstapel";13;20240130140440439;;"RE";"";"";29098;55003;20240101;4;20240101;20240831;'
        '"Buchungsstapel";"WD";1;0;0;"EUR";;"";;;"03";;;"";""'
    )
    assert made == published.replace('"RE"', '"SE"')
    assert made.count(';') == 30


def test_a_line_has_125_columns_and_quotes_text_columns_only():
    booking, = bookings_of(simple())
    line = booking_line(booking, LEDGER)
    cells = line.split(';')
    quoted = {place for place, cell in enumerate(cells, 1) if cell.startswith('"')}
    assert (len(cells), len(BOOKING_COLUMNS)) == (125, 125)
    assert quoted == {
        2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102, 103, 105, 107, 109,
        110, 112, 118, 120, 121, 123,
    }
    assert cells[:14] == [
        '119,00', '"S"', '"EUR"', '', '', '""', '10001', '8200', '"3"', '1501',
        '"INV/2026/00012"', '""', '', '"Müller"',
    ]
    assert (cells[116], cells[117]) == ('14022026', '"0"')


@pytest.mark.parametrize(('ledger', 'code'), [
    (Ledger(1000, 1, 4), 'consultant'), (Ledger(1001, 0, 4), 'client'), (Ledger(1001, 1, 9), 'length'),
])
def test_numbers_no_book_has_are_refused(ledger, code):
    with pytest.raises(ExchangeError) as refused:
        header(ledger, JANUARY, BOOKINGS, NOW, '')
    assert refused.value.code == code


def test_a_date_outside_the_period_is_refused():
    late = bookings_of(replace(simple(), date=date(2026, 2, 1)))
    with pytest.raises(ExchangeError) as refused:
        bookings_file(LEDGER, JANUARY, late, NOW, '')
    assert refused.value.code == 'outside'


def test_the_file_is_windows_1252_with_dos_line_ends():
    content = bookings_file(LEDGER, JANUARY, bookings_of(replace(simple(), text='Zoë € "Łódź"\n=1')), NOW, 'Euro €')
    assert b'\r\n' in content and b'\n' not in content.replace(b'\r\n', b'')
    assert '"Zoë € ""?ódz"" =1"' in content.decode('cp1252')


@pytest.mark.parametrize('is_company', [True, False])
def test_master_data_have_254_columns(is_company):
    row = partner_line(PartnerRow('10001', 'Müller', 'Ana', is_company=is_company, vat='DE 123456789', city='Köln'))
    cells = next(csv.reader(io.StringIO(row), delimiter=';'))
    named = dict(zip(PARTNER_COLUMNS, cells, strict=True))
    assert header(LEDGER, JANUARY, PARTNERS, NOW, '').startswith('"EXTF";700;16;"Debitoren/Kreditoren";5;')
    assert (named['Konto'], named['Ort'], named['EU-Land'], named['EU-UStID']) == ('10001', 'Köln', 'DE', '123456789')
    name = 'Name (Adressattyp Unternehmen)' if is_company else 'Name (Adressattyp natürl. Person)'
    assert named[name] == 'Müller'


# === KEYS === #

def test_an_automatic_account_takes_no_key():
    booking, = bookings_of(invoice([(None, Decimal(119))], [(AUTOMATIC, VAT, Decimal(100), Decimal(19))]))
    assert booking.tax_key == ''


def test_another_tax_on_an_automatic_account_is_an_error():
    entry = invoice([(None, Decimal(107))], [(AUTOMATIC, REDUCED, Decimal(100), Decimal(7))])
    with pytest.raises(ExchangeError) as refused:
        bookings_of(entry)
    assert refused.value.code == 'automatic'


def test_an_automatic_account_without_tax_is_lifted():
    booking, = bookings_of(invoice([(None, Decimal(100))], [(AUTOMATIC, None, Decimal(100), Decimal(0))]))
    assert booking.tax_key == '40'


def test_a_tax_without_key_is_refused():
    keyless = replace(VAT, key='')
    with pytest.raises(ExchangeError) as refused:
        bookings_of(invoice([(None, Decimal(119))], [(REVENUE, keyless, Decimal(100), Decimal(19))]))
    assert refused.value.code == 'tax_key'


# === SUMS === #

@LAW
@given(st.lists(st.tuples(st.sampled_from([(REVENUE, VAT), (AUTOMATIC, VAT), (REVENUE, REDUCED), (REVENUE, None)]),
                          CENTS), min_size=1, max_size=5), st.integers(1, 9))
def test_maturities_and_accounts_add_up(lines, count):
    """C1, C6: each maturity is what is due, each account and the tax are what the ledger says."""
    booked = [
        (account, tax, net, round(net * tax.rate / 100, 2) if tax else Decimal(0)) for (account, tax), net in lines
    ]
    total = sum(net + tax for _account, _tax, net, tax in booked)
    entry = invoice(cut(total, count), booked)
    bookings = bookings_of(entry)
    dues = {}
    for booking in bookings:
        dues[booking.due] = dues.get(booking.due, Decimal(0)) + booking.signed
    assert dues == {due: amount for due, amount in cut(total, count) if amount}
    totals = account_totals(bookings)
    assert totals['10001'] == total
    assert totals.get('', 0) == -sum(tax for *_line, tax in booked)
    for number in ('8200', '8400'):
        assert totals.get(number, 0) == -sum(net for account, _tax, net, _amount in booked if account.number == number)


@LAW
@given(CENTS, CENTS, st.integers(1, 6))
def test_a_discount_line_keeps_the_sums(net, discount, count):
    net, discount = max(net, discount) + 1, min(net, discount)
    taxes = round(net * 19 / 100, 2), -round(discount * 7 / 100, 2)
    total = net - discount + sum(taxes)
    entry = invoice(cut(total, count), [(REVENUE, VAT, net, taxes[0]), (Account('8700'), REDUCED, -discount, taxes[1])])
    totals = account_totals(bookings_of(entry))
    assert (totals['10001'], totals['8200'], totals['8700'], totals['']) == (total, -net, discount, -sum(taxes))


@LAW
@given(st.lists(CENTS, min_size=1, max_size=6), st.lists(CENTS, min_size=1, max_size=6))
def test_other_entries_keep_the_sum_of_every_account(debits, credits):
    difference = sum(debits) - sum(credits)
    items = [Item(n, Account(f'{1000 + n}'), amount) for n, amount in enumerate(debits)]
    items += [Item(50 + n, Account(f'{2000 + n}'), -amount) for n, amount in enumerate(credits)]
    items.append(Item(99, Account('3000'), -difference))
    entry = Entry(1, 'MISC/1', date(2026, 1, 2), tuple(items))
    totals = account_totals(bookings_of(entry))
    assert {number: amount for number, amount in totals.items() if amount} == {
        item.account.number: item.balance for item in items if item.balance
    }


@LAW
@given(st.lists(CENTS, min_size=1, max_size=8), st.lists(st.integers(-10**5, 10**6), min_size=1, max_size=6))
def test_a_table_adds_up_both_ways(weights, column_cents):
    columns = [Decimal(cents) / 100 for cents in column_cents]
    rows = allocate(sum(columns), weights)
    table = spread(rows, columns)
    assert [sum(line) for line in table] == rows
    assert [sum(line[place] for line in table) for place in range(len(columns))] == columns


def test_a_reversal_takes_everything_back():
    bookings = bookings_of(simple())
    totals = account_totals([*bookings, *(reversal_of(booking) for booking in bookings)])
    assert not any(totals.values())


def test_a_payment_names_what_it_settles():
    bank = Item(1, Account('1200'), Decimal(150))
    settles = (('INV/1-1', Decimal(-100)), ('INV/1-2', Decimal(-30)))
    paid = Item(2, DEBTOR, Decimal(-150), is_open_item=True, settles=settles)
    found = bookings_of(Entry(1, 'BNK/1', date(2026, 1, 2), (bank, paid)))
    assert [(booking.document, booking.amount, booking.side) for booking in found] == [
        ('INV/1-1', Decimal(100), 'H'), ('INV/1-2', Decimal(30), 'H'), ('BNK/1', Decimal(20), 'H'),
    ]


def test_what_a_payment_settles_later_is_no_change():
    paid = Item(2, DEBTOR, Decimal(-150), is_open_item=True)
    entry = Entry(1, 'BNK/1', date(2026, 1, 2), (Item(1, Account('1200'), Decimal(150)), paid))
    settles = (('INV/1', Decimal(-90)), ('INV/2', Decimal(-40)))
    settled = replace(entry, items=(entry.items[0], replace(paid, settles=settles)))
    assert fingerprint(bookings_of(entry)) == fingerprint(bookings_of(settled))
    assert fingerprint(bookings_of(entry)) != fingerprint(bookings_of(replace(entry, date=date(2026, 1, 3))))


# === ANOTHER PROGRAM === #

def test_another_program_reads_the_same_sums(tmp_path):
    """K4: mloda-community-german-ledger reads what was written; gross on revenue, as keys demand."""
    entry = invoice(cut(Decimal('226.00'), 3), [
        (AUTOMATIC, VAT, Decimal(100), Decimal(19)), (REVENUE, REDUCED, Decimal(100), Decimal(7)),
    ])
    sums = read(tmp_path, bookings_of(entry))
    assert sums == {'10001': Decimal(226), '8400': Decimal(-119), '8200': Decimal(-107)}


def test_another_program_understands_the_reversal(tmp_path):
    bookings = bookings_of(simple())
    sums = read(tmp_path, [*bookings, *map(reversal_of, bookings)])
    assert set(sums.values()) == {Decimal(0)}


@pytest.mark.parametrize('length', [4, 5, 6, 7, 8])
def test_another_program_accepts_every_account_length(tmp_path, length):
    booking, = bookings_of(simple())
    long = replace(booking, account='1'.ljust(length + 1, '0'), contra_account='8400'.ljust(length, '0'))
    assert len(read(tmp_path, [long], replace(LEDGER, account_length=length))) == 2


def test_that_program_is_a_judge(tmp_path):
    """It refuses what is wrong, so its silence tells something."""
    booking, = bookings_of(simple())
    with pytest.raises(DatevRefusal):
        read(tmp_path, [replace(booking, account='100000001')])
