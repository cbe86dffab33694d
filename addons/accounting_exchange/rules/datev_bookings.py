"""From a posted entry to DATEV bookings: who stands against whom, with which tax key, due when."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal

from .datev_text import document_number
from .errors import ExchangeError
from .shares import allocate, half_up, spread

LIFTS_AUTOMATIC = '40'
"""The key that books on an automatic account without its tax."""
ZERO = Decimal(0)


@dataclass(frozen=True)
class Account:
    """A ledger or person account; an automatic one works out tax by itself, at its rate."""

    number: str
    is_automatic: bool = False
    rate: Decimal | None = None


@dataclass(frozen=True)
class Tax:
    """A tax of Odoo: its rate in percent and its DATEV key."""

    ident: int
    name: str
    rate: Decimal
    key: str = ''


@dataclass(frozen=True)
class Item:
    """A journal item: what it books (debit positive), when it falls due, and which part of the tax story it is."""

    ident: int
    account: Account
    balance: Decimal
    is_open_item: bool = False
    due: date | None = None
    taxes: tuple[Tax, ...] = ()
    tax_of: int = 0
    cost_centre: str = ''
    circumstance: int = 0
    """31 for interest on late payment, 40 for a reminder fee."""
    is_held: bool = False
    """An open item that is not to be reminded of."""
    text: str = ''
    settles: tuple[tuple[str, Decimal], ...] = ()
    """Open items that it settles: their document, and how much of the balance."""


@dataclass(frozen=True)
class Entry:
    """A posted entry with its items, which add up to nothing."""

    ident: int
    number: str
    date: date
    items: tuple[Item, ...]
    is_invoice: bool = False
    text: str = ''
    reference: str = ''
    service_date: date | None = None
    vat: str = ''
    circumstance: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    their_number: str = ''
    """The supplier's number of a bill: by it the adviser knows the open item."""

    @property
    def document(self) -> str:
        return document_number(self.their_number) or document_number(self.number)

    @property
    def document_2(self) -> str:
        """The own number of a bill that goes by the supplier's."""
        return document_number(self.number)[-12:] if document_number(self.their_number) else ''


@dataclass(frozen=True)
class Booking:
    """One line of a Buchungsstapel. `tax` is the part of the amount that belongs to the tax key."""

    entry: int
    date: date
    amount: Decimal
    side: str
    account: str
    contra_account: str
    tax_key: str = ''
    tax: Decimal = ZERO
    rate: Decimal = ZERO
    document: str = ''
    document_2: str = ''
    text: str = ''
    due: date | None = None
    service_date: date | None = None
    cost_centre: str = ''
    vat: str = ''
    circumstance: int = 0
    is_held: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    is_reversal: bool = False

    @property
    def signed(self) -> Decimal:
        """What the booking adds to its account, debit positive; a reversal takes away from the same side."""
        amount = self.amount if self.side == 'S' else -self.amount
        return -amount if self.is_reversal else amount


@dataclass(frozen=True)
class _Column:
    """What stands against the open items of an invoice: one account, tax and cost centre, tax included."""

    account: str
    tax_key: str
    rate: Decimal
    cost_centre: str
    circumstance: int = 0


def bookings_of(entry: Entry) -> list[Booking]:
    """Return the lines that book an entry: invoices with tax included and one line per maturity, others as they stand.

    Raises ExchangeError: `unbalanced`, `tax_key` (a tax without key), `automatic` (a tax that is not the one the
    automatic account works out).
    """
    items = [item for item in entry.items if item.balance]
    if sum(item.balance for item in items):
        raise ExchangeError('unbalanced', entry=entry.number)
    if entry.is_invoice and any(item.is_open_item for item in items) and _is_expressible(items):
        return _invoice_bookings(entry, items)
    return _plain_bookings(entry, items)


def reversal_of(booking: Booking) -> Booking:
    """Return the booking that takes another one back without adding to the turnover (Generalumkehr)."""
    return replace(booking, is_reversal=not booking.is_reversal)


def fingerprint(bookings: Iterable[Booking]) -> str:
    """Return a text that changes with what is booked, not with the open items that a payment settles.

    These become known later and move no money; they only cut an amount in parts. A lock of an open item, which comes
    and goes with a dispute, is nothing booked either.
    """
    amounts: dict[Booking, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for booking in bookings:
        plain = replace(booking, amount=ZERO, tax=ZERO, document='', document_2='', text='', notes=(), is_held=False)
        amounts[plain][0] += booking.amount
        amounts[plain][1] += booking.tax
    lines = sorted(
        repr((tuple(value for name, value in asdict(plain).items() if name != 'is_held'), *sums))
        for plain, sums in amounts.items()
    )
    return hashlib.sha256(repr(lines).encode()).hexdigest()


def account_totals(bookings: Iterable[Booking]) -> dict[str, Decimal]:
    """Return what the bookings add to each account, tax left out of the account it was included in.

    The tax itself is found under the empty number: DATEV books it by its keys.
    """
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for booking in bookings:
        tax = booking.tax if booking.signed > 0 else -booking.tax
        totals[booking.account] += booking.signed
        totals[booking.contra_account] -= booking.signed - tax
        totals[''] -= tax
    return dict(totals)


def tax_difference(bookings: Iterable[Booking]) -> Decimal:
    """Return by how much the tax that DATEV works out of each line differs from the tax of the ledger."""
    difference = ZERO
    for booking in bookings:
        expected = half_up(booking.amount * booking.rate / (100 + booking.rate))
        sign = 1 if booking.signed > 0 else -1
        difference += sign * (expected - booking.tax)
    return difference


# === INVOICES === #


def _is_expressible(items: Sequence[Item]) -> bool:
    """Tell whether every line carries one tax at most: DATEV takes one key a line."""
    return all(len(item.taxes) <= 1 for item in items if not item.is_open_item and not item.tax_of)


def _invoice_bookings(entry: Entry, items: Sequence[Item]) -> list[Booking]:
    rows = sorted((item for item in items if item.is_open_item), key=lambda item: (item.due or date.min, item.ident))
    columns = _columns(entry, items)
    amounts = [-gross for gross, _tax in columns.values()]
    taxes = [-tax for _gross, tax in columns.values()]
    found = []
    cells = spread([row.balance for row in rows], amounts)
    shares = [allocate(tax, [abs(line[place]) for line in cells]) for place, tax in enumerate(taxes)]
    for place, (row, line) in enumerate(zip(rows, cells, strict=True)):
        document = document_number(entry.document, place + 1 if len(rows) > 1 else 0)
        for number, (column, amount) in enumerate(zip(columns, line, strict=True)):
            if amount:
                tax = shares[number][place]
                found.append(_booking(
                    entry, row.account.number, column.account, amount, document=document,
                    document_2=entry.document_2, due=row.due, tax_key=column.tax_key, rate=column.rate if tax else ZERO,
                    tax=tax if amount > 0 else -tax, cost_centre=column.cost_centre,
                    circumstance=column.circumstance or entry.circumstance, is_held=row.is_held,
                ))
    return found


def _columns(entry: Entry, items: Sequence[Item]) -> dict[_Column, tuple[Decimal, Decimal]]:
    """Return for each contra account, key and cost centre the amount with tax, and the tax in it."""
    bases = [item for item in items if not item.is_open_item and not item.tax_of]
    tax_by_item = _tax_by_item(bases, items)
    columns: dict[_Column, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for item in bases:
        tax = tax_by_item.get(item.ident, ZERO)
        key = _tax_key(entry, item, tax)
        rate = item.taxes[0].rate if item.taxes else ZERO
        column = _Column(item.account.number, key, rate, item.cost_centre, item.circumstance)
        gross, included = columns[column]
        columns[column] = gross + item.balance + tax, included + tax
    for item in _taxes_without_base(bases, items):
        column = _Column(item.account.number, LIFTS_AUTOMATIC if item.account.is_automatic else '', ZERO, '')
        gross, included = columns[column]
        columns[column] = gross + item.balance, included
    return dict(columns)


def _tax_by_item(bases: Sequence[Item], items: Sequence[Item]) -> dict[int, Decimal]:
    """Share the tax items among the lines that bear the tax, to the cent."""
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.tax_of:
            totals[item.tax_of] += item.balance
    found: dict[int, Decimal] = {}
    for ident, total in totals.items():
        bearers = [item for item in bases if item.taxes and item.taxes[0].ident == ident]
        if bearers:
            parts = _tax_parts(total, [item.balance for item in bearers])
            found.update(zip((item.ident for item in bearers), parts, strict=True))
    return found


def _tax_parts(total: Decimal, balances: Sequence[Decimal]) -> list[Decimal]:
    """Share a tax in proportion to what it was worked out from, discounts with their own sign."""
    base = sum(balances)
    if not base or all(balance > 0 for balance in balances) or all(balance < 0 for balance in balances):
        return allocate(total, [abs(balance) for balance in balances])
    parts = [half_up(total * balance / base) for balance in balances]
    largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
    parts[largest] += total - sum(parts)
    return parts


def _taxes_without_base(bases: Sequence[Item], items: Sequence[Item]) -> list[Item]:
    known = {item.taxes[0].ident for item in bases if item.taxes}
    return [item for item in items if item.tax_of and item.tax_of not in known]


def _tax_key(entry: Entry, item: Item, amount: Decimal) -> str:
    """Return the key of a line: none on an automatic account that works out this very tax."""
    tax = item.taxes[0] if item.taxes else None
    account = item.account
    if account.is_automatic:
        own = account.rate
        if tax and (own is None or tax.rate == own):
            return ''
        if amount:
            raise ExchangeError('automatic', entry=entry.number, account=account.number, tax=tax.name if tax else '')
        return '' if own == 0 else LIFTS_AUTOMATIC
    if tax and amount and not tax.key:
        raise ExchangeError('tax_key', entry=entry.number, tax=tax.name)
    return tax.key if tax else ''


# === OTHER ENTRIES === #


def _plain_bookings(entry: Entry, items: Sequence[Item]) -> list[Booking]:
    """Pair debits and credits in their order; automatic accounts keep to what the ledger says."""
    parts = [part for item in items for part in _parts(item)]
    debits = [part for part in parts if part[1] > 0]
    credits = [part for part in parts if part[1] < 0]
    found = []
    while debits and credits:
        (debit, owed, paid_by), (credit, given, settles) = debits[0], credits[0]
        amount = min(owed, -given)
        found.append(_pair(entry, debit, credit, amount, paid_by or settles))
        debits[0] = debit, owed - amount, paid_by
        credits[0] = credit, given + amount, settles
        debits, credits = [part for part in debits if part[1]], [part for part in credits if part[1]]
    return found


def _parts(item: Item) -> list[tuple[Item, Decimal, str]]:
    """Split an item by the open items that it settles; what settles none comes last."""
    parts, left = [], item.balance
    for document, amount in item.settles:
        share = max(min(amount, left), ZERO) if left > 0 else min(max(amount, left), ZERO)
        if share:
            parts.append((item, share, document))
            left -= share
    return [*parts, (item, left, '')] if left else parts


def _pair(entry: Entry, debit: Item, credit: Item, amount: Decimal, settled: str) -> Booking:
    """Book one amount; the open item, if there is one, is the account that the line speaks of."""
    item, other, signed = (credit, debit, -amount) if credit.is_open_item else (debit, credit, amount)
    lifts = item.account.is_automatic or other.account.is_automatic
    return _booking(
        entry, item.account.number, other.account.number, signed, document=settled or entry.document,
        document_2=document_number(entry.number)[-12:] if settled else entry.document_2,
        due=item.due if item.is_open_item else None,
        tax_key=LIFTS_AUTOMATIC if lifts else '', cost_centre=item.cost_centre or other.cost_centre,
    )


# === BOTH === #


def _booking(entry: Entry, account: str, contra: str, signed: Decimal, **values) -> Booking:
    return Booking(
        entry=entry.ident, date=entry.date, amount=abs(signed), side='S' if signed > 0 else 'H',
        account=account, contra_account=contra, text=entry.text, service_date=entry.service_date, vat=entry.vat,
        notes=entry.notes, **{'circumstance': entry.circumstance, **values},
    )
