"""Contracts of other systems as plain values, and as what opens them here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from dateutil.relativedelta import relativedelta

from .errors import ExchangeError

UNITS: dict[str, tuple[str, int]] = {
    'day': ('day', 1), 'days': ('day', 1), 'daily': ('day', 1), 'week': ('week', 1), 'weeks': ('week', 1),
    'weekly': ('week', 1), 'month': ('month', 1), 'months': ('month', 1), 'monthly': ('month', 1),
    'monthlylastday': ('month', 1), 'quarter': ('month', 3), 'quarterly': ('month', 3), 'semesterly': ('month', 6),
    'year': ('year', 1), 'years': ('year', 1), 'yearly': ('year', 1),
}
"""How other systems call an interval → unit and factor here."""
RUNNING = {'active', 'wc-active', 'non_renewing', 'in_progress', 'in_trial', 'pending-cancel', 'wc-pending-cancel', ''}
"""States of contracts that go on; the others stay where they are."""


@dataclass(frozen=True)
class OldLine:
    """A service of a contract: a database id or a reference, and its price for one period."""

    product: int | str
    name: str
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal = Decimal(0)


@dataclass(frozen=True)
class OldContract:
    """A contract as the other system has it; `next_date` is when it would charge next."""

    ref: str
    partner: int | str
    partner_values: Mapping[str, str]
    start: date
    next_date: date
    end: date | None
    unit: str
    count: int
    is_arrears: bool
    currency: str
    lines: tuple[OldLine, ...]
    last_amount: Decimal | None = None
    """The untaxed amount of its last invoice."""
    ends_with_month: bool = False


def interval(kind: str, count: int) -> tuple[str, int]:
    """Return unit and number of an interval; raises ExchangeError (`interval`) for one that is unknown.

    >>> interval('semesterly', 1), interval('month', 3)
    (('month', 6), ('month', 3))
    """
    unit, factor = UNITS.get(kind.strip().lower(), ('', 0))
    if not unit or count < 1:
        raise ExchangeError('interval', value=f'{count} {kind}')
    return unit, count * factor


def first_period_start(contract: OldContract) -> date:
    """Return the first day that is still to be charged.

    A contract in arrears charges on the day after a period; that period is the one to be charged first.
    """
    return back(contract.next_date, contract) if contract.is_arrears else contract.next_date


def last_period_start(contract: OldContract) -> date:
    """Return the first day of the period that the last invoice charged."""
    return back(first_period_start(contract), contract)


def back(day: date, contract: OldContract) -> date:
    """Return a day one interval earlier.

    >>> from types import SimpleNamespace
    >>> back(date(2026, 3, 31), SimpleNamespace(unit='month', count=1))
    datetime.date(2026, 2, 28)
    """
    steps = {'day': 'days', 'week': 'weeks', 'month': 'months', 'year': 'years'}
    return day - relativedelta(**{steps[contract.unit]: contract.count})


def opening(contract: OldContract, start: date, activate: bool, prefix: str, pricelist: int = 0) -> dict:
    """Return the object by which `open_contracts` opens the contract from a day on.

    :param pricelist: the price list that gives it its currency, if that is not the company's.
    """
    recurrence = {
        'interval_unit': contract.unit, 'interval_count': contract.count,
        'timing': 'arrears' if contract.is_arrears else 'advance',
    }
    item = {
        'external_ref': f'{prefix}:{contract.ref}',
        'partner': contract.partner,
        'date_start': start.isoformat(),
        'activate': activate,
        'lines': [
            {
                'product': line.product, 'name': line.name, 'quantity': float(line.quantity),
                'price_unit': float(line.price_unit), **({'discount': float(line.discount)} if line.discount else {}),
                **recurrence,
            }
            for line in contract.lines
        ],
    }
    if pricelist:
        item['pricelist'] = pricelist
    if contract.end:
        item['date_end'] = contract.end.isoformat()
    return item


# === WOOCOMMERCE SUBSCRIPTIONS === #

def woocommerce_contract(row: Mapping[str, str]) -> OldContract | None:
    """Return the contract of a row of the CSV export, nothing for one that does not go on.

    Raises ExchangeError: `missing`, `date`, `number`, `interval`, `lines`.
    """
    if row.get('subscription_status', '').strip().lower() not in RUNNING:
        return None
    unit, count = interval(_needed(row, 'billing_period'), int(_number(row.get('billing_interval') or '1')))
    lines = tuple(_woocommerce_lines(row.get('order_items', '')))
    if not lines:
        raise ExchangeError('lines')
    next_date = _day(_needed(row, 'next_payment_date'))
    return OldContract(
        ref=_needed(row, 'subscription_id'),
        partner=f'woo-{row.get("customer_id") or _needed(row, "billing_email")}',
        partner_values={
            'name': row.get('billing_company') or _joined(row.get('billing_first_name'), row.get('billing_last_name'))
            or row.get('customer_username') or row.get('customer_email', ''),
            'email': row.get('billing_email') or row.get('customer_email', ''), 'phone': row.get('billing_phone', ''),
            'street': row.get('billing_address_1', ''), 'zip': row.get('billing_postcode', ''),
            'city': row.get('billing_city', ''), 'country': row.get('billing_country', ''),
        },
        start=_day(row.get('start_date') or row.get('date_created') or row['next_payment_date']),
        next_date=next_date, end=_day(row['end_date']) if _is_date(row.get('end_date')) else None,
        unit=unit, count=count, is_arrears=False, currency=row.get('order_currency', ''), lines=lines,
        last_amount=_number(row['order_total']) - _number(row.get('order_tax') or '0')
        - _number(row.get('order_shipping_tax') or '0') if row.get('order_total') else None,
    )


def _woocommerce_lines(text: str) -> Iterable[OldLine]:
    for part in filter(str.strip, text.split(';')):
        values = dict(piece.split(':', 1) for piece in part.split('|') if ':' in piece)
        quantity = _number(values.get('quantity') or '1')
        if quantity <= 0:
            raise ExchangeError('number', column='order_items', value=str(quantity))
        total = _number(values.get('total') or '0')
        price = (total / quantity).quantize(Decimal('0.000001'))
        product = values.get('sku') or f'woo-{(values.get("product_id") or values.get("id") or "").strip()}'
        yield OldLine(product, values.get('name', '').strip() or product, quantity, price.normalize())


# === CHARGEBEE === #

def chargebee_contracts(
    rows: Iterable[Mapping[str, str]], last_amounts: Mapping[str, Decimal],
) -> tuple[list[OldContract], list[tuple[str, ExchangeError]]]:
    """Return the contracts of the export of subscription items, one row an item, and what is wrong with others."""
    items: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        plain = {_chargebee_name(name): (value or '').strip() for name, value in row.items()}
        items.setdefault(plain.get('subscription_id') or plain.get('id', ''), []).append(plain)
    found, wrong = [], []
    for ref, parts in items.items():
        try:
            if contract := _chargebee_contract(ref, parts, last_amounts.get(ref)):
                found.append(contract)
        except ExchangeError as error:
            wrong.append((ref, error))
    return found, wrong


def _chargebee_contract(ref: str, parts: list[dict[str, str]], last: Decimal | None) -> OldContract | None:
    head = parts[0]
    if not ref:
        raise ExchangeError('missing', column='subscription_id')
    if head.get('status', '').lower() not in RUNNING:
        return None
    unit, count = interval(_needed(head, 'billing_period_unit'), int(_number(head.get('billing_period') or '1')))
    lines = tuple(
        OldLine(_needed(part, 'item_price_id'), part.get('item_name') or part['item_price_id'],
                _number(part.get('quantity') or '1'), _number(_needed(part, 'unit_price')))
        for part in parts
    )
    return OldContract(
        ref=ref, partner=f'cb-{_needed(head, "customer_id")}',
        partner_values={
            'name': head.get('company') or _joined(head.get('first_name'), head.get('last_name'))
            or head['customer_id'],
            'email': head.get('email', ''), 'country': head.get('country', ''), 'city': head.get('city', ''),
            'street': head.get('line1', ''), 'zip': head.get('zip', ''),
        },
        start=_day(head.get('started_at') or head.get('start_date') or _needed(head, 'next_billing_at')),
        next_date=_day(_needed(head, 'next_billing_at')),
        end=_day(head['cancelled_at']) - timedelta(days=1) if _is_date(head.get('cancelled_at')) else None,
        unit=unit, count=count, is_arrears=False, currency=head.get('currency_code', ''), lines=lines, last_amount=last,
    )


def last_amounts_of(rows: Iterable[Mapping[str, str]]) -> dict[str, Decimal]:
    """Return the untaxed amount of the last invoice of each subscription, from an export of invoices."""
    latest: dict[str, tuple[date, Decimal]] = {}
    for row in rows:
        plain = {_chargebee_name(name): (value or '').strip() for name, value in row.items()}
        ref = _needed(plain, 'subscription_id')
        day, amount = _day(_needed(plain, 'date')), _number(_needed(plain, 'sub_total'))
        if ref not in latest or day > latest[ref][0]:
            latest[ref] = day, amount
    return {ref: amount for ref, (_day_, amount) in latest.items()}


def _chargebee_name(name: str) -> str:
    """Return the last part of a heading such as `subscriptions.next_billing_at` or `Customer Id`.

    >>> _chargebee_name('subscription_items[item_price_id]'), _chargebee_name('Next Billing At')
    ('item_price_id', 'next_billing_at')
    >>> _chargebee_name('customers.id')
    'customer_id'
    """
    *table, part = re.split(r'[.\[]', name.rstrip(']'))
    plain = re.sub(r'\W+', '_', part.strip()).lower()
    return f'{table[0].strip().lower().rstrip("s")}_id' if table and plain == 'id' else plain


# === VALUES === #

def _needed(row: Mapping[str, str], name: str) -> str:
    value = (row.get(name) or '').strip()
    if not value:
        raise ExchangeError('missing', column=name)
    return value


def _number(text: str) -> Decimal:
    try:
        number = Decimal(str(text).strip().replace(',', ''))
    except InvalidOperation as error:
        raise ExchangeError('number', column='', value=str(text)[:60]) from error
    if not number.is_finite():
        raise ExchangeError('number', column='', value=str(text)[:60])
    return number


def _is_date(text: str | None) -> bool:
    return bool((text or '').strip(' 0'))


def _day(text: str) -> date:
    """Return the day of a date or moment as these systems write it."""
    plain = text.strip()
    for form in ('%Y-%m-%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%d-%b-%Y %H:%M', '%d-%b-%Y', '%m/%d/%Y',
                 '%m/%d/%Y %H:%M:%S'):
        try:
            return datetime.strptime(plain[:19].rstrip('Z'), form).date()
        except ValueError:
            continue
    raise ExchangeError('date', column='', value=plain[:60])


def _joined(*parts: str | None) -> str:
    return ' '.join(part for part in parts if part)
