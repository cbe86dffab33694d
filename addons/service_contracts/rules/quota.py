"""Free quota that rolls over: what was not used stays in buckets until each of them expires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .errors import RuleError

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class QuotaBucket:
    """What is left of a quota granted on a day; `expires` is the first day it can no longer be used (None: never)."""

    granted: date
    expires: date | None
    left: Decimal

    def __post_init__(self) -> None:
        if self.left < 0:
            raise RuleError(f'A quota cannot be negative: {self.left}')
        if self.expires is not None and self.expires <= self.granted:
            raise RuleError(f'A quota granted on {self.granted} cannot expire on {self.expires}')

    def is_usable(self, day: date) -> bool:
        return self.granted <= day and (self.expires is None or day < self.expires)


@dataclass(frozen=True, slots=True)
class QuotaDraw:
    """What a use took: the buckets after it, the part that was free and the part to be paid."""

    buckets: tuple[QuotaBucket, ...]
    free: Decimal
    to_pay: Decimal


def draw_quota(buckets: Iterable[QuotaBucket], quantity: Decimal, day: date) -> QuotaDraw:
    """Take a quantity out of the buckets usable on a day, the one that expires first before the others.

    With one length of validity that is the oldest first. Emptied buckets are gone, unusable ones untouched.
    Raises RuleError for a negative quantity.

    >>> may = QuotaBucket(date(2025, 5, 1), date(2025, 7, 1), Decimal(30))
    >>> june = QuotaBucket(date(2025, 6, 1), date(2025, 8, 1), Decimal(100))
    >>> drawn = draw_quota([june, may], Decimal(50), date(2025, 6, 15))
    >>> [(str(bucket.granted), str(bucket.left)) for bucket in drawn.buckets], str(drawn.to_pay)
    ([('2025-06-01', '80')], '0')
    """
    if quantity < 0:
        raise RuleError(f'A quantity drawn cannot be negative: {quantity}')
    left, to_pay = [], quantity
    for bucket in sorted(buckets, key=_by_expiry):
        taken = min(bucket.left, to_pay) if bucket.is_usable(day) else ZERO
        to_pay -= taken
        if bucket.left > taken:
            left.append(replace(bucket, left=bucket.left - taken))
    return QuotaDraw(tuple(left), quantity - to_pay, to_pay)


def roll_over(buckets: Iterable[QuotaBucket], day: date, granted: QuotaBucket | None = None,
              cap: Decimal | None = None) -> tuple[QuotaBucket, ...]:
    """Return the buckets on a new period's first day: the expired ones gone, the period's own quota added.

    `cap` limits what may be carried over, without the new quota; what is above it goes, soonest expiry first. What was
    granted on the day itself, as what a change leaves of this period, is not carried over and not limited.

    >>> june = QuotaBucket(date(2025, 6, 1), date(2025, 8, 1), Decimal(80))
    >>> [str(bucket.left) for bucket in roll_over([june], date(2025, 7, 1), cap=Decimal(50))]
    ['50']
    """
    valid = [bucket for bucket in buckets if bucket.expires is None or day < bucket.expires]
    earlier = [bucket for bucket in valid if bucket.granted != day]
    surplus = max(quota_left(earlier, day) - cap, ZERO) if cap is not None else ZERO
    carried = (*draw_quota(earlier, surplus, day).buckets, *(bucket for bucket in valid if bucket.granted == day))
    return (*carried, granted) if granted else carried


def quota_left(buckets: Iterable[QuotaBucket], day: date) -> Decimal:
    """Return what may still be used free of charge on a day."""
    return sum((bucket.left for bucket in buckets if bucket.is_usable(day)), ZERO)


def _by_expiry(bucket: QuotaBucket) -> tuple[date, date]:
    return bucket.expires or date.max, bucket.granted
