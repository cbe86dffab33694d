"""Contracts of other systems: read as they are exported, dated so that no period is charged twice or lost."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from odoo.addons.accounting_exchange.rules.errors import ExchangeError
from odoo.addons.accounting_exchange.rules.takeover import (
    chargebee_contracts,
    first_period_start,
    last_amounts_of,
    last_period_start,
    opening,
    woocommerce_contract,
)

WOO = {
    'subscription_id': '73', 'subscription_status': 'wc-active', 'customer_id': '12',
    'billing_email': 'ana@example.com', 'billing_first_name': 'Ana', 'billing_last_name': 'Pérez',
    'billing_country': 'ES', 'start_date': '2025-02-10 08:00:00',
    'next_payment_date': '2026-03-10 08:00:00', 'end_date': '0', 'billing_period': 'month', 'billing_interval': '1',
    'order_total': '24.20', 'order_tax': '4.20', 'order_currency': 'EUR',
    'order_items': 'product_id:5|name:Hosting|quantity:2|total:18.00|meta:|tax:3.78;product_id:6|name:Mail|quantity:1|'
                   'total:2.00|tax:0.42',
}
CHARGEBEE = [
    {'subscriptions.id': 'S1', 'customers.id': 'C9', 'Status': 'active', 'billing_period': '1',
     'billing_period_unit': 'year', 'next_billing_at': '2026-05-01 00:00:00', 'started_at': '2024-05-01 00:00:00',
     'item_price_id': 'pro-EUR', 'quantity': '3', 'unit_price': '100.00', 'currency_code': 'EUR'},
]


def test_a_row_of_woocommerce_is_a_contract():
    contract = woocommerce_contract(WOO)
    assert (contract.unit, contract.count, contract.next_date, contract.end) == ('month', 1, date(2026, 3, 10), None)
    assert [(line.product, line.quantity, line.price_unit) for line in contract.lines] == [
        ('woo-5', Decimal(2), Decimal(9)), ('woo-6', Decimal(1), Decimal(2)),
    ]
    assert contract.last_amount == Decimal('20.00')
    assert contract.partner_values['name'] == 'Ana Pérez'


@pytest.mark.parametrize('status', ['wc-cancelled', 'expired', 'wc-on-hold', 'trash'])
def test_what_has_ended_stays_where_it_is(status):
    assert woocommerce_contract({**WOO, 'subscription_status': status}) is None


@pytest.mark.parametrize(('change', 'code'), [
    ({'next_payment_date': ''}, 'missing'), ({'next_payment_date': '31.31.2026'}, 'date'),
    ({'billing_period': 'fortnight'}, 'interval'), ({'order_items': ''}, 'lines'),
    ({'order_total': 'x'}, 'number'),
])
def test_what_makes_no_sense_is_refused_with_a_reason(change, code):
    with pytest.raises(ExchangeError) as refused:
        woocommerce_contract({**WOO, **change})
    assert refused.value.code == code


def test_rows_of_chargebee_are_contracts():
    last = last_amounts_of([
        {'Subscription Id': 'S1', 'Date': '01-May-2024 10:00', 'Sub Total': '250.00'},
        {'Subscription Id': 'S1', 'Date': '01-May-2025 10:00', 'Sub Total': '300.00'},
    ])
    (contract,), wrong = chargebee_contracts(CHARGEBEE, last)
    assert not wrong
    assert (contract.ref, contract.unit, contract.last_amount) == ('S1', 'year', Decimal('300.00'))
    assert contract.lines[0].price_unit == 100


def test_no_period_is_charged_twice_and_none_is_lost():
    """In advance the next charge begins the next period; in arrears it ends it."""
    contract = woocommerce_contract(WOO)
    assert (first_period_start(contract), last_period_start(contract)) == (date(2026, 3, 10), date(2026, 2, 10))
    arrears = replace(contract, is_arrears=True)
    assert (first_period_start(arrears), last_period_start(arrears)) == (date(2026, 2, 10), date(2026, 1, 10))


def test_a_contract_is_opened_under_a_reference_of_its_own():
    item = opening(woocommerce_contract(WOO), date(2026, 3, 10), True, 'woo')
    assert (item['external_ref'], item['date_start'], item['activate']) == ('woo:73', '2026-03-10', True)
    assert item['lines'][0]['interval_unit'] == 'month'
