"""Usage: what the records of a meter add up to in a period, counted in the zone of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import RuleError
from .money import round_fraction
from .periods import Period

QUANTITY_DIGITS = 6
LATE_POLICIES = ('next_invoice', 'credit', 'refuse')
MICROSECOND = datetime.resolution
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One measured value. `moment` is UTC without zone, as Odoo keeps it; `key` is what unique counts."""

    value: Decimal
    moment: datetime
    key: str = ''


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments from `start` up to but not including `end`, UTC without zone."""

    start: datetime
    end: datetime

    def has(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def share_left(self, moment: datetime) -> Fraction:
        """Return how much of the time is still to come at a moment, 0 to 1."""
        return Fraction((self.end - moment) // MICROSECOND, (self.end - self.start) // MICROSECOND)


def day_begins(day: date, zone: str) -> datetime:
    """Return when a day begins in a zone, as UTC without zone.

    A midnight that the clocks skip begins with the first moment after it; one they repeat, with the first.
    Raises RuleError for an unknown zone.

    >>> day_begins(date(2025, 7, 1), 'America/Bogota')
    datetime.datetime(2025, 7, 1, 5, 0)
    """
    try:
        local = datetime.combine(day, time(), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RuleError(f'Unknown time zone {zone!r}') from error
    return local.astimezone(UTC).replace(tzinfo=None)


def moments_of(period: Period, zone: str) -> Moments:
    """Return a period of days as moments; what follows begins where it ends, so no record is in two periods.

    >>> berlin = moments_of(Period(date(2025, 3, 30), date(2025, 3, 31)), 'Europe/Berlin')
    >>> str(berlin.end - berlin.start)
    '23:00:00'
    """
    return Moments(day_begins(period.start, zone), day_begins(period.end, zone))


def aggregate(kind: str, records: Iterable[UsageRecord], moments: Moments, opening: Decimal | None = None) -> Decimal:
    """Return what the records inside the moments come to; their order does not matter.

    kind: sum, count, max, latest, unique (different keys) or weighted_sum (each value changes a level, which
    counts for the share of the time it lasts; rounded to 6 digits). `opening` is the level the period begins
    with, for max, latest and weighted_sum. Raises RuleError for an unknown kind.

    >>> june = Moments(datetime(2025, 6, 1), datetime(2025, 7, 1))
    >>> seats = [UsageRecord(Decimal(4), datetime(2025, 6, 16))]
    >>> str(aggregate('weighted_sum', seats, june, opening=Decimal(10)))
    '12.000000'
    """
    if kind not in AGGREGATIONS:
        raise RuleError(f'Unknown aggregation {kind!r}, expected one of {", ".join(AGGREGATIONS)}')
    return AGGREGATIONS[kind]([record for record in records if moments.has(record.moment)], moments, opening)


def _sum(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    return sum((record.value for record in records), ZERO)


def _count(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    return Decimal(len(records))


def _unique(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    return Decimal(len({record.key for record in records}))


def _max(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    values = [record.value for record in records]
    return max(values if opening is None else [opening, *values], default=ZERO)


def _latest(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    latest = max(records, key=lambda record: (record.moment, record.key, record.value), default=None)
    return latest.value if latest else opening or ZERO


def _weighted_sum(records: Sequence[UsageRecord], moments: Moments, opening: Decimal | None) -> Decimal:
    """Sum of value × time left / time of the period, in real time: a day of 23 hours counts 23 hours."""
    lasting = (Fraction(record.value) * moments.share_left(record.moment) for record in records)
    return round_fraction(sum(lasting, Fraction(opening or 0)), QUANTITY_DIGITS)


AGGREGATIONS: dict[str, Callable[[Sequence[UsageRecord], Moments, Decimal | None], Decimal]] = {
    'sum': _sum,
    'count': _count,
    'max': _max,
    'latest': _latest,
    'unique': _unique,
    'weighted_sum': _weighted_sum,
}


def place_record(moment: datetime, now: datetime, billed_until: datetime | None, policy: str) -> str:
    """Return what happens with a record, new or corrected, that arrives `now` (all UTC without zone).

    own_period: its period is not billed yet, it simply counts there. next_invoice: the difference it makes
    to the billed period goes on the next invoice. credit: that difference is posted at once, as a credit or
    a charge. refuse: its period is closed by the policy. future: it is refused under any policy, nothing was
    used yet. Raises RuleError for an unknown policy.

    >>> place_record(datetime(2025, 6, 30, 23), datetime(2025, 7, 3), datetime(2025, 7, 1), 'next_invoice')
    'next_invoice'
    """
    if policy not in LATE_POLICIES:
        raise RuleError(f'Unknown policy {policy!r}, expected one of {", ".join(LATE_POLICIES)}')
    if moment > now:
        return 'future'
    return policy if billed_until is not None and moment < billed_until else 'own_period'


def late_difference(rated_again: Decimal, charged: Iterable[Decimal]) -> Decimal:
    """Return the one amount that brings what was charged for a period, in any number of pieces, to the new amount.

    Below 0 it is a credit; 0 when nothing is left to adjust, so asking twice adjusts once.

    >>> str(late_difference(Decimal('39.00'), [Decimal('35.00'), Decimal('6.50')]))
    '-2.50'
    """
    return rated_again - sum(charged, ZERO)
