"""Options and intervals: a choice is refused for what it breaks, never for what was broken before."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.intervals import interval_price, interval_ratio
from odoo.addons.service_contracts.rules.options import Option, OptionGroup, choice_problems, new_problems
from odoo.addons.service_contracts.rules.periods import Interval

LAW = settings(max_examples=25)
KEYS = range(1, 7)

keys = st.frozensets(st.sampled_from(KEYS))
offers = st.tuples(*(
    st.builds(Option, st.just(key), st.none() | st.integers(1, 2), keys.map(lambda found, key=key: found - {key}),
              keys.map(lambda found, key=key: found - {key})) for key in KEYS))
groups = st.tuples(*(st.builds(OptionGroup, st.just(key), st.integers(0, 2), st.none() | st.integers(2, 4))
                     for key in (1, 2)))
prices = st.decimals('0', '1000', places=2)


@LAW
@given(keys, offers, groups)
def test_a_choice_without_problems_has_all_it_needs_and_nothing_it_excludes(chosen, options, group_list):
    if choice_problems(chosen, options, group_list):
        return
    for option in options:
        if option.key in chosen:
            assert option.requires <= chosen and not option.excludes & chosen


@LAW
@given(keys, keys, offers, groups)
def test_a_change_taken_back_makes_no_problem_that_was_not_there(before, after, options, group_list):
    made, undone = new_problems(before, after, options, group_list), new_problems(after, before, options, group_list)
    assert not set(made) & set(undone)
    assert new_problems(before, before, options, group_list) == []


def test_an_exclusion_holds_both_ways():
    bus, taxi = Option(1, excludes=frozenset({2})), Option(2)
    assert new_problems({2}, {1, 2}, [bus, taxi], []) == new_problems({1}, {1, 2}, [bus, taxi], [])


def test_a_group_has_its_numbers():
    sports = [Option(key, group=9) for key in KEYS]
    group = OptionGroup(9, 1, 2)
    assert [problem.kind for problem in choice_problems(set(), sports, [group])] == ['too_few']
    assert [problem.kind for problem in choice_problems({1, 2, 3}, sports, [group])] == ['too_many']
    assert not choice_problems({1, 2}, sports, [group])


@LAW
@given(prices, st.integers(1, 24), st.decimals('0', '100', places=1))
def test_paying_ahead_never_costs_more_than_paying_as_it_goes(price, months, discount):
    ahead = interval_price(price, Interval(1, 'month'), Interval(months, 'month'), discount, 2)
    assert 0 <= ahead <= price * months
    assert interval_price(price, Interval(1, 'month'), Interval(months, 'month'), Decimal(0), 2) == price * months


def test_a_year_at_ten_months():
    """B11: monthly 10, yearly 15 % less."""
    month, year = Interval(1, 'month'), Interval(1, 'year')
    assert interval_price(Decimal(10), month, year, Decimal(15), 2) == Decimal('102.00')
    assert interval_price(Decimal(120), year, month, Decimal(0), 2) == Decimal('10.00')


@pytest.mark.parametrize('call', [
    lambda: OptionGroup(1, -1), lambda: OptionGroup(1, 3, 2), lambda: OptionGroup(1, 0, 0),
    lambda: interval_ratio(Interval(1, 'month'), Interval(4, 'week')),
    lambda: interval_price(Decimal(1), Interval(1, 'day'), Interval(1, 'week'), Decimal(101), 2)])
def test_an_offer_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()
