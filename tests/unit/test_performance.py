"""Performance: the step reached decides, and a correction books the difference once."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.performance import (
    PerformanceStep,
    aggregate_values,
    percentage,
    performance_difference,
    rate_performance,
)

LAW = settings(max_examples=25)
PRICE = Decimal('1200.00')
AVAILABILITY = (
    PerformanceStep(Decimal('99.95'), percent=Decimal(2)), PerformanceStep(None, percent=Decimal(-25)),
    PerformanceStep(Decimal('99.5')), PerformanceStep(Decimal(99), percent=Decimal(-10), amount=Decimal(-50)))


def amount(measured):
    return rate_performance(AVAILABILITY, Decimal(measured), PRICE, 2).amount


@pytest.mark.parametrize('measured, expected', [
    ('0', '-300.00'), ('98.999', '-300.00'), ('99', '-170.00'), ('99.499', '-170.00'), ('99.5', '0.00'),
    ('99.95', '24.00'), ('100', '24.00'), ('-5', '-300.00')])
def test_the_highest_step_reached_decides(measured, expected):
    assert str(amount(measured)) == expected


def test_the_result_keeps_its_evidence():
    result = rate_performance(AVAILABILITY, Decimal('99.2'), PRICE, 2)
    assert (result.measured, result.step.at_least, result.base) == (Decimal('99.2'), 99, PRICE)
    assert rate_performance([PerformanceStep(None, result.step.percent, result.step.amount)], result.measured,
                            result.base, 2).amount == result.amount


@LAW
@given(st.lists(st.decimals('95', '100', places=2), min_size=1, max_size=6))
def test_corrections_end_at_the_last_measured_value(measured):
    """Each correction makes one adjusting difference, repeated it makes none."""
    booked = []
    for value in measured:
        booked.append(performance_difference(rate_performance(AVAILABILITY, value, PRICE, 2), booked))
    assert sum(booked) == amount(measured[-1])
    assert performance_difference(rate_performance(AVAILABILITY, measured[-1], PRICE, 2), booked) == 0


@pytest.mark.parametrize('steps', [
    [], [PerformanceStep(Decimal(1))], [PerformanceStep(None), PerformanceStep(None)],
    [PerformanceStep(None), PerformanceStep(Decimal(1)), PerformanceStep(Decimal(1))]])
def test_every_value_has_exactly_one_step(steps):
    with pytest.raises(RuleError):
        rate_performance(steps, Decimal(1), PRICE, 2)


def test_a_malus_takes_at_most_the_whole_price():
    with pytest.raises(RuleError):
        PerformanceStep(None, percent=Decimal(-101))


@LAW
@given(st.decimals('90', '100', places=2), st.integers(0, 40))
def test_bonus_and_malus_stay_within_the_cap(measured, cap):
    """Below the cap nothing changes; above it the price's part is all there is."""
    free = rate_performance(AVAILABILITY, measured, PRICE, 2).amount
    most = PRICE * cap / 100
    assert rate_performance(AVAILABILITY, measured, PRICE, 2, Decimal(cap)).amount == max(-most, min(most, free))


def test_a_cap_is_not_negative():
    with pytest.raises(RuleError):
        rate_performance(AVAILABILITY, Decimal(99), PRICE, 2, Decimal(-1))


@LAW
@given(st.lists(st.decimals('0', '100', places=2), min_size=1, max_size=9))
def test_values_of_days_come_to_one_of_the_period(values):
    low, high = aggregate_values('min', values), aggregate_values('max', values)
    assert low <= aggregate_values('avg', values) <= high
    assert aggregate_values('sum', values) == sum(values)
    assert aggregate_values('latest', values) == values[-1]
    assert aggregate_values('count', values) == len(values)


@LAW
@given(st.integers(0, 500), st.integers(0, 500))
def test_good_and_bad_share_a_hundred(good, bad):
    if good + bad:
        assert abs(percentage(good, good + bad) + percentage(bad, good + bad) - 100) <= Decimal('0.000001')
    assert percentage(0, 0) == 100


@pytest.mark.parametrize('aggregation, values', [('avg', []), ('median', [Decimal(1)])])
def test_what_cannot_be_aggregated_is_refused(aggregation, values):
    with pytest.raises(RuleError):
        aggregate_values(aggregation, values)
