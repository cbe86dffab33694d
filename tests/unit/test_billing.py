"""Billing case by case: ends, pauses, one-time charges, dates and values."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges, next_due
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence

ONE_DAY = timedelta(days=1)
MONTH = Interval(1, 'month')
FIRST = date(2025, 1, 1)
HORIZON = FIRST + timedelta(days=240)


def line(start=FIRST, recurrence=None, **values):
    """A monthly line of 2 pieces at 50, in advance, by days, unless told otherwise."""
    values = {'kind': 'recurring', 'timing': 'advance', 'end': None, 'proration': 'day',
              'quantity': Decimal(2), 'price_unit': Decimal(50), 'discount': Decimal(0)} | values
    recurrence = recurrence or Recurrence.from_start(MONTH, start)
    return LineTerms(line_id=7, start=start, recurrence=recurrence, **values)


def bill(terms, as_of, limit=None):
    """Return the charges due and the terms once the ledger holds them."""
    charges = due_charges(terms, as_of, limit)
    return charges, replace(terms, billed=(*terms.billed, *(charge.period for charge in charges)))


def stretch(first, days):
    return Period(FIRST + ONE_DAY * first, FIRST + ONE_DAY * (first + days))


# --- ends and pauses -----------------------------------------------------------------------------------

def test_an_end_inside_a_period_shortens_the_last_charge():
    """D9: the line ends with 10 February."""
    last = due_charges(line(end=date(2025, 2, 11)), date(2026, 1, 1))[-1]
    assert (last.period, last.share) == (Period(date(2025, 2, 1), date(2025, 2, 11)), Fraction(10, 28))


def test_an_end_on_the_last_day_of_a_period_charges_it_whole():
    """D9: the line ends with 28 February."""
    charges = due_charges(line(end=date(2025, 3, 1)), date(2026, 1, 1))
    assert [charge.quantity for charge in charges] == [2, 2]


@pytest.mark.parametrize('end', [FIRST, FIRST - ONE_DAY, date(2020, 1, 1)])
def test_a_line_that_ends_before_it_starts_is_never_charged(end):
    """D9: withdrawn before the start."""
    for kind in ('recurring', 'one_time'):
        assert due_charges(line(end=end, kind=kind), HORIZON) == []
        assert next_due(line(end=end, kind=kind)) == (None, None)


def test_an_ended_line_is_not_charged_again():
    """R9: billed through February in advance, then ended with 10 February: nothing more."""
    _charges, billed = bill(line(), date(2025, 2, 1))
    ended = replace(billed, end=date(2025, 2, 11))
    assert (due_charges(ended, HORIZON), next_due(ended)) == ([], (None, None))


def test_a_reinstated_line_is_charged_from_where_it_ended():
    _charges, billed = bill(line(end=date(2025, 1, 11)), HORIZON)
    [rest] = due_charges(replace(billed, end=None), date(2025, 1, 31))
    assert (rest.period, rest.charge_date) == (Period(date(2025, 1, 11), date(2025, 2, 1)), date(2025, 1, 11))


def test_a_reinstated_line_without_proration_does_not_pay_the_period_twice():
    _charges, billed = bill(line(end=date(2025, 1, 11), proration='none'), HORIZON)
    [charge] = due_charges(replace(billed, end=None), date(2025, 2, 1))
    assert charge.period == Period(date(2025, 2, 1), date(2025, 3, 1))


def test_a_period_that_starts_in_a_pause_is_charged_from_the_resumption():
    """D9: suspended 20 January to 10 February, in advance."""
    charges = due_charges(line(pauses=(Period(date(2025, 1, 20), date(2025, 2, 11)),)), date(2025, 2, 28))
    assert [(charge.charge_date, charge.share) for charge in charges] == [
        (FIRST, 1), (date(2025, 2, 11), Fraction(18, 28))]


def test_pauses_that_follow_each_other_count_as_one_in_any_order():
    pauses = (stretch(35, 5), stretch(25, 10))
    [charge] = due_charges(line(pauses=pauses, billed=(stretch(0, 31),)), date(2025, 2, 28))
    assert charge.period == Period(date(2025, 2, 10), date(2025, 3, 1))


def test_an_open_pause_holds_back_everything_in_advance():
    """D9: suspended on 20 January and not resumed."""
    _charges, billed = bill(line(pauses=(Period(date(2025, 1, 20), date.max),)), HORIZON)
    assert len(billed.billed) == 1
    assert next_due(billed) == (None, None)


def test_an_open_pause_still_lets_the_days_before_it_be_charged_in_arrears():
    """D9: suspended on 20 January and not resumed: 19 of 31 days."""
    terms = line(timing='arrears', pauses=(Period(date(2025, 1, 20), date.max),))
    [charge] = due_charges(terms, HORIZON)
    assert (charge.charge_date, charge.share.as_integer_ratio()) == (date(2025, 2, 1), (19, 31))


def test_a_pause_up_to_the_part_that_is_billed_leaves_nothing_before_it():
    terms = line(pauses=(stretch(0, 5),), billed=(stretch(5, 5),))
    [charge] = due_charges(terms, date(2025, 1, 31))
    assert charge.period == stretch(10, 21)


def test_a_wholly_paused_period_makes_no_charge():
    pauses = (Period(date(2025, 1, 15), date(2025, 2, 20)), Period(date(2025, 2, 20), date(2025, 3, 1)))
    for timing in ('advance', 'arrears'):
        charges = due_charges(line(timing=timing, pauses=pauses), date(2025, 4, 1))
        assert date(2025, 2, 1) not in [charge.full_period.start for charge in charges]


# --- one-time charges, dates and values ------------------------------------------------------------------

def test_a_one_time_charge_is_due_once_on_its_start():
    """R6: a one-off in the future waits and pulls nothing forward."""
    terms = line(date(2025, 6, 15), kind='one_time')
    assert due_charges(terms, date(2025, 6, 14)) == []
    assert next_due(terms) == (date(2025, 6, 15), date(2025, 6, 15))
    [charge], billed = bill(terms, date(2026, 6, 15))
    assert charge.period == charge.full_period == Period(date(2025, 6, 15), date(2025, 6, 16))
    assert (charge.quantity, due_charges(billed, date(2030, 1, 1)), next_due(billed)) == (2, [], (None, None))


def test_a_moved_one_time_line_is_not_charged_again():
    _charges, billed = bill(line(kind='one_time'), FIRST)
    assert due_charges(replace(billed, start=date(2025, 8, 1)), HORIZON) == []


def test_a_run_in_the_past_charges_only_what_was_due_then():
    """D6: as_of before the start, and between two periods."""
    assert due_charges(line(), FIRST - ONE_DAY) == []
    assert len(due_charges(line(), date(2025, 2, 27))) == 2


def test_three_months_of_silence_make_three_periods_in_order():
    """D7: the run comes by again after three months."""
    _charges, billed = bill(line(timing='arrears'), date(2025, 2, 1))
    assert [charge.charge_date for charge in due_charges(billed, date(2025, 5, 20))] == [
        date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)]


def test_a_share_leaves_quantity_and_price_whole_and_rounds_the_amount_once():
    [charge] = due_charges(line(end=date(2025, 1, 16), quantity=Decimal('1.5'), discount=Decimal(10)), FIRST)
    assert (charge.share, charge.quantity, charge.price_unit) == (Fraction(15, 31), Decimal('1.5'), 50)
    assert (charge.amount(2), charge.amount(0)) == (Decimal('32.66'), 33)


@pytest.mark.parametrize('values', [
    {'kind': 'yearly'}, {'timing': 'later'}, {'proration': 'hour'}])
def test_unknown_words_are_refused(values):
    with pytest.raises(RuleError):
        line(**values)


def test_a_recurring_line_needs_a_recurrence():
    with pytest.raises(RuleError):
        replace(line(), recurrence=None)


def test_what_lies_before_the_pointer_need_not_be_known():
    terms = line(date(1925, 1, 31), next_start=date(2024, 12, 31))
    assert [charge.charge_date for charge in due_charges(terms, FIRST)] == [date(2024, 12, 31)]
