"""DATEV columns 15 and 18: a lock per open item, a circumstance per line, and a fingerprint that knows no locks."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.addons.accounting_exchange.rules.datev import Ledger, booking_line
from odoo.addons.accounting_exchange.rules.datev_bookings import Account, Entry, Item, bookings_of, fingerprint

FEES = Entry(7, 'RE/7', date(2026, 1, 20), (
    Item(1, Account('10001'), Decimal('17.50'), is_open_item=True, is_held=True),
    Item(2, Account('2650'), Decimal('-12.50'), circumstance=31),
    Item(3, Account('4830'), Decimal('-5.00'), circumstance=40),
), is_invoice=True)


def rows(entry: Entry) -> list[list[str]]:
    return [booking_line(booking, Ledger(29098, 55003, 4, chart='03')).split(';') for booking in bookings_of(entry)]


def test_fees_and_interest_of_one_invoice_say_what_they_are():
    assert {(row[0], row[14], row[17]) for row in rows(FEES)} == {('12,50', '1', '31'), ('5,00', '1', '40')}


def test_a_line_without_either_leaves_both_columns_empty():
    plain = replace(FEES, items=tuple(replace(item, is_held=False, circumstance=0) for item in FEES.items))
    assert {(row[14], row[17]) for row in rows(plain)} == {('', '')}


def test_fees_on_one_account_stay_apart_by_their_circumstance():
    items = tuple(replace(item, account=Account('4830')) if item.circumstance else item for item in FEES.items)
    assert len(rows(replace(FEES, items=items))) == 2


def test_a_dispute_that_comes_or_goes_is_no_correction():
    free = replace(FEES, items=(replace(FEES.items[0], is_held=False), *FEES.items[1:]))
    assert fingerprint(bookings_of(free)) == fingerprint(bookings_of(FEES))


def test_the_fingerprint_of_what_was_handed_over_before_is_the_same():
    """Lines that were handed over by an older version must not be reversed by a newer one."""
    plain = Entry(1, 'RE/1', date(2026, 1, 20), (
        Item(1, Account('10001'), Decimal('10.00'), is_open_item=True), Item(2, Account('8400'), Decimal('-10.00')),
    ), is_invoice=True)
    assert fingerprint(bookings_of(plain)) == OLD


OLD = '6c8d6a569c62ab90d05ff69f8dab7f0118910cea3ef43df11b64d22f5cbc527c'
