"""Recurring revenue: every interval counts what it brings in a month."""

from decimal import Decimal
from fractions import Fraction

import pytest
from odoo.addons.service_contracts.rules.metrics import monthly_amount
from odoo.addons.service_contracts.rules.periods import Interval


@pytest.mark.parametrize('count, unit, factor', [
    (1, 'month', Fraction(1)), (3, 'month', Fraction(1, 3)), (1, 'quarter', Fraction(1, 3)),
    (1, 'half_year', Fraction(1, 6)), (1, 'year', Fraction(1, 12)), (2, 'year', Fraction(1, 24)),
    (1, 'week', Fraction(52, 12)), (2, 'week', Fraction(26, 12)),
    (1, 'day', Fraction(365, 12)), (28, 'day', Fraction(365, 28 * 12))])
def test_an_amount_is_normalised_to_a_month(count, unit, factor):
    monthly = monthly_amount(Decimal('1234.56'), Interval(count, unit))
    assert abs(Fraction(monthly) - Fraction('1234.56') * factor) < Fraction(1, 10**20)


def test_the_monthly_amount_is_not_rounded():
    assert monthly_amount(Decimal(100), Interval(1, 'quarter')) == Decimal(100) / 3
