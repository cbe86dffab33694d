"""When a customer may be called back: beginnings of calls inside working hours, never in the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

SLOT = timedelta(minutes=30)


def call_slots(hours: Iterable[tuple[datetime, datetime]], earliest: datetime,
               slot: timedelta = SLOT) -> list[datetime]:
    """Return when calls may begin, in UTC: each begins and ends within working hours, none before `earliest`.

    Hours and `earliest` know their time zone. Slots are counted from the beginning of the hours, so that two
    customers are offered the same ones; hours that touch or overlap offer a slot once.

    >>> nine, noon = datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 3, 10, 10, 15, tzinfo=UTC)
    >>> [slot.strftime('%H:%M') for slot in call_slots([(nine, noon)], nine + timedelta(minutes=1))]
    ['09:30']
    """
    found = set()
    for start, end in hours:
        begin = start.astimezone(UTC)
        while begin + slot <= end.astimezone(UTC):
            if begin >= earliest:
                found.add(begin)
            begin += slot
    return sorted(found)
