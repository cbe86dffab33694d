"""Card expiry: found where providers put it, and never made up."""

from datetime import date

import pytest
from odoo.addons.installment_sales.rules.cards import card_expiry


@pytest.mark.parametrize('told, expected', [
    ({'card': {'exp_month': 12, 'exp_year': 2027}}, date(2027, 12, 31)),
    ({'a': [{'b': {'exp_month': '2', 'exp_year': '28'}}]}, date(2028, 2, 29)),
    ({'additionalData': {'expiryDate': '3/2030'}}, date(2030, 3, 31)),
    ({'expiration_date': '06-29'}, date(2029, 6, 30)),
])
def test_the_ways_providers_tell_it(told, expected):
    assert card_expiry(told) == expected


@pytest.mark.parametrize('told', [
    None, {}, [], 'x', {'exp_month': 13, 'exp_year': 2027}, {'exp_month': 1}, {'expiry': '2027'}, {'expiry': 5},
    {'exp_month': '²', 'exp_year': '2027'}, {'exp_month': 0, 'exp_year': 2027}, {'exp_month': 1, 'exp_year': 99999},
])
def test_what_is_no_expiry_is_none(told):
    assert card_expiry(told) is None
