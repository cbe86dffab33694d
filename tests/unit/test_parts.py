"""Invoices for each installment: every cut sums to the sale in both directions."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.installment_sales.rules.parts import cut
from odoo.addons.service_contracts.rules.errors import RuleError

units = st.integers(0, 10**7)


def cents(values):
    return [Decimal(value).scaleb(-2) for value in values]


@given(st.lists(units, min_size=1, max_size=8), st.lists(units, min_size=1, max_size=12))
def test_rows_sum_to_their_totals_and_columns_to_their_pieces(pieces, weights):
    """C6: whatever is sold, and however it is paid."""
    pieces, totals = cents(pieces), cents(weights)
    totals[-1] += max(sum(pieces) - sum(totals), Decimal(0))
    pieces[-1] += max(sum(totals) - sum(pieces), Decimal(0))
    rows = cut(pieces, totals, 2)
    assert [sum(row) for row in rows] == totals
    assert [sum(column) for column in zip(*rows, strict=True)] == pieces
    assert all(share >= 0 for row in rows for share in row)


@settings(max_examples=500)
@given(st.integers(1, 10**6), st.integers(2, 24))
def test_tax_follows_the_net_within_two_units(net, count):
    pieces = cents([net * 100, net * 19])
    whole = sum(pieces)
    totals = [Decimal(int(whole * 100) // count).scaleb(-2)] * (count - 1)
    totals.append(whole - sum(totals))
    for share, tax in cut(pieces, totals, 2):
        assert abs(tax - share * Decimal('0.19')) <= Decimal('0.02')


def test_pieces_that_do_not_fit_their_totals_are_refused():
    with pytest.raises(RuleError):
        cut([Decimal(10)], [Decimal(9)], 2)


@given(st.lists(units, min_size=1, max_size=6), st.lists(st.integers(1, 10**5), min_size=1, max_size=3),
       st.lists(units, min_size=1, max_size=12))
def test_discounts_are_shared_by_all_parts(pieces, discounts, weights):
    """C6: a discount is a piece below zero, wherever it stands among the others."""
    totals = cents(weights)
    totals[-1] += Decimal('0.01')
    pieces = [*cents(pieces), *(-amount for amount in cents(discounts))]
    pieces[0] += max(sum(totals) - sum(pieces), Decimal(0))
    totals[-1] += sum(pieces) - sum(totals)
    rows = cut(pieces, totals, 2)
    assert [sum(row) for row in rows] == totals
    assert [sum(column) for column in zip(*rows, strict=True)] == pieces
    assert all((share >= 0) == (piece >= 0) or not share for row in rows
               for share, piece in zip(row, pieces, strict=True))
