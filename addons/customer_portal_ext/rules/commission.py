"""Commissions of a referral programme: who earns, on which money, how much, and when it is paid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dateutil.relativedelta import relativedelta
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_fraction

ZERO = Decimal(0)
EXPIRED, ENOUGH, SMALL, CAPPED = 'expired', 'enough', 'small', 'capped'
"""Why money received earns nothing: after the duration, after so many invoices, too small, above the cap."""


@dataclass(frozen=True)
class Level:
    """What a referrer of one level gets: percent of the untaxed amount, and an amount for each invoice paid in full."""

    percent: Decimal = ZERO
    amount: Decimal = ZERO


@dataclass(frozen=True)
class Terms:
    """What a programme pays; 0 always means no limit."""

    levels: tuple[Level, ...]
    months: int = 0
    invoices: int = 0
    minimum: Decimal = ZERO
    cap: Decimal = ZERO


@dataclass(frozen=True)
class Received:
    """Money received on an invoice: its amounts, what is paid of it with this payment, when, and the how many-eth
    invoice of the customer that earns (1 is the first)."""

    untaxed: Decimal
    total: Decimal
    paid: Decimal
    day: date
    ordinal: int


def referrers(sponsors: Mapping[int, int], customer: int, depth: int) -> list[int]:
    """Return who earns from a customer: the referrer, the referrer's referrer and so on, at most `depth`.

    >>> referrers({3: 2, 2: 1}, 3, 5), referrers({3: 2, 2: 1}, 3, 1)
    ([2, 1], [2])
    """
    found: list[int] = []
    while len(found) < depth and (customer := sponsors.get(customer, 0)) and customer not in found:
        found.append(customer)
    return found


def check_referrer(sponsors: Mapping[int, int], customer: int, referrer: int) -> None:
    """Raise RuleError if `referrer` is the customer, or was brought by the customer over any number of levels.

    >>> check_referrer({2: 1}, 3, 2)
    >>> check_referrer({2: 1}, 1, 2)
    Traceback (most recent call last):
    odoo.addons.service_contracts.rules.errors.RuleError: Referrals cannot go in a circle
    """
    if customer == referrer:
        raise RuleError('Nobody refers oneself')
    if customer in referrers(sponsors, referrer, len(sponsors)):
        raise RuleError('Referrals cannot go in a circle')


def refusal(terms: Terms, joined: date, received: Received) -> str:
    """Return why the money earns nothing, '' if it does."""
    if terms.months and received.day >= joined + relativedelta(months=terms.months):
        return EXPIRED
    if terms.invoices and received.ordinal > terms.invoices:
        return ENOUGH
    return SMALL if received.untaxed < terms.minimum else ''


def whole_commission(level: Level, untaxed: Decimal) -> Fraction:
    """Return the exact commission on an invoice that is paid in full.

    >>> whole_commission(Level(percent=Decimal(10), amount=Decimal(1)), Decimal('33.33'))
    Fraction(4333, 1000)
    """
    return Fraction(untaxed) * Fraction(level.percent) / 100 + Fraction(level.amount)


def earned(whole: Fraction, total: Decimal, paid: Decimal, booked: Decimal, digits: int) -> Decimal:
    """Return what a payment adds: the rounded share of `whole` for all that is `paid`, less what was `booked` before.

    Rounding the sum and not the part makes any number of partial payments earn what one payment earns.

    >>> [str(earned(Fraction(1), Decimal(30), Decimal(paid), Decimal(booked), 2))
    ...  for paid, booked in ((10, '0'), (20, '0.33'), (30, '0.67'))]
    ['0.33', '0.34', '0.33']
    """
    if not total:
        return ZERO
    return round_fraction(whole * Fraction(paid) / Fraction(total), digits) - booked


def within_cap(amount: Decimal, cap: Decimal, granted: Decimal) -> Decimal:
    """Return what of an amount is granted when `granted` was granted in the same period; a cap of 0 is none.

    >>> [str(within_cap(Decimal(8), Decimal(cap), Decimal(5))) for cap in (0, 10, 4)]
    ['8', '5', '0']
    """
    return amount if not cap or amount <= 0 else max(min(amount, cap - granted), ZERO)


def payable(amounts: Sequence[Decimal], threshold: Decimal) -> Decimal:
    """Return what is paid out of open commissions: their sum, 0 below the threshold or when more was taken back.

    >>> [str(payable([Decimal(30), Decimal(back)], Decimal(20))) for back in (-5, -20, -40)]
    ['25', '0', '0']
    """
    balance = sum(amounts, ZERO)
    return balance if balance > 0 and balance >= threshold else ZERO
