"""Settlement: what ends a plan on any day, and what moving it leaves untouched."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from odoo.addons.installment_sales.rules.amortization import Financing
from odoo.addons.installment_sales.rules.settlement import exceeds, payoff, skip
from odoo.addons.service_contracts.rules.errors import RuleError

from tests.unit.installments import MONTH, monthly

BEGIN = date(2026, 1, 15)
THIRD = date(2026, 4, 15)


def textbook(**values):
    """1000 at 9 % in six months with a fee of 30."""
    return monthly(Financing(Decimal(1000), 'annuity', 6, Decimal('0.0075')), start=BEGIN,
                   fee_at_start=Decimal(30), **values)


def open_after(given, paid):
    return [Decimal(0) if row.number <= paid else row.payment for row in given.rows]


def quote(given, day, paid=3, **values):
    return payoff(given.rows, open_after(given, paid), given.start, day, 2, **values)


@pytest.mark.parametrize('earning, fee_back', [('linear', '15.00'), ('interest', '8.63')])
def test_published_payoff_after_the_third_installment(earning, fee_back):
    """C-PAY-1: 1000 at 9 %, fee 30: principal 505.60, interest not due 7.60, the fee by either rule."""
    ended = quote(textbook(earning=earning), THIRD)
    assert str(ended.principal) == '505.60'
    assert str(ended.unearned) == str(Decimal('7.60') + Decimal(fee_back))
    assert str(ended.amount) == str(Decimal('505.60') - Decimal(fee_back))


def test_a_running_period_has_earned_its_days():
    day = THIRD + timedelta(days=10)
    ended = quote(textbook(), day)
    assert str(ended.accrued) == str(round((Decimal('3.79') + 5) * 10 / 30, 2))
    assert ended.accrued + ended.unearned == Decimal('22.60')


@pytest.mark.parametrize('day_count, accrued', [('actual_365', '1.25'), ('actual_360', '1.26'), ('30_360', '1.26')])
def test_a_day_count_of_the_contract_is_kept(day_count, accrued):
    ended = quote(textbook(), THIRD + timedelta(days=10), day_count=day_count, yearly_rate=Decimal('0.09'))
    assert str(ended.accrued) == accrued


def test_what_is_overdue_stays_owed():
    ended = quote(textbook(), THIRD + timedelta(days=1), paid=1)
    assert str(ended.overdue) == '342.14'
    assert ended.amount == ended.outstanding - ended.unearned


def test_the_seller_keeps_at_most_the_interest_given_up():
    ended = quote(textbook(), THIRD, compensation=(Decimal('0.01'), Decimal('0.005')))
    assert str(ended.compensation) == '2.53'
    dear = quote(textbook(), THIRD, compensation=(Decimal(1), Decimal(1)))
    assert str(dear.compensation) == '7.60'


def test_a_payoff_on_the_last_day_gives_nothing_back():
    ended = quote(textbook(), date(2026, 7, 15), paid=5)
    assert (ended.unearned, ended.credit) == (0, 0)


def test_for_every_day_the_earned_and_the_unearned_are_the_whole_cost():
    given = textbook()
    for offset in range(200):
        day = BEGIN + timedelta(days=offset)
        ended = quote(given, day, paid=0)
        done = sum(row.earned for row in given.rows if row.due <= day)
        assert done + ended.accrued + ended.unearned == given.cost
        assert ended.unearned >= 0


def test_waiting_never_makes_the_payoff_cheaper_by_more_than_was_paid():
    given = textbook()
    amounts = [quote(given, BEGIN + timedelta(days=offset), paid=0).amount for offset in range(200)]
    assert amounts == sorted(amounts)


def test_a_plan_cannot_be_paid_off_before_it_starts():
    with pytest.raises(RuleError):
        quote(textbook(), BEGIN - timedelta(days=1))


def test_an_unknown_day_count_is_refused():
    with pytest.raises(RuleError):
        quote(textbook(), THIRD, day_count='lunar')


def test_a_skipped_month_moves_what_follows_and_changes_no_amount():
    rows = textbook().rows
    moved = skip(rows, 4, MONTH)
    assert [row.due for row in moved[:3]] == [row.due for row in rows[:3]]
    assert [str(row.due) for row in moved[3:]] == ['2026-06-15', '2026-07-15', '2026-08-15']
    assert [replace(row, due=BEGIN) for row in moved] == [replace(row, due=BEGIN) for row in rows]


def test_a_skipped_month_goes_back_to_the_day_that_was_agreed():
    rows = [replace(textbook().rows[0], number=number, due=due) for number, due in
            ((1, date(2026, 2, 28)), (2, date(2026, 4, 30)))]
    assert [str(row.due) for row in skip(rows, 1, MONTH, 31)] == ['2026-03-31', '2026-05-31']
    assert [str(row.due) for row in skip(rows, 1, MONTH)] == ['2026-03-28', '2026-05-30']


def test_only_an_installment_there_is_can_be_skipped():
    with pytest.raises(RuleError):
        skip(textbook().rows, 9, MONTH)


def test_a_limit_counts_all_plans_together():
    assert exceeds(Decimal(1000), Decimal(600), Decimal(500)) == 100
    assert exceeds(Decimal(1000), Decimal(600), Decimal(400)) == 0
    assert exceeds(Decimal(0), Decimal(10**9), Decimal(1)) == 0


def test_the_order_of_payments_does_not_change_what_is_unearned():
    given, random = textbook(), Random(3)
    expected = quote(given, THIRD, paid=0).unearned
    for _place in range(20):
        left = [Decimal(random.randint(0, int(row.payment * 100))) / 100 for row in given.rows]
        assert payoff(given.rows, left, given.start, THIRD, 2).unearned == expected
