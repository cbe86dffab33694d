"""Penalty interest by balance segments, and fees that are charged once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from .errors import RuleError

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid of a line on a day; a negative amount undoes an earlier payment."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
    """Days with one overdue balance: from `start` until before `end`."""

    start: date
    end: date
    balance: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def interest(self, yearly_rate: Decimal, year_days: int | None = 365) -> Decimal:
        """Return the interest of the segment, not rounded; `year_days` None counts actual years (365 or 366).

        >>> Segment(date(2026, 3, 2), date(2026, 4, 1), Decimal(1000)).interest(Decimal('0.0365'))
        Decimal('3.0000')
        """
        if year_days:
            return self.balance * yearly_rate * self.days / year_days
        parts = (part.balance * yearly_rate * part.days / _year_length(part.start) for part in self._by_year())
        return sum(parts, ZERO)

    def _by_year(self) -> Iterable[Segment]:
        start = self.start
        while start < self.end:
            end = min(self.end, date(start.year + 1, 1, 1))
            yield Segment(start, end, self.balance)
            start = end


def segments(amount: Decimal, due: date, payments: Iterable[Payment], start: date, end: date) -> list[Segment]:
    """Return the segments of constant overdue balance from `start` until before `end`.

    The first day with interest is the day after the due date. A payment ends a segment: its own day bears
    interest no more. What is left after the principal is paid is nothing; what accrued before stays (R7).

    >>> due, paid = date(2026, 3, 1), [Payment(date(2026, 3, 12), Decimal(40))]
    >>> [(part.days, str(part.balance)) for part in segments(Decimal(100), due, paid, due, date(2026, 3, 22))]
    [(10, '100'), (10, '60')]
    """
    reached = max(start, due + timedelta(days=1))
    balance = amount
    found = []
    for payment in sorted(payments, key=lambda payment: payment.day):
        day = min(max(payment.day, reached), end)
        if day > reached and balance > 0:
            found.append(Segment(reached, day, balance))
        reached = max(reached, day)
        balance -= payment.amount
    if balance > 0 and end > reached:
        found.append(Segment(reached, end, balance))
    return found


def interest(
    amount: Decimal, due: date, payments: Iterable[Payment], start: date, end: date,
    yearly_rate: Decimal, digits: int = 2, year_days: int | None = 365,
) -> Decimal:
    """Return the interest from `start` until before `end`, rounded half-up once, at the line to be posted.

    >>> interest(Decimal(100), date(2026, 3, 1), [Payment(date(2026, 3, 12), Decimal(40))],
    ...          date(2026, 3, 1), date(2026, 3, 22), Decimal('0.0912'))
    Decimal('0.40')
    """
    if yearly_rate < 0:
        raise RuleError('A rate of interest cannot be negative')
    exact = sum(
        (part.interest(yearly_rate, year_days) for part in segments(amount, due, payments, start, end)), ZERO,
    )
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def fee(fixed: Decimal, share: Decimal, open_amount: Decimal, digits: int = 2, limit: Decimal | None = None) -> Decimal:
    """Return a fee: a fixed amount plus a share of what is open, at most `limit`, rounded half-up.

    >>> fee(Decimal(5), Decimal('0.01'), Decimal('149.99'))
    Decimal('6.50')
    """
    amount = fixed + share * max(open_amount, ZERO)
    if limit is not None:
        amount = min(amount, limit)
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _year_length(day: date) -> int:
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
