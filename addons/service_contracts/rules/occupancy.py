"""Who held a unit when, and what to take for a reading that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .allocation import Beneficiary
from .errors import RuleError
from .money import round_fraction
from .periods import Period, month_day, month_index

UNIT_DIGITS = 6
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who pays for a unit from a day on. `reading`: what its meter had counted since the period began, if read."""

    payer: str
    start: date
    reading: Decimal | None = None


def split_occupancy(unit: Beneficiary, full: Period, occupants: Sequence[Occupant],
                    season: Mapping[int, Decimal] | None = None,
                    begun: Decimal | None = ZERO) -> list[Beneficiary]:
    """Return the unit as one beneficiary per occupant, in time order; shares and units sum to those of the unit.

    The fixed part goes by days. Consumption goes by reading where one was taken at the change, else by days, or
    by `season` (month 1-12 → weight of the month, such as a degree-day table). The first occupant starts with
    the period. `begun` is None where the meter was not read then: readings count from the first one that was
    taken, and who came before it is left to estimate. Raises RuleError for a start outside the period, days out
    of order or readings that fall.

    >>> flat = Beneficiary('7', 'Ana', Decimal(60), Decimal(500))
    >>> year = Period(date(2025, 1, 1), date(2026, 1, 1))
    >>> parts = split_occupancy(flat, year, [Occupant('Ana', date(2025, 1, 1)),
    ...                                      Occupant('Ben', date(2025, 3, 15), Decimal(200))])
    >>> [(part.payer, str(part.held), str(part.units)) for part in parts]
    [('Ana', '1/5', '200'), ('Ben', '4/5', '300')]
    """
    edges = _edges(unit, full, occupants)
    held = [Fraction((day - full.start).days, full.days) for day in edges]
    use = [_season_share(full, day, season) for day in edges] if season else held
    counted = _counted(use, [begun, *(occupant.reading for occupant in occupants[1:]), unit.units], unit)
    return [
        replace(unit, payer=occupant.payer, part=place, held=unit.held * (held[place + 1] - held[place]),
                held_use=unit.held_use * (use[place + 1] - use[place]), units=_difference(*counted[place:place + 2]))
        for place, occupant in enumerate(occupants)
    ]


def estimate_missing(beneficiaries: Sequence[Beneficiary], earlier: Mapping[str, Decimal]) -> list[Beneficiary]:
    """Return the beneficiaries with an estimate, marked as such, where the reading is missing.

    `earlier` is what each unit used in a comparable whole period; without it the average of the units read,
    by share, is taken (HeizkostenV section 9a paragraph 1). An occupant gets the part of the time it held the unit.

    >>> read = Beneficiary('1', 'Ana', Decimal(50), Decimal(400))
    >>> unread = Beneficiary('2', 'Ben', Decimal(75), None)
    >>> [str(one.units) for one in estimate_missing([read, unread], {})]
    ['400', '600.000000']
    """
    average = _average_use([one for one in beneficiaries if one.units is not None])
    return [
        one if one.units is not None else replace(one, is_estimated=True, units=round_fraction(
            one.held_use * Fraction(earlier.get(one.unit, average * Fraction(one.share))), UNIT_DIGITS))
        for one in beneficiaries
    ]


def _average_use(read: Sequence[Beneficiary]) -> Fraction:
    """Return what one unit of share used in the whole period, by all that were read."""
    shares = sum((Fraction(one.share) * one.held_use for one in read), Fraction(0))
    return sum((Fraction(one.units or 0) for one in read), Fraction(0)) / shares if shares else Fraction(0)


def _edges(unit: Beneficiary, full: Period, occupants: Sequence[Occupant]) -> list[date]:
    """Return the days the occupants start and the end of the period."""
    edges = [*(occupant.start for occupant in occupants), full.end]
    if edges[0] != full.start or any(end <= start for start, end in pairwise(edges)):
        raise RuleError(f'The occupants of {unit.unit} must follow each other from {full.start} to {full.last_day}')
    return edges


def _counted(use: Sequence[Fraction], readings: Sequence[Decimal | None], unit: Beneficiary) -> list[Decimal | None]:
    """Return what the meter had counted at each edge; between two readings it grows with use, after the last None."""
    known = [place for place, reading in enumerate(readings) if reading is not None]
    counted = list(readings)
    for first, last in pairwise(known):
        low, growth = Fraction(readings[first]), Fraction(readings[last]) - Fraction(readings[first])
        if growth < 0:
            raise RuleError(f'The readings of {unit.unit} fall from {readings[first]} to {readings[last]}')
        for place in range(first + 1, last):
            done = (use[place] - use[first]) / (use[last] - use[first])
            counted[place] = round_fraction(low + growth * done, UNIT_DIGITS)
    return counted


def _difference(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else after - before


def _season_share(full: Period, until: date, season: Mapping[int, Decimal]) -> Fraction:
    """Return which part of the period's seasonal weight lies before a day; within a month every day weighs the same."""
    return _weight(full.start, until, season) / _weight(full.start, full.end, season)


def _weight(start: date, end: date, season: Mapping[int, Decimal]) -> Fraction:
    weight, day = Fraction(0), start
    while day < end:
        month = month_index(day)
        first, following = month_day(month, 1), month_day(month + 1, 1)
        share = Fraction((min(end, following) - day).days, (following - first).days)
        weight += Fraction(_month_weight(season, day.month)) * share
        day = following
    return weight


def _month_weight(season: Mapping[int, Decimal], month: int) -> Decimal:
    if not (weight := season.get(month)) or weight < 0:
        raise RuleError(f'The season table needs a weight above 0 for month {month}')
    return weight
