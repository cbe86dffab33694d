"""What paying late costs: interest by segments of constant balance, and which claim a payment ends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import round_fraction

ZERO = Decimal(0)
YEARS = {'actual_365': 365, 'actual_360': 360}
DAY_COUNTS = (*YEARS, 'actual_actual')
ORDERS = {
    'fee_interest_principal': ('fee', 'interest', 'principal'),
    'interest_fee_principal': ('interest', 'fee', 'principal'),
    'principal_interest_fee': ('principal', 'interest', 'fee'),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """An overdue balance that did not change from `start` to before `end`."""

    start: date
    end: date
    balance: Decimal


def segments(due: date, amount: Decimal, payments: Sequence[tuple[date, Decimal]], until: date) -> list[Segment]:
    """Return the overdue balances of an amount from the day it was due to before `until`.

    `payments` are (day, amount) in any order; one made by the due day lowers the balance from the start.

    >>> [(str(part.start), str(part.balance)) for part in segments(
    ...     date(2026, 1, 1), Decimal(100), [(date(2026, 1, 11), Decimal(40))], date(2026, 2, 1))]
    [('2026-01-01', '100'), ('2026-01-11', '60')]
    """
    left, start, found = amount, due, []
    for day, paid in sorted(payments):
        if start < day and left > 0 and start < until:
            found.append(Segment(start, min(day, until), left))
        start, left = max(start, day), left - paid
    if start < until and left > 0:
        found.append(Segment(start, until, left))
    return found


def late_interest(parts: Sequence[Segment], yearly: Decimal, day_count: str, digits: int,
                  base: Callable[[Decimal], Decimal] = lambda balance: balance) -> Decimal:
    """Return the interest on segments: base of the balance × rate × days / days of the year, rounded once.

    `base` says how much of an open balance bears interest, such as its principal only (no interest on interest).

    >>> late_interest([Segment(date(2026, 1, 1), date(2026, 1, 31), Decimal(1000))], Decimal('0.09'), 'actual_365', 2)
    Decimal('7.40')
    """
    if day_count not in DAY_COUNTS:
        raise RuleError(f'Unknown day count {day_count!r}, expected one of {", ".join(DAY_COUNTS)}')
    exact = sum((Fraction(base(part.balance)) * _years(part.start, part.end, day_count) for part in parts), Fraction(0))
    return round_fraction(exact * Fraction(yearly), digits)


def open_parts(parts: Mapping[str, Decimal], left: Decimal, order: str) -> dict[str, Decimal]:
    """Return what is open of fee, interest and principal when `left` of their sum is: payments went in the order.

    >>> open_parts({'principal': Decimal(90), 'interest': Decimal(8), 'fee': Decimal(2)}, Decimal(95),
    ...            'fee_interest_principal')
    {'fee': Decimal('0'), 'interest': Decimal('5'), 'principal': Decimal('90')}
    """
    if order not in ORDERS:
        raise RuleError(f'Unknown order {order!r}, expected one of {", ".join(ORDERS)}')
    paid, found = sum(parts.values(), ZERO) - left, {}
    for name in ORDERS[order]:
        taken = max(min(paid, parts[name]), ZERO)
        found[name], paid = parts[name] - taken, paid - taken
    return found


def _years(start: date, end: date, day_count: str) -> Fraction:
    if day_count in YEARS:
        return Fraction((end - start).days, YEARS[day_count])
    if start.year == end.year:
        return Fraction((end - start).days, _days_of(start.year))
    turn = date(start.year + 1, 1, 1)
    return Fraction((turn - start).days, _days_of(start.year)) + _years(turn, end, day_count)


def _days_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
