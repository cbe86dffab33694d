"""Amortization: published plans come out to the cent, and every plan adds up to the last unit."""

import json
import os
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from odoo.addons.installment_sales.rules.amortization import (
    Financing,
    annuity_payment,
    is_last_unusual,
    period_rate,
    split,
    spread,
)
from odoo.addons.installment_sales.rules.offer import due_dates, offer
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval

from tests.unit.installments import MONTH, money, monthly, random_financing

GOLDEN = json.loads((Path(__file__).parents[1] / 'golden' / 'amortization.json').read_text())
PLANS = int(os.environ.get('RANDOM_PLANS', 400))
"""How many random plans must add up; RANDOM_PLANS=100000 takes some minutes."""


def financing(given):
    values = {name: Decimal(value) if name in ('principal', 'rate', 'payment', 'balloon') else value
              for name, value in given.items() if name not in ('effective', 'amounts')}
    if 'effective' in given:
        values['rate'] = period_rate(Decimal(given['effective']), 'effective', Fraction(12))
    if 'amounts' in given:
        values['amounts'] = tuple(map(Decimal, given['amounts']))
    return Financing(**values)


@pytest.mark.parametrize('example', GOLDEN, ids=lambda example: example['id'])
def test_published_plans_come_out_to_the_cent(example):
    parts, expected = split(financing(example['input'])), example['expected']
    found = {
        'interest': [str(part.interest) for part in parts],
        'payments': [str(part.payment) for part in parts],
        'first': str(parts[0].payment),
        'last': str(parts[-1].payment),
        'count': len(parts),
        'total_interest': str(sum(part.interest for part in parts)),
    }
    if 'balance_after' in expected:
        place = expected['balance_after'][0]
        found['balance_after'] = [place, str(parts[place - 1].balance)]
    assert {name: found[name] for name in expected} == expected


def check_sums(plan):
    """C2: principal, interest and balance of every plan fit together."""
    parts = split(plan)
    assert sum(part.principal for part in parts) == plan.principal
    assert parts[-1].balance == 0
    assert all(min(part.principal, part.interest, part.payment, part.balance) >= 0 for part in parts)
    assert all(amount == round(amount, plan.digits) for part in parts for amount in (part.principal, part.interest))
    return parts


def test_random_plans_add_up_to_the_last_unit():
    """C1, C2: every method, currencies of 0, 2 and 3 digits, 1 to 360 installments."""
    random = Random(20260101)
    for _plan_number in range(PLANS):
        check_sums(random_financing(random))


@pytest.mark.parametrize('digits', [0, 2, 3])
@pytest.mark.parametrize('count', [1, 2, 3, 7, 12, 359, 360])
@pytest.mark.parametrize('units', [1, 5, 360, 99_999, 10**9 + 7])
def test_equal_installments_differ_by_at_most_one_unit(units, count, digits):
    """C1: tiny totals too."""
    payments = [part.payment for part in check_sums(Financing(money(units, digits), 'none', count, digits=digits))]
    assert max(payments) - min(payments) <= money(1, digits)


@pytest.mark.parametrize('method, spread_of', [('annuity', 'linear'), ('flat', 'linear'), ('flat', 'rule_of_78')])
def test_the_total_is_the_same_however_the_interest_is_spread(method, spread_of):
    """C2: the interest of the rows is the interest of the plan."""
    parts = check_sums(Financing(Decimal(1200), method, 12, Decimal('0.01'), spread=spread_of))
    assert sum(part.payment for part in parts) == 1200 + sum(part.interest for part in parts)


def test_the_rule_of_78_takes_most_interest_first():
    parts = split(Financing(Decimal(1200), 'flat', 12, Decimal('0.01'), spread='rule_of_78'))
    assert [str(part.interest) for part in parts[:2]] == ['22.15', '20.31']
    assert {part.payment for part in parts} == {Decimal('112.00')}


def test_a_rate_of_zero_makes_an_annuity_of_equal_installments():
    assert annuity_payment(Decimal(1000), Decimal(0), 4) == 250
    assert [part.payment for part in split(Financing(Decimal(1000), 'annuity', 4))] == [250] * 4


def test_grace_installments_pay_interest_only():
    parts = check_sums(Financing(Decimal(1200), 'annuity', 6, Decimal('0.01'), grace=2))
    assert [(part.principal, part.interest) for part in parts[:2]] == [(0, 12), (0, 12)]
    assert parts[2].principal > 0


def test_interest_only_pays_the_price_at_the_end():
    parts = check_sums(Financing(Decimal(1000), 'interest_only', 3, Decimal('0.01')))
    assert [part.payment for part in parts] == [10, 10, 1010]


@pytest.mark.parametrize('values', [
    {'method': 'lease'}, {'principal': Decimal(0)}, {'principal': Decimal(-5)}, {'count': 0}, {'count': 10**6},
    {'rate': Decimal(-1)}, {'rate': Decimal(10)}, {'rounding': 'bankers'}, {'spread': 'random'},
    {'balloon': Decimal(1000)}, {'grace': 3}, {'principal': Decimal('10.001')},
    {'method': 'custom', 'amounts': (Decimal(400), Decimal(500))},
    {'method': 'custom', 'amounts': (Decimal(1100), Decimal(-100))},
    {'method': 'fixed_payment', 'payment': Decimal(10), 'rate': Decimal('0.01')},
    {'method': 'fixed_payment', 'payment': Decimal('0.01')},
])
def test_an_impossible_plan_is_refused(values):
    with pytest.raises(RuleError):
        split(Financing(**{'principal': Decimal(1000), 'method': 'annuity', 'count': 3, **values}))


@pytest.mark.parametrize('total, weights', [('30', [1] * 7), ('0.05', [3, 2, 1]), ('9.99', [0, 0, 0])])
def test_what_is_earned_along_the_rows_is_the_whole(total, weights):
    assert sum(spread(Decimal(total), weights, 2)) == Decimal(total)


def test_a_last_payment_far_from_the_others_is_noticed():
    assert is_last_unusual([Decimal(100), Decimal(100), Decimal(130)], Decimal('0.2'))
    assert not is_last_unusual([Decimal(100), Decimal(100), Decimal(101)], Decimal('0.2'))


# --- dates ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize('first, expected', [
    ({}, ['2026-02-28', '2026-03-31']),
    ({'first_due': 'days', 'days': 0}, ['2026-01-31', '2026-02-28']),
    ({'first_due': 'days', 'days': 45}, ['2026-03-17', '2026-04-17']),
    ({'first_due': 'day_of_month', 'day_of_month': 15}, ['2026-02-15', '2026-03-15']),
    ({'first_due': 'day_of_month', 'day_of_month': 31, 'days': 20}, ['2026-02-28', '2026-03-31']),
    ({'first_due': 'day_of_month', 'day_of_month': 5, 'days': 10}, ['2026-03-05', '2026-04-05']),
])
def test_installments_fall_due_on_the_agreed_day(first, expected):
    assert [str(due) for due in due_dates(date(2026, 1, 31), MONTH, 2, **first)] == expected


def test_fees_are_part_of_the_installments_and_of_the_cost():
    given = monthly(Financing(Decimal(1000), 'none', 4), fee_at_start=Decimal(30), spread_fee=Decimal(10),
                    row_fee=Decimal(2))
    assert [str(row.fee) for row in given.rows] == ['4.50'] * 4
    assert (given.at_start, given.cost, given.total) == (30, 48, 1048)
    assert sum(row.earned for row in given.rows) == given.cost


@pytest.mark.parametrize('dates', [[date(2026, 3, 1)], [date(2026, 3, 1)] * 2, [date(2026, 1, 1), date(2026, 3, 1)]])
def test_every_installment_needs_its_own_day_after_the_start(dates):
    with pytest.raises(RuleError):
        offer(Decimal(100), Decimal(0), date(2026, 1, 31), Financing(Decimal(100), 'none', 2), dates)


def test_an_amount_too_small_for_its_installments_is_refused():
    with pytest.raises(RuleError):
        monthly(Financing(Decimal('0.02'), 'none', 3))


def test_weekly_installments_keep_their_weekday():
    days = due_dates(date(2026, 12, 29), Interval(1, 'week'), 3)
    assert [day.weekday() for day in days] == [1, 1, 1]
