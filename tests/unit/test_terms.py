"""Minimum term, notice and renewal: when a contract may end."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.periods import UNITS, Interval
from odoo.addons.service_contracts.rules.terms import (
    ContractTerms,
    current_term_end,
    earliest_end,
    notice_deadline,
)

LAW = settings(max_examples=40)
ONE_DAY = timedelta(days=1)
MONTH, QUARTER, YEAR = Interval(1, 'month'), Interval(1, 'quarter'), Interval(1, 'year')
START = date(2025, 1, 1)

intervals = st.builds(Interval, st.integers(1, 4), st.sampled_from(UNITS))
contracts = st.builds(ContractTerms, st.dates(START, date(2026, 1, 1)), *[st.none() | intervals] * 3)
days = st.dates(date(2024, 6, 1), date(2040, 1, 1))


# --- published and everyday cases ----------------------------------------------------------------------

@pytest.mark.parametrize('minimum, notice, renewal, given_on, end', [
    (None, None, None, date(2025, 3, 10), date(2025, 3, 10)),
    (None, MONTH, None, date(2025, 1, 15), date(2025, 2, 15)),
    (None, MONTH, None, date(2025, 1, 31), date(2025, 2, 28)),
    (None, Interval(2, 'week'), None, date(2025, 12, 25), date(2026, 1, 8)),
    (YEAR, None, None, date(2025, 3, 10), date(2025, 12, 31)),
    (YEAR, MONTH, None, date(2025, 11, 30), date(2025, 12, 31)),
    (YEAR, MONTH, None, date(2025, 12, 1), date(2026, 1, 1)),
    (YEAR, QUARTER, YEAR, date(2025, 9, 30), date(2025, 12, 31)),
    (YEAR, QUARTER, YEAR, date(2025, 10, 1), date(2026, 12, 31)),
    (Interval(2, 'year'), MONTH, MONTH, date(2027, 1, 15), date(2027, 2, 28)),
    (None, None, MONTH, date(2025, 1, 15), date(2025, 1, 31)),
    (None, MONTH, QUARTER, date(2025, 3, 1), date(2025, 6, 30)),
    (None, None, None, date(2024, 11, 1), START),
])
def test_notice_ends_a_contract_at_the_earliest_day_agreed(minimum, notice, renewal, given_on, end):
    assert earliest_end(ContractTerms(START, minimum, notice, renewal), given_on) == end


def test_a_german_consumer_leaves_with_a_month_after_the_first_term():
    """BGB section 309 no. 9: after the first term only an indefinite renewal, notice one month at most."""
    terms = ContractTerms(date(2024, 5, 1), Interval(2, 'year'), MONTH, None)
    assert notice_deadline(terms, date(2025, 1, 1)) == date(2026, 3, 31)
    assert earliest_end(terms, date(2026, 3, 31)) == date(2026, 4, 30)
    assert earliest_end(terms, date(2026, 4, 15)) == date(2026, 5, 15)
    assert notice_deadline(terms, date(2026, 4, 15)) is None


def test_renewals_do_not_drift_after_a_short_month():
    """D1: a contract of 31 January renews at the end of every month."""
    terms = ContractTerms(date(2025, 1, 31), MONTH, None, MONTH)
    ends = [current_term_end(terms, date(2025, month, 15)) for month in (2, 3, 4, 5)]
    assert ends == [date(2025, 2, 27), date(2025, 3, 30), date(2025, 4, 29), date(2025, 5, 30)]


def test_renewals_count_from_the_end_of_a_first_term_in_weeks():
    terms = ContractTerms(date(2025, 1, 1), Interval(2, 'week'), None, MONTH)
    assert current_term_end(terms, date(2025, 1, 20)) == date(2025, 2, 14)


def test_an_indefinite_contract_has_no_term_and_no_deadline():
    terms = ContractTerms(START, None, MONTH, None)
    assert (current_term_end(terms, START), notice_deadline(terms, START)) == (None, None)


def test_before_the_start_the_first_term_counts():
    terms = ContractTerms(START, YEAR, MONTH, YEAR)
    assert current_term_end(terms, date(2024, 1, 1)) == date(2025, 12, 31)


# --- laws ----------------------------------------------------------------------------------------------

@LAW
@given(contracts, days)
def test_a_contract_never_ends_before_its_minimum_term(terms, given_on):
    minimum_end = terms.minimum.plus(terms.start) if terms.minimum else terms.start + ONE_DAY
    assert earliest_end(terms, given_on) >= minimum_end - ONE_DAY


@LAW
@given(contracts, days)
def test_notice_is_always_respected(terms, given_on):
    reached = terms.notice.plus(given_on) if terms.notice else given_on
    assert earliest_end(terms, given_on) >= reached


@LAW
@given(contracts, days)
def test_later_notice_never_ends_a_contract_earlier(terms, given_on):
    assert earliest_end(terms, given_on) <= earliest_end(terms, given_on + ONE_DAY)


@LAW
@given(contracts, days)
def test_the_deadline_is_the_last_day_that_still_reaches_the_same_end(terms, today):
    deadline = notice_deadline(terms, today)
    if deadline is None:
        return
    assert deadline >= today
    assert earliest_end(terms, deadline) == earliest_end(terms, today)
    assert earliest_end(terms, deadline + ONE_DAY) > earliest_end(terms, today)


@LAW
@given(contracts, days)
def test_with_renewal_a_contract_ends_only_at_the_end_of_a_term(terms, given_on):
    if terms.renewal:
        end = earliest_end(terms, given_on)
        assert current_term_end(terms, end) == end
        assert current_term_end(terms, end + ONE_DAY) > end
