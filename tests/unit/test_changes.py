"""Changes within a period: the difference is paid once, and a change undone costs nothing."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.service_contracts.rules.changes import (
    CHANGE_RULES,
    ChangeRules,
    Standing,
    change_effect,
    matched,
)
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.periods import Period

from tests.unit.published import examples

LAW = settings(max_examples=25)
NOVEMBER = Period(date(2024, 11, 1), date(2024, 12, 1))
OCTOBER_TO_26TH = Period(date(2024, 10, 26), date(2024, 11, 26))

prices = st.decimals('0', '500', places=2)
days = st.integers(0, NOVEMBER.days - 1).map(lambda number: NOVEMBER.start + timedelta(days=number))
rules = st.builds(ChangeRules, st.sampled_from(CHANGE_RULES), st.sampled_from(CHANGE_RULES))
histories = st.tuples(prices, st.lists(st.tuples(days, prices), min_size=1, max_size=5).map(sorted))


def changed(price, changes, full=NOVEMBER, agreed=None, digits=2):
    """Return the effects of changes one after the other, the whole period paid at the first price."""
    standing, effects = Standing(price, price), []
    for on, new_price in changes:
        last = effects[-1] if effects else None
        effects.append(change_effect(standing, new_price, on, full, agreed or ChangeRules(), digits, last))
        standing = effects[-1].after
    return effects


@pytest.mark.parametrize('given, expected', examples('changes'))
def test_published_changes(given, expected):
    period = Period(*map(date.fromisoformat, given['period']))
    changes = [(date.fromisoformat(on), Decimal(price)) for on, price in given['changes']]
    effects = changed(Decimal(given['price']), changes, period, digits=given['digits'])
    assert [{name: str(getattr(effect, name)) for name in wanted}
            for effect, wanted in zip(effects, expected, strict=True)] == expected


def test_a_second_change_starts_from_the_current_price():
    """R4: 5.16 more, not 22.31 for the whole way from the first price."""
    first, second = changed(Decimal(30), [(date(2024, 11, 5), Decimal(40)), (date(2024, 11, 10), Decimal(50))],
                            OCTOBER_TO_26TH)
    assert (str(first.net), str(second.net)) == ('6.77', '5.16')
    assert second.before == first.after


@LAW
@given(prices, prices, days, rules)
def test_a_change_undone_the_same_day_costs_nothing(price, new_price, on, agreed):
    there, back = changed(price, [(on, new_price), (on, price)], agreed=agreed)
    assert there.net + back.net == 0
    assert back.after == Standing(price, price)


@LAW
@given(histories, days, prices, prices, rules)
def test_a_change_undone_after_others_costs_nothing_too(history, on, new_price, latest_price, agreed):
    price, changes = history
    earlier = [change for change in changes if change[0] < on]
    before = earlier[-1][1] if earlier else price
    effects = changed(price, [*earlier, (on, new_price), (on, latest_price), (on, before)], agreed=agreed)
    assert sum(effect.net for effect in effects[len(earlier):]) == 0


@LAW
@given(prices, prices, prices, days, rules)
def test_two_changes_on_one_day_cost_what_the_last_alone_costs(price, between, last, on, agreed):
    direct, = changed(price, [(on, last)], agreed=agreed)
    by_steps = changed(price, [(on, between), (on, last)], agreed=agreed)
    assert sum(effect.net for effect in by_steps) == direct.net
    assert by_steps[-1].after == direct.after


@LAW
@given(prices, prices, days, prices, rules)
def test_a_credit_never_exceeds_what_was_paid(price, paid, on, new_price, agreed):
    effect = change_effect(Standing(price, paid), new_price, on, NOVEMBER, agreed, 2)
    assert 0 <= effect.credit <= paid
    assert effect.charge >= 0


@LAW
@given(histories, rules)
def test_all_credits_of_a_period_stay_within_what_was_paid(history, agreed):
    """However often it changes, no more comes back than went in."""
    price, changes = history
    assert price + sum(effect.net for effect in changed(price, changes, agreed=agreed)) >= 0


@LAW
@given(prices, prices, days, st.sampled_from(['day', '30_360']))
def test_the_difference_is_rounded_once(price, new_price, on, mode):
    effect, = changed(price, [(on, new_price)], agreed=ChangeRules(mode, mode))
    net = Fraction(new_price - price) * Fraction((NOVEMBER.end - on).days, NOVEMBER.days)
    assert abs(Fraction(effect.net) - net) <= Fraction(1, 200)
    assert effect.charge - effect.credit == effect.net


def test_credit_and_charge_have_rules_of_their_own():
    on, nets = date(2024, 11, 16), {}
    for credit in CHANGE_RULES:
        for charge in CHANGE_RULES:
            effect, = changed(Decimal(30), [(on, Decimal(100))], agreed=ChangeRules(credit, charge))
            nets[credit, charge] = effect.net
    assert nets['none', 'day'] == 50 and nets['day', 'none'] == -15 and nets['none', 'none'] == 0
    assert nets['full', 'full'] == 70 and nets['30_360', '30_360'] == 35 and nets['none', 'full'] == 100


def test_nothing_paid_gives_nothing_back():
    """In arrears the days of each price are billed at the end of the period."""
    effect = change_effect(Standing(Decimal(30), Decimal(0)), Decimal(0), date(2024, 11, 16), NOVEMBER,
                           ChangeRules(), 2)
    assert (effect.credit, effect.charge) == (0, 0)


def test_a_change_on_the_first_day_exchanges_the_whole_price():
    effect, = changed(Decimal('29.99'), [(NOVEMBER.start, Decimal('99.99'))])
    assert (effect.credit, effect.charge) == (Decimal('29.99'), Decimal('99.99'))


@pytest.mark.parametrize('call', [
    lambda: ChangeRules('some'), lambda: ChangeRules(charge='some'),
    lambda: changed(Decimal(1), [(NOVEMBER.end, Decimal(2))])])
def test_a_change_that_cannot_be_is_refused(call):
    with pytest.raises(RuleError):
        call()


keys = st.lists(st.sampled_from('abcd'), max_size=5)


@LAW
@given(keys, keys)
def test_every_service_is_exchanged_once(old, new):
    """B13: none is lost, none is counted twice, and equal ones belong together as far as they go."""
    pairs = matched(old, new)
    assert sorted(before for before, _after in pairs if before is not None) == list(range(len(old)))
    assert sorted(after for _before, after in pairs if after is not None) == list(range(len(new)))
    same = sum(1 for before, after in pairs if None not in (before, after) and old[before] == new[after])
    assert same >= sum(min(old.count(key), new.count(key)) for key in set(old))
