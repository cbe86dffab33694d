"""The legal clock of cases."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.working_days import add_working_days, working_days_between
from odoo.addons.service_contracts.rules.errors import RuleError

DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 1))
HOLIDAYS = st.frozensets(DAYS, max_size=20)


@given(DAYS, st.integers(0, 40), HOLIDAYS)
def test_the_clock_counts_exactly_its_days_and_ends_on_a_working_day(start, days, holidays):
    end = add_working_days(start, days, holidays)
    assert working_days_between(start, end, holidays) == days
    assert not days or (end.weekday() < 5 and end not in holidays)


@given(DAYS, DAYS, HOLIDAYS)
def test_counting_back_is_counting_forth_with_the_other_sign(start, end, holidays):
    assert working_days_between(start, end, holidays) == -working_days_between(end, start, holidays)


def test_the_terms_of_colombian_law_from_a_tuesday():
    """Ley 1755 de 2015: information 10, petitions 15, consultations 30 working days; 23 March is a holiday."""
    monday = [date(2026, 3, 23)]
    assert [add_working_days(date(2026, 3, 10), days, monday) for days in (10, 15, 30)] == [
        date(2026, 3, 25), date(2026, 4, 1), date(2026, 4, 22)]


def test_a_calendar_without_working_days_is_refused():
    with pytest.raises(RuleError):
        add_working_days(date(2026, 3, 10), 1, (), ())
    with pytest.raises(RuleError):
        add_working_days(date(2026, 3, 10), -1)
