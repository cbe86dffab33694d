"""Worked examples that others published, kept as data with their sources in tests/golden."""

import json
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from odoo.addons.service_contracts.rules.billing import LineTerms, due_charges
from odoo.addons.service_contracts.rules.metrics import monthly_amount
from odoo.addons.service_contracts.rules.money import round_money
from odoo.addons.service_contracts.rules.periods import Interval, Period, Recurrence
from odoo.addons.service_contracts.rules.proration import prorate, prorated_share

GOLDEN = Path(__file__).parents[1] / 'golden'


def examples(name):
    return [pytest.param(example['input'], example['expected'], id=example['id'])
            for example in json.loads((GOLDEN / f'{name}.json').read_text())]


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize('given, expected', examples('month_end'))
def test_published_month_ends(given, expected):
    interval, start = Interval(*given['interval']), day(given['start'])
    grid = Recurrence.from_start(interval, start, given.get('anchor_day'))
    walked = islice(grid.periods(day(given['until'])), 1, None)
    assert [str(period.start) for period in walked] == expected


@pytest.mark.parametrize('given, expected', examples('proration'))
def test_published_prorations(given, expected):
    period = Period(*map(day, given['period']))
    grid = Recurrence.from_calendar(Interval(*given['interval']), period.start, **given['anchor'])
    share = prorated_share(period, grid.full_period(period.start), given['proration'])
    assert str(prorate(Decimal(given['price']), share, given['digits'])) == expected


@pytest.mark.parametrize('given, expected', examples('billing'))
def test_published_totals_of_a_whole_contract(given, expected):
    start, end = day(given['start']), day(given['end'])
    grid = Recurrence.from_calendar(Interval(*given['interval']), start, given['anchor_day'])
    terms = LineTerms(1, 'recurring', 'advance', grid, start, end, given['proration'],
                      Decimal(1), Decimal(given['price']), Decimal(0))
    amounts = [prorate(charge.price_unit, charge.share, 2) for charge in due_charges(terms, end)]
    assert str(sum(amounts)) == expected


@pytest.mark.parametrize('given, expected', examples('metrics'))
def test_published_recurring_revenue(given, expected):
    monthly = sum(count * monthly_amount(Decimal(price), Interval(*interval))
                  for count, price, interval in given['amounts'])
    assert str(round_money(monthly, given['digits'])) == expected
