"""The DATEV format: header, booking lines and master data as the lines of an EXTF file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .datev_bookings import Booking
from .datev_columns import BOOKING_COLUMNS, BOOKING_TEXT_COLUMNS, PARTNER_COLUMNS
from .datev_text import ENCODING, clean, split_vat
from .errors import ExchangeError

LINE_END = '\r\n'
BOOKINGS = (21, 'Buchungsstapel', 13)
PARTNERS = (16, 'Debitoren/Kreditoren', 5)
"""Category, name and version of the two formats."""
LARGEST = Decimal('9999999999.99')
PARTNER_NUMBER_COLUMNS = frozenset({
    1, 26, 27, 28, *(start + offset for start in range(41, 96, 11) for offset in (8, 9, 10)), 96, 101,
    *range(105, 133), 135, 163, 164, *(start + offset for start in range(165, 220, 11) for offset in (8, 9, 10)), 221,
    *range(232, 244), *range(245, 255),
})
"""Columns of the master data without quotation marks, counted from 1."""


@dataclass(frozen=True)
class Ledger:
    """The books that a file belongs to, as the tax adviser keeps them."""

    consultant: int
    client: int
    account_length: int
    currency: str = 'EUR'
    chart: str = ''
    is_fixed: bool = False
    initials: str = ''


@dataclass(frozen=True)
class Span:
    """The posting period of a file and the fiscal year it lies in; both days belong to it."""

    start: date
    end: date
    year_start: date


@dataclass(frozen=True)
class PartnerRow:
    """A customer or supplier as the master data name it."""

    account: str
    name: str
    first_name: str = ''
    is_company: bool = True
    vat: str = ''
    street: str = ''
    zip: str = ''
    city: str = ''
    country: str = ''
    phone: str = ''
    email: str = ''
    website: str = ''
    reference: str = ''
    iban: str = ''
    bic: str = ''
    due_days: int | None = None
    language: str = ''


def check_ledger(ledger: Ledger) -> None:
    """Refuse numbers that no DATEV book has.

    Raises ExchangeError with the code `consultant`, `client` or `length`.
    """
    if not 1001 <= ledger.consultant <= 9_999_999:
        raise ExchangeError('consultant', value=ledger.consultant)
    if not 1 <= ledger.client <= 99_999:
        raise ExchangeError('client', value=ledger.client)
    if not 4 <= ledger.account_length <= 8:
        raise ExchangeError('length', value=ledger.account_length)


def header(ledger: Ledger, span: Span, kind: tuple[int, str, int], created: datetime, label: str) -> str:
    """Return the first line of a file, 31 fields.

    >>> print(header(Ledger(29098, 55003, 4, chart='03'), Span(date(2024, 1, 1), date(2024, 8, 31), date(2024, 1, 1)),
    ...              BOOKINGS, datetime(2024, 1, 30, 14, 4, 40, 439000), 'Buchungsstapel'))  # doctest: +ELLIPSIS
    "EXTF";700;21;"Buchungsstapel";13;20240130140440439;;"SE";"";"";29098;55003;20240101;4;20240101;20240831;...
    """
    check_ledger(ledger)
    category, name, version = kind
    batch = [f'{span.start:%Y%m%d}', f'{span.end:%Y%m%d}', '1', '0', str(int(ledger.is_fixed))]
    if kind != BOOKINGS:
        batch = [''] * len(batch)
    stamp = f'{created:%Y%m%d%H%M%S}{created.microsecond // 1000:03d}'
    fields = [
        _quoted('EXTF'), '700', str(category), _quoted(name), str(version), stamp, '', _quoted('SE'), _quoted(''),
        _quoted(''), str(ledger.consultant), str(ledger.client), f'{span.year_start:%Y%m%d}',
        str(ledger.account_length), *batch[:2], _quoted(clean(label, 30)), _quoted(clean(ledger.initials, 2)),
        *batch[2:], _quoted(ledger.currency), '', _quoted(''), '', '', _quoted(ledger.chart), '', '', _quoted(''),
        _quoted(''),
    ]
    return ';'.join(fields)


def bookings_file(ledger: Ledger, span: Span, bookings: Iterable[Booking], created: datetime, label: str) -> bytes:
    """Return the file of one posting period.

    Raises ExchangeError (`outside`) for a booking that is not dated within it.
    """
    lines = [header(ledger, span, BOOKINGS, created, label), ';'.join(BOOKING_COLUMNS)]
    for booking in bookings:
        if not span.start <= booking.date <= span.end:
            raise ExchangeError('outside', document=booking.document, date=booking.date)
        lines.append(booking_line(booking, ledger))
    return _encoded(lines)


def booking_line(booking: Booking, ledger: Ledger) -> str:
    """Return one data line of 125 columns."""
    values: dict[int, str] = {
        1: amount_text(booking.amount),
        2: booking.side,
        3: ledger.currency,
        7: booking.account,
        8: booking.contra_account,
        9: booking.tax_key,
        10: f'{booking.date:%d%m}',
        11: booking.document,
        12: booking.document_2,
        14: clean(booking.text, 60),
        15: '1' if booking.is_held else '',
        18: str(booking.circumstance) if booking.circumstance else '',
        37: clean(booking.cost_centre, 36),
        40: booking.vat[:15],
        114: str(int(ledger.is_fixed)),
        115: f'{booking.service_date:%d%m%Y}' if booking.service_date else '',
        116: f'{booking.date:%d%m%Y}' if booking.service_date else '',
        117: f'{booking.due:%d%m%Y}' if booking.due else '',
        118: '1' if booking.is_reversal else '0',
    }
    for place, (name, content) in enumerate(booking.notes[:20]):
        values[48 + 2 * place] = clean(name, 20)
        values[49 + 2 * place] = clean(content, 210)
    return _line(values, len(BOOKING_COLUMNS), BOOKING_TEXT_COLUMNS)


def partners_file(ledger: Ledger, span: Span, partners: Iterable[PartnerRow], created: datetime, label: str) -> bytes:
    """Return the master data of customers and suppliers."""
    lines = [header(ledger, span, PARTNERS, created, label), ';'.join(PARTNER_COLUMNS)]
    lines += [partner_line(partner) for partner in partners]
    return _encoded(lines)


def partner_line(partner: PartnerRow) -> str:
    """Return one data line of 254 columns."""
    country, vat = split_vat(partner.vat)
    name_column = 2 if partner.is_company else 4
    values = {
        1: partner.account,
        name_column: clean(partner.name, 50 if partner.is_company else 30),
        5: '' if partner.is_company else clean(partner.first_name, 30),
        7: '2' if partner.is_company else '1',
        8: clean(partner.name, 15),
        9: country,
        10: vat,
        15: 'STR' if partner.street else '',
        16: clean(partner.street, 36),
        18: clean(partner.zip, 10),
        19: clean(partner.city, 30),
        20: clean(partner.country, 2),
        29: clean(partner.phone, 60),
        33: clean(partner.email, 60),
        35: clean(partner.website, 60),
        45: partner.iban[:34],
        47: partner.bic[:11],
        99: clean(partner.reference, 15),
        101: LANGUAGES.get(partner.language, ''),
        110: str(partner.due_days) if partner.due_days is not None and 0 <= partner.due_days <= 999 else '',
    }
    text_columns = frozenset(range(1, len(PARTNER_COLUMNS) + 1)) - PARTNER_NUMBER_COLUMNS
    return _line(values, len(PARTNER_COLUMNS), text_columns)


LANGUAGES: Mapping[str, str] = {'de': '1', 'fr': '4', 'en': '5', 'es': '10', 'it': '19'}
"""DATEV's numbers of languages."""


def amount_text(amount: Decimal) -> str:
    """Return a positive amount with a decimal comma and no thousands mark.

    >>> amount_text(Decimal('1234.5'))
    '1234,50'
    """
    if not 0 < amount <= LARGEST or amount != round(amount, 2):
        raise ExchangeError('amount', amount=amount)
    return f'{amount:.2f}'.replace('.', ',')


def _line(values: Mapping[int, str], count: int, text_columns: frozenset[int]) -> str:
    return ';'.join(
        _quoted(values.get(place, '')) if place in text_columns else values.get(place, '')
        for place in range(1, count + 1)
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _encoded(lines: list[str]) -> bytes:
    return (LINE_END.join(lines) + LINE_END).encode(ENCODING)
