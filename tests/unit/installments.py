"""What tests of installments share: plans, offers and random financings."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random

from odoo.addons.installment_sales.rules.amortization import Financing
from odoo.addons.installment_sales.rules.offer import due_dates, offer
from odoo.addons.service_contracts.rules.periods import Interval

MONTH = Interval(1, 'month')
START = date(2026, 1, 31)
SPLIT_BY_COUNT = ('none', 'annuity', 'equal_principal', 'flat', 'balloon', 'interest_only')


def money(units: int, digits: int) -> Decimal:
    return Decimal(units).scaleb(-digits)


def monthly(financing: Financing, count: int = 0, start: date = START, **values):
    """Return the offer of a financing in monthly installments, without down payment."""
    dates = due_dates(start, MONTH, count or financing.count)
    return offer(financing.principal, Decimal(0), start, financing, dates, interval=MONTH, **values)


def random_financing(random: Random) -> Financing:
    """Return any plan: every method, currencies of 0, 2 and 3 digits, tiny and large totals, 1 to 360 months."""
    digits, method = random.choice((0, 2, 3)), random.choice((*SPLIT_BY_COUNT, 'fixed_payment', 'custom'))
    count = random.choice((1, 2, 3, 12, 24, random.randint(1, 360)))
    units = random.choice((random.randint(1, 500), random.randint(1, 10**9)))
    values = {'count': count, 'digits': digits, 'rate': Decimal(random.randint(0, 500)) / 10000,
              'rounding': random.choice(('half_up', 'up', 'down'))}
    if method in ('none', 'custom'):
        values['rate'] = Decimal(0)
    if method == 'flat':
        values['spread'] = random.choice(('linear', 'rule_of_78'))
    if method == 'balloon':
        values['balloon'] = money(random.randrange(units), digits)
    if method in ('annuity', 'equal_principal', 'balloon'):
        values['grace'] = random.randrange(count)
    if method == 'fixed_payment':
        values['payment'] = money(units // random.randint(1, 50) + units // 15 + 2, digits)
    if method == 'custom':
        values['amounts'] = tuple(_cut(random, units, digits))
    return Financing(money(units, digits), method, **values)


def _cut(random: Random, units: int, digits: int) -> list[Decimal]:
    cuts = sorted({0, units, *(random.randint(1, units) for _cut_number in range(random.randint(0, 9)))})
    return [money(high - low, digits) for low, high in pairwise(cuts)]
