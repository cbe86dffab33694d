"""Lists of special customers: who joins and who leaves by rule."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.customer_portal_ext.rules.membership import Facts, Requirements, changes, qualifies

FACTS = st.builds(Facts, st.integers(0, 60), st.decimals(-100, 10_000, places=2), st.none() | st.integers(0, 100))
ASKED = st.builds(Requirements, st.integers(0, 60), st.decimals(0, 10_000, places=2), st.integers(0, 100))
PEOPLE = st.sets(st.integers(1, 20))


@given(ASKED, st.dictionaries(st.integers(1, 20), FACTS), PEOPLE, PEOPLE)
def test_after_the_changes_the_list_has_exactly_who_qualifies_and_asking_again_changes_nothing(
        asked, facts, members, left_out):
    joining, leaving = changes(asked, facts, members, left_out)
    after = members - set(leaving) | set(joining)
    assert after == {one for one, known in facts.items() if qualifies(asked, known)} - (left_out - members)
    assert changes(asked, facts, after, left_out) == ([], [])


@given(ASKED, FACTS)
def test_asking_for_less_keeps_everybody(asked, facts):
    assert not qualifies(asked, facts) or qualifies(Requirements(asked.months), facts)
    assert facts.turnover < 0 or qualifies(Requirements(), facts)


def test_nobody_without_a_payment_score_is_a_good_payer():
    assert not qualifies(Requirements(score=1), Facts(99, Decimal(99), None))
