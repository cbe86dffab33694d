"""Meter readings: what a meter had counted on the days that matter, by the reading nearest to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from .errors import RuleError

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter showed at the beginning of a day.

    `goes_on_from`: where the meter goes on after an exchange or a reset; None for the value itself.
    """

    day: date
    value: Decimal
    goes_on_from: Decimal | None = None
    is_estimated: bool = False


def counted_at(readings: Iterable[Reading], edges: Sequence[date], within: int) -> list[Decimal | None]:
    """Return what had been counted at each edge since the first one that was read; None where nothing was read.

    The nearest reading at most `within` days away counts, a real one before an estimate, and each for one edge.
    Raises RuleError when a meter runs backwards.

    >>> year = [Reading(date(2025, 1, 1), Decimal(100)), Reading(date(2025, 6, 30), Decimal(180), ZERO),
    ...         Reading(date(2026, 1, 2), Decimal(70))]
    >>> edges = [date(2025, 1, 1), date(2025, 3, 1), date(2025, 7, 1), date(2026, 1, 1)]
    >>> [None if one is None else str(one) for one in counted_at(year, edges, 3)]
    ['0', None, '80', '150']
    """
    ordered = sorted(readings, key=_by_day)
    picked = [_nearest(ordered, edge, edges, within) for edge in edges]
    counted = _cumulated([one for one in ordered if not one.is_estimated or one in picked])
    known = [counted[one] for one in picked if one]
    return [counted[one] - known[0] if one else None for one in picked]


def level_after(reading: Reading, units: Decimal) -> Decimal:
    """Return what a meter shows after it counted so many units from a reading on.

    >>> str(level_after(Reading(date(2025, 1, 1), Decimal(100), Decimal(5)), Decimal(20)))
    '25'
    """
    return _base(reading) + units


@dataclass(frozen=True, slots=True)
class Plausibility:
    """What speaks against a reading (lower, high or first; empty: nothing), and the one before it."""

    doubt: str
    last: Reading | None = None


def plausibility(readings: Iterable[Reading], day: date, value: Decimal, factor: int = 3) -> Plausibility:
    """Return whether a reading fits those before it: not lower, and not `factor` times the use of a day until then.

    >>> year = [Reading(date(2025, 1, 1), Decimal(100)), Reading(date(2025, 12, 31), Decimal(464))]
    >>> [plausibility(year, date(2026, 1, 10), Decimal(value)).doubt for value in (470, 463, 500)]
    ['', 'lower', 'high']
    >>> plausibility([], date(2026, 1, 10), Decimal(5)).doubt
    'first'
    """
    before = sorted((reading for reading in readings if reading.day < day), key=_by_day)
    if not before:
        return Plausibility('first')
    last, used = before[-1], value - _base(before[-1])
    if used < 0:
        return Plausibility('lower', last)
    days = (last.day - before[0].day).days
    usual = _cumulated(before)[last] / days if days else None
    is_high = bool(usual) and used > usual * (day - last.day).days * factor
    return Plausibility('high' if is_high else '', last)


def reading_at(readings: Iterable[Reading], edge: date, within: int) -> Reading | None:
    """Return the reading that counts for one day."""
    return _nearest(sorted(readings, key=_by_day), edge, [edge], within)


def _nearest(readings: Sequence[Reading], edge: date, edges: Sequence[date], within: int) -> Reading | None:
    """Return the reading nearest to an edge among those that are nearer to it than to any other edge."""
    near = [one for one in readings if _distance(one, edge) <= within]
    own = [one for one in near if edge == min(edges, key=partial(_distance, one))]
    return min(own, key=lambda one: (one.is_estimated, _distance(one, edge)), default=None)


def _distance(reading: Reading, edge: date) -> int:
    return abs((reading.day - edge).days)


def _cumulated(readings: Sequence[Reading]) -> dict[Reading, Decimal]:
    """Return what had been counted at each reading since the first, across exchanges of the meter."""
    counted, total, before = {}, ZERO, None
    for one in readings:
        if before:
            if one.value < _base(before):
                raise RuleError(f'The meter runs backwards: {_base(before)} on {before.day}, {one.value} on {one.day}')
            total += one.value - _base(before)
        counted[one], before = total, one
    return counted


def _base(reading: Reading) -> Decimal:
    return reading.value if reading.goes_on_from is None else reading.goes_on_from


def _by_day(reading: Reading) -> date:
    return reading.day
