"""What is left of a discount in another plan: worth the same by any interval, and never more than was promised."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.bonus import Discount, FreePeriod, Loyalty
from odoo.addons.service_contracts.rules.carry import carried, periods_left
from odoo.addons.service_contracts.rules.periods import Interval, Recurrence

START = date(2026, 1, 31)
MONTHLY = Recurrence.from_start(Interval(1, 'month'), START)
months = st.integers(1, 24)


@given(months, st.integers(0, 800), months)
def test_what_is_left_is_worth_the_same_by_any_interval(periods, days, length):
    on = START + timedelta(days=days)
    coming = Recurrence.from_start(Interval(length, 'month'), on)
    left = periods_left(periods, START, on, MONTHLY)
    bonus = carried(Discount(Decimal(40), periods=periods), START, on, MONTHLY, coming, 2)
    if bonus is None:
        assert not left
        return
    worth = Fraction(bonus.percent) * bonus.periods * length
    assert abs(worth - 40 * left) <= Fraction(1, 200) * bonus.periods * length
    assert bonus.percent <= 40


@given(months, st.integers(0, 800))
def test_less_is_left_each_day_and_never_more_than_all(periods, days):
    on = START + timedelta(days=days)
    left = periods_left(periods, START, on, MONTHLY)
    assert 0 <= periods_left(periods, START, on + timedelta(days=1), MONTHLY) <= left <= periods


def test_months_of_loyalty_stay_and_free_periods_and_weeks_do_not():
    yearly, weekly = (Recurrence.from_start(Interval(1, unit), START) for unit in ('year', 'week'))
    loyal = Loyalty(12, Decimal(10))
    assert carried(loyal, START, START, MONTHLY, yearly, 2) == loyal
    assert carried(FreePeriod(12), START, START, MONTHLY, yearly, 2) is None
    assert carried(Discount(Decimal(5), periods=3), START, START, MONTHLY, weekly, 2) is None


def test_an_amount_each_period_follows_its_length():
    yearly = Recurrence.from_start(Interval(1, 'year'), START)
    assert carried(Discount(amount=Decimal('2.50')), START, START, MONTHLY, yearly, 2).amount == Decimal('30.00')
