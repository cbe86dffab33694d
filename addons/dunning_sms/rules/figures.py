"""Figures of collection: what is outstanding and how old month by month, days sales outstanding, effectiveness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .ageing import DEFAULT_BOUNDS, bucket_of

ZERO = Decimal(0)
DSO_MONTHS = 3
"""Days sales outstanding looks back over as many months, so that one strong month does not shake it."""


@dataclass(frozen=True, slots=True)
class Event:
    """What changed for receivables due on a day: charged (positive) or settled (negative), on or before `day`.

    Credits that settle nothing yet are events of their own, with `is_credit`; they do not age.
    """

    due: date
    day: date
    amount: Decimal
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The state at the end of a month; `dso` and `cei` are None where they would divide by nothing."""

    month_end: date
    receivable: Decimal
    buckets: tuple[Decimal, ...]
    sales: Decimal
    dso: Decimal | None
    cei: Decimal | None

    @property
    def overdue(self) -> Decimal:
        return sum(self.buckets[1:], ZERO)


def dso(receivable: Decimal, credit_sales: Decimal, days: int) -> Decimal | None:
    """Return days sales outstanding: receivables / credit sales x days.

    >>> dso(Decimal(50_000), Decimal(300_000), 90)
    Decimal('15')
    """
    return receivable * days / credit_sales if credit_sales > 0 else None


def cei(begin: Decimal, credit_sales: Decimal, end_total: Decimal, end_current: Decimal) -> Decimal | None:
    """Return the collection effectiveness index: 100 if everything that could be collected was.

    (begin + credit sales - end total) / (begin + credit sales - end current) x 100. Oracle divides credit sales by
    the number of months of the period; here the period is one month, so both agree.

    >>> str(cei(Decimal(100_000), Decimal(1_000_000), Decimal(120_000), Decimal(100_000)))
    '98.0'
    """
    collectable = begin + credit_sales - end_current
    if collectable <= 0:
        return None
    return ((begin + credit_sales - end_total) * 100 / collectable).quantize(Decimal('0.1'))


def month_figures(
    events: Iterable[Event], sales_by_month: Sequence[Decimal], month_ends: Sequence[date],
    bounds: Sequence[int] = DEFAULT_BOUNDS,
) -> list[MonthFigures]:
    """Return the figures of each month but the first, which is only where the second begins.

    `sales_by_month` are the credit sales of each of the months, less credit notes, tax included.
    """
    events = list(events)
    states = [_state(events, month_end, bounds) for month_end in month_ends]
    made = []
    for place in range(1, len(month_ends)):
        buckets = states[place]
        total, begin = sum(buckets, ZERO), sum(states[place - 1], ZERO)
        first = max(place - DSO_MONTHS, 0)
        days = (month_ends[place] - month_ends[first]).days
        made.append(MonthFigures(
            month_ends[place], total, tuple(buckets), sales_by_month[place],
            dso(total, sum(sales_by_month[first + 1:place + 1], ZERO), days),
            cei(begin, sales_by_month[place], total, buckets[0]),
        ))
    return made


def _state(events: Sequence[Event], as_of: date, bounds: Sequence[int]) -> list[Decimal]:
    """Return what was open at the end of a day, by bucket."""
    buckets = [ZERO] * (len(bounds) + 2)
    for event in events:
        if event.day <= as_of:
            place = 0 if event.is_credit else bucket_of(Decimal(1), event.due, as_of, bounds)
            buckets[place] += event.amount
    return buckets
