"""Days paid and not served: what is given back adds up, and never exceeds what was paid."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Period
from odoo.addons.service_contracts.rules.unused import unused_credit

LAW = settings(max_examples=25)
FEBRUARY = Period(date(2028, 2, 1), date(2028, 3, 1))

amounts = st.decimals('0', '9999', places=2)
spans = st.tuples(st.integers(-5, 33), st.integers(1, 20)).map(
    lambda pair: Period(FEBRUARY.start + timedelta(days=pair[0]), FEBRUARY.start + timedelta(days=sum(pair))),
)


@LAW
@given(amounts, st.lists(spans, max_size=4))
def test_no_more_comes_back_than_was_paid(amount, unserved):
    """C7."""
    assert 0 <= unused_credit(amount, FEBRUARY, unserved, 'day', 2) <= amount


@LAW
@given(amounts, st.lists(spans, max_size=4), spans)
def test_more_days_without_service_never_give_back_less(amount, unserved, further):
    before, after = (unused_credit(amount, FEBRUARY, days, 'day', 2) for days in (unserved, [*unserved, further]))
    assert before <= after


@LAW
@given(amounts, st.lists(st.integers(1, 28), max_size=5, unique=True))
def test_credits_given_one_after_the_other_add_up_to_the_whole(amount, cuts):
    """C3: each time the difference to what was given before, over any cut of the period."""
    edges = [FEBRUARY.start, *(FEBRUARY.start + timedelta(days=day) for day in sorted(cuts)), FEBRUARY.end]
    given_back = Decimal(0)
    for end in edges[1:]:
        given_back += unused_credit(amount, FEBRUARY, [Period(FEBRUARY.start, end)], 'day', 2) - given_back
    assert given_back == amount


def test_a_pause_around_the_end_counts_each_day_once():
    pause, after_end = Period(date(2028, 2, 20), date(2028, 2, 26)), Period(date(2028, 2, 24), date.max)
    assert unused_credit(Decimal(29), FEBRUARY, [pause, after_end], 'day', 2) == 10


def test_the_rule_none_gives_nothing_back():
    assert unused_credit(Decimal(29), FEBRUARY, [FEBRUARY], 'none', 2) == 0
    with pytest.raises(RuleError):
        unused_credit(Decimal(29), FEBRUARY, [FEBRUARY], 'some', 2)
