"""What becomes of a plan: paid off early, rescheduled, one month skipped, and what a customer owes in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_fraction, round_money
from odoo.addons.service_contracts.rules.periods import Interval
from odoo.addons.service_contracts.rules.proration import days_30_360

from .errors import OfferError
from .offer import Row

DAY_COUNTS = ('period', 'actual_365', 'actual_360', '30_360')
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payoff:
    """What ends a plan on a day.

    `outstanding` is what all open installments ask for, `overdue` the part of it due before the day,
    `principal` the part of it that pays back the price. `unearned` is the interest and fees not due,
    `accrued` what the running period has earned of them, `compensation` what the seller keeps for the loss,
    `late` what paying late has cost and is open.
    """

    day: date
    outstanding: Decimal
    overdue: Decimal
    principal: Decimal
    accrued: Decimal
    unearned: Decimal
    compensation: Decimal
    late: Decimal = ZERO

    @property
    def credit(self) -> Decimal:
        """What is given back to the customer."""
        return self.unearned - self.compensation

    @property
    def balance(self) -> Decimal:
        """What is left of the installments themselves."""
        return self.outstanding - self.credit

    @property
    def amount(self) -> Decimal:
        """What the customer still has to pay; below zero: is paid back."""
        return self.balance + self.late


def payoff(rows: Sequence[Row], open_amounts: Sequence[Decimal], start: date, day: date, digits: int, *,
           day_count: str = 'period', yearly_rate: Decimal = ZERO,
           compensation: tuple[Decimal, Decimal] = (ZERO, ZERO)) -> Payoff:
    """Return what ends a plan on `day`, with the rows it began with and what is open of each.

    The running period has earned its share by the days gone (`period`), or its balance times the yearly
    rate by a day count, never more than the whole row. `compensation` is the share of the principal repaid
    early, a year or more and less than a year before the last day; never more than the interest given up
    (Directive 2008/48/EC Art. 16; costs fall in proportion to the time left, CJEU C-383/18).

    Raises RuleError for a day before the start or an unknown day count.
    """
    if day < start:
        raise OfferError('payoff_before_start', start=start, day=day)
    if day_count not in DAY_COUNTS:
        raise RuleError(f'Unknown day count {day_count!r}, expected one of {", ".join(DAY_COUNTS)}')
    later = [row for row in rows if row.due > day]
    accrued = _accrued(rows, start, day, digits, day_count, yearly_rate)
    unearned = sum((row.earned for row in later), ZERO) - accrued
    principal = sum((min(row.principal, left) for row, left in zip(rows, open_amounts, strict=True)
                     if row.due > day), ZERO)
    return Payoff(
        day,
        outstanding=sum(open_amounts, ZERO),
        overdue=sum((left for row, left in zip(rows, open_amounts, strict=True) if row.due < day), ZERO),
        principal=principal,
        accrued=accrued,
        unearned=unearned,
        compensation=min(_compensation(later, principal, day, digits, compensation), unearned),
    )


def skip(rows: Sequence[Row], number: int, interval: Interval, anchor: int = 0) -> list[Row]:
    """Return the rows with installment `number` and all later ones one interval later, amounts unchanged.

    `anchor` is the day of the month agreed (31 in a short month: its last day); 0 keeps the day of each row.

    >>> row = Row(1, date(2025, 1, 31), Decimal(10), ZERO, ZERO, ZERO, ZERO)
    >>> [str(moved.due) for moved in skip([row, replace(row, number=2, due=date(2025, 2, 28))], 2,
    ...                                   Interval(1, 'month'), 31)]
    ['2025-01-31', '2025-03-31']
    """
    if number not in {row.number for row in rows}:
        raise RuleError(f'There is no installment {number}')
    return [replace(row, due=interval.plus(row.due, anchor or None)) if row.number >= number else row for row in rows]


def exceeds(limit: Decimal, owed: Decimal, financed: Decimal) -> Decimal:
    """Return by how much a further plan exceeds the limit of a customer; a limit of 0 limits nothing.

    >>> exceeds(Decimal(1000), Decimal(700), Decimal(400))
    Decimal('100')
    """
    return max(owed + financed - limit, ZERO) if limit else ZERO


def _accrued(rows: Sequence[Row], start: date, day: date, digits: int, day_count: str, rate: Decimal) -> Decimal:
    """Return what the period that `day` lies in has earned so far, 0 on its first day."""
    place = next((place for place, row in enumerate(rows) if row.due > day), None)
    if place is None:
        return ZERO
    row, since = rows[place], rows[place - 1].due if place else start
    if since == day:
        return ZERO
    whole = Fraction(row.earned)
    if day_count == 'period':
        return round_fraction(whole * Fraction((day - since).days, (row.due - since).days), digits)
    owed = Fraction(row.balance + row.principal)
    return round_fraction(min(owed * Fraction(rate) * _years(since, day, day_count), whole), digits)


def _years(since: date, day: date, day_count: str) -> Fraction:
    if day_count == '30_360':
        return Fraction(days_30_360(since, day), 360)
    return Fraction((day - since).days, 365 if day_count == 'actual_365' else 360)


def _compensation(later: Sequence[Row], principal: Decimal, day: date, digits: int,
                  shares: tuple[Decimal, Decimal]) -> Decimal:
    if not later:
        return ZERO
    is_long = later[-1].due >= Interval(1, 'year').plus(day)
    return min(round_money(principal * shares[0 if is_long else 1], digits),
               sum((row.interest for row in later), ZERO))
