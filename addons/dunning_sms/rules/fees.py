"""Penalty interest by balance segments, and fees that are charged once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from .errors import RuleError

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid of a line on a day; a negative amount undoes an earlier payment."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Dispute:
    """An amount of a line that is disputed from `start` until before `end`; no amount: all of it, no end: still.

    With `is_charged_when_over` a dispute that was settled in the creditor's favour bears interest after all.
    """

    start: date
    end: date | None = None
    amount: Decimal | None = None
    is_charged_when_over: bool = False

    def is_over(self, day: date) -> bool:
        return self.end is not None and self.end < day


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


def segments(
    amount: Decimal, due: date, payments: Iterable[Payment], start: date, end: date, disputes: Iterable[Dispute] = (),
) -> list[Segment]:
    """Return the segments of constant overdue balance from `start` until before `end`.

    The first day with interest is the day after the due date. A payment ends a segment: its own day bears
    interest no more. What is left after the principal is paid is nothing; what accrued before stays (R7).
    A dispute takes exactly its amount out of the balance, for its days.

    >>> due, paid = date(2026, 3, 1), [Payment(date(2026, 3, 12), Decimal(40))]
    >>> [(part.days, str(part.balance)) for part in segments(Decimal(100), due, paid, due, date(2026, 3, 22))]
    [(10, '100'), (10, '60')]
    >>> doubt = [Dispute(date(2026, 3, 4), date(2026, 3, 6), Decimal(30))]
    >>> [(part.days, str(part.balance)) for part in segments(Decimal(100), due, (), due, date(2026, 3, 8), doubt)]
    [(2, '100'), (2, '70'), (2, '100')]
    """
    payments, disputes = list(payments), list(disputes)
    first = max(start, due + timedelta(days=1))
    changes = {payment.day for payment in payments}
    changes.update(day for dispute in disputes for day in (dispute.start, dispute.end) if day)
    days = [first, *sorted(day for day in changes if first < day < end), end]
    found = (
        Segment(day, until, _bearing(amount, payments, disputes, day)) for day, until in pairwise(days) if day < until
    )
    return [segment for segment in found if segment.balance > 0]


def _bearing(amount: Decimal, payments: list[Payment], disputes: list[Dispute], day: date) -> Decimal:
    """Return what bears interest on a day: what is not paid and not disputed."""
    balance = amount - sum((payment.amount for payment in payments if payment.day <= day), ZERO)
    for dispute in disputes:
        if dispute.start <= day and (dispute.end is None or day < dispute.end):
            balance -= balance if dispute.amount is None else dispute.amount
    return balance


def interest(
    amount: Decimal, due: date, payments: Iterable[Payment], start: date, end: date,
    yearly_rate: Decimal, digits: int = 2, year_days: int | None = 365, disputes: Iterable[Dispute] = (),
) -> Decimal:
    """Return the interest from `start` until before `end`, rounded half-up once, at the line to be posted.

    A dispute that was over since the last charge (until `start`) and is charged when over brings its days before
    `start` along, so that charging often gives what charging once gives.

    >>> interest(Decimal(100), date(2026, 3, 1), [Payment(date(2026, 3, 12), Decimal(40))],
    ...          date(2026, 3, 1), date(2026, 3, 22), Decimal('0.0912'))
    Decimal('0.40')
    """
    if yearly_rate < 0:
        raise RuleError('A rate of interest cannot be negative')
    payments, disputes = list(payments), list(disputes)

    def until(day: date) -> Decimal:
        waiting = [dispute for dispute in disputes if not (dispute.is_charged_when_over and dispute.is_over(day))]
        parts = segments(amount, due, payments, due, day, waiting)
        return sum((part.interest(yearly_rate, year_days) for part in parts), ZERO)

    exact = until(end) - until(min(start, end))
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
