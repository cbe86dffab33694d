"""Yearly rates: the examples of the European Commission and of Regulation Z come out to the shown digit."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from odoo.addons.installment_sales.rules.amortization import Financing
from odoo.addons.installment_sales.rules.apr import (
    Flow,
    UnitTime,
    eu_apr,
    eu_years,
    periods_a_year,
    unit_period,
    us_apr,
    us_single_payment_apr,
    us_time,
)
from odoo.addons.installment_sales.rules.offer import offer_eu_apr, offer_us_apr
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_money
from odoo.addons.service_contracts.rules.periods import Interval

from tests.unit.installments import MONTH, monthly

GOLDEN = json.loads((Path(__file__).parents[1] / 'golden' / 'apr.json').read_text())


def examples(kind):
    return [pytest.param(example['input'], example['expected'], id=example['id'])
            for example in GOLDEN if example['kind'] == kind]


def years(text):
    return sum((Fraction(part) for part in text.split('+')), Fraction(0))


@pytest.mark.parametrize('given, expected', examples('apr_eu'))
def test_published_european_rates(given, expected):
    flows = [Flow(Fraction(0), Decimal(given['credit'])), Flow(Fraction(0), -Decimal(given['fee_at_0']))]
    for count, amount, first, step in given['series']:
        flows += [Flow(years(first) + years(step) * place, -Decimal(amount)) for place in range(count)]
    assert round_money(eu_apr(flows), given['digits']) == Decimal(expected)


@pytest.mark.parametrize('given, expected', examples('apr_us'))
def test_published_rates_of_the_actuarial_method(given, expected):
    amounts = [Decimal(amount) for count, amount in given['payments'] for _place in range(count)]
    if 'times' in given:
        whole, fraction = given['times']['first']
        first, a_year = UnitTime(whole, Fraction(fraction)), Fraction(given['times']['periods_a_year'])
    else:
        unit = Interval(*given['unit'])
        first = us_time(*map(date.fromisoformat, (given['advance_date'], given['first_due'])), unit)
        a_year = periods_a_year(unit)
    payments = [(UnitTime(first.whole + place, first.fraction), amount) for place, amount in enumerate(amounts)]
    assert str(round_money(us_apr(Decimal(given['financed']), payments, a_year), 2)) == expected


@pytest.mark.parametrize('given, expected', examples('apr_us_single'))
def test_published_rate_of_a_single_payment(given, expected):
    rate = us_single_payment_apr(Decimal(given['financed']), Decimal(given['payment']), given['days'])
    assert str(round_money(rate, 2)) == expected


# --- time ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize('start, due, expected', [
    ('2026-01-31', '2026-02-28', '1/12'), ('2026-01-15', '2027-01-15', '1'), ('2026-05-05', '2026-05-05', '0'),
    ('2026-01-01', '2026-02-04', '1/12+3/365'), ('2024-01-31', '2024-03-20', '1/12+20/366'),
    ('2023-12-30', '2024-01-02', '2/365+1/366'),
])
def test_time_in_years_is_whole_months_and_the_days_before(start, due, expected):
    assert eu_years(date.fromisoformat(start), date.fromisoformat(due)) == years(expected)


@pytest.mark.parametrize('days, expected', [
    (['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30'], (1, 'month')),
    (['2026-01-01', '2026-01-15', '2026-01-29', '2026-03-01'], (2, 'week')),
    (['2026-01-01', '2026-04-01', '2026-05-10', '2026-05-31'], (2, 'month')),
    (['2026-01-01', '2029-01-01', '2032-01-01'], (12, 'month')),
])
def test_the_unit_period_is_the_most_frequent_interval(days, expected):
    assert unit_period([date.fromisoformat(day) for day in days]) == Interval(*expected)


def test_a_unit_period_needs_two_days():
    with pytest.raises(RuleError):
        unit_period([date(2026, 1, 1)])


# --- offers --------------------------------------------------------------------------------------------

def test_both_rates_of_a_plain_monthly_offer():
    given = monthly(Financing(Decimal(12000), 'annuity', 12, Decimal('0.02')), start=date(2026, 1, 15))
    assert str(round(offer_eu_apr(given), 1)) == '26.8'
    assert str(round(offer_us_apr(given), 2)) == '24.00'


def test_a_fee_at_the_start_makes_the_same_credit_dearer():
    plain, with_fee = (monthly(Financing(Decimal(1000), 'annuity', 12, Decimal('0.01')), fee_at_start=Decimal(fee))
                       for fee in (0, 30))
    assert offer_eu_apr(with_fee) > offer_eu_apr(plain) + 5
    assert offer_us_apr(with_fee) > offer_us_apr(plain) + 5


def test_an_offer_without_cost_has_a_rate_of_zero():
    given = monthly(Financing(Decimal(1000), 'none', 3))
    assert (offer_eu_apr(given), offer_us_apr(given)) == (0, 0)


def test_the_rate_of_an_effective_year_is_that_year():
    rng = Random(7)
    for _place in range(20):
        effective = Decimal(rng.randint(1, 60)) / 100
        flows = [Flow(Fraction(0), Decimal(1000)), Flow(Fraction(1), -1000 * (1 + effective))]
        assert abs(eu_apr(flows) - 100 * effective) < Decimal('0.00001')


def test_a_short_credit_at_a_very_high_rate_still_has_one():
    flows = [Flow(Fraction(0), Decimal(250)), Flow(Fraction(28, 365), Decimal('-319.97'))]
    assert float(eu_apr(flows)) == pytest.approx(100 * ((319.97 / 250) ** (365 / 28) - 1))


@pytest.mark.parametrize('amounts', [(100, -250, 160), (100, 50), (-100, -50), (-100,)])
def test_flows_without_one_rate_are_refused(amounts):
    with pytest.raises(RuleError):
        eu_apr([Flow(Fraction(time), Decimal(amount)) for time, amount in enumerate(amounts)])


def test_a_rate_needs_something_financed():
    with pytest.raises(RuleError):
        us_apr(Decimal(0), [(UnitTime(1), Decimal(1))], periods_a_year(MONTH))
