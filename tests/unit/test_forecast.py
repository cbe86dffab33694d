"""The time machine: a scenario that changes nothing changes nothing, and what is left only shrinks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.forecast import Scenario, average
from odoo.addons.service_contracts.rules.price_schedule import PricePhase, price_at

LAW = settings(max_examples=50)
DAY = date(2025, 1, 1)

days = st.integers(0, 2000).map(lambda number: DAY + timedelta(days=number))
prices = st.decimals('0', '1000', places=2)
schedules = st.dictionaries(days, prices, max_size=5).map(lambda later: tuple(
    PricePhase(day, price) for day, price in sorted({**later, DAY: Decimal(30)}.items())))


@LAW
@given(schedules, days, days, st.decimals('-100', '300', places=1))
def test_the_price_changes_from_the_day_on_and_not_before(phases, since, day, percent):
    scenario = Scenario(since, percent)
    after = price_at(scenario.phases(phases, 2), day)
    before = price_at(phases, day)
    assert after == (scenario.price(before, 2) if day >= since else before)


@LAW
@given(schedules, days, days)
def test_a_change_of_nothing_leaves_every_price(phases, since, day):
    assert price_at(Scenario(since).phases(phases, 2), day) == price_at(phases, day)


@LAW
@given(st.decimals('0', '100', places=1), days, days)
def test_what_is_left_of_the_customers_only_shrinks(churn, first, second):
    scenario = Scenario(DAY, churn=churn)
    first, second = sorted((first, second))
    assert 0 <= scenario.left(second) <= scenario.left(first) <= 1


def test_the_average_of_nothing_is_nothing():
    assert average([], 2) == 0


@pytest.mark.parametrize('values', [{'percent': Decimal(-101)}, {'churn': Decimal(-1)}, {'churn': Decimal(101)}])
def test_a_scenario_that_cannot_be_is_refused(values):
    with pytest.raises(RuleError):
        Scenario(DAY, **values)
