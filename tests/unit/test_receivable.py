"""Receivables per contract: rows and columns add up, whatever the payment term and the taxes do."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.receivable import split_by_contract

cents = st.integers(min_value=-10_000_000, max_value=10_000_000).map(lambda units: Decimal(units).scaleb(-2))
positive_cents = st.integers(min_value=1, max_value=10_000_000).map(lambda units: Decimal(units).scaleb(-2))


@given(st.lists(positive_cents, min_size=1, max_size=6), st.lists(positive_cents, min_size=1, max_size=6))
def test_every_instalment_is_covered_by_the_contracts(instalments, totals):
    for instalment, row in zip(instalments, split_by_contract(instalments, totals, 2), strict=True):
        assert sum(row) == instalment


@given(st.lists(positive_cents, min_size=1, max_size=6), st.lists(cents, min_size=1, max_size=6))
def test_the_whole_invoice_is_split_even_with_contracts_in_credit(instalments, totals):
    rows = split_by_contract(instalments, totals, 2)
    assert sum(sum(row) for row in rows) == sum(instalments)


@given(st.lists(positive_cents, min_size=1, max_size=6))
def test_contracts_that_add_up_to_the_invoice_keep_their_own_totals(totals):
    assert split_by_contract([sum(totals)], totals, 2) == [totals]


def test_a_cent_of_tax_rounding_goes_to_the_largest_contract():
    assert split_by_contract([Decimal('30.01')], [Decimal('10.00'), Decimal('20.00')], 2) == [
        [Decimal('10.00'), Decimal('20.01')],
    ]


def test_a_contract_in_another_currency_is_split_in_proportion():
    rows = split_by_contract([Decimal('9.00')], [Decimal(1000), Decimal(2000)], 2)
    assert rows == [[Decimal('3.00'), Decimal('6.00')]]


def test_a_currency_without_decimals_stays_without():
    assert split_by_contract([Decimal(101)], [Decimal(50), Decimal(51)], 0) == [[Decimal(50), Decimal(51)]]


def test_nine_cents_of_tax_rounding_are_spread_over_sixty_contracts():
    [row] = split_by_contract([Decimal('1379.31')], [Decimal('22.99')] * 60, 2)
    assert sum(row) == Decimal('1379.31')
    assert set(row) == {Decimal('22.98'), Decimal('22.99')}
