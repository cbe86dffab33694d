"""A statement of shared costs: each cost over all who held a unit in the period, by shares and readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from .allocation import Allocation, Beneficiary, allocate_cost
from .errors import RuleError
from .occupancy import Occupant, estimate_missing, split_occupancy
from .periods import Period
from .readings import Reading, counted_at

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tenure:
    """Who pays for a unit from one day up to but not including another."""

    payer: str
    period: Period


@dataclass(frozen=True, slots=True)
class UnitTerms:
    """All that decides what a unit owes: its shares by basis, who held it when, its readings by meter."""

    unit: str
    shares: Mapping[str, Decimal]
    tenures: tuple[Tenure, ...]
    readings: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CostItem:
    """A cost to be shared: `consumption_percent` of it by `meter`, the rest by `basis`; `units` None means all."""

    amount: Decimal
    basis: str
    consumption_percent: Decimal = ZERO
    meter: str | None = None
    units: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class StatementTerms:
    """What holds for all costs of a statement. `reading_days`: how far from its day a reading may have been taken."""

    period: Period
    digits: int
    reading_days: int = 0
    season: Mapping[int, Decimal] | None = None
    estimated_limit: Decimal | None = None


def share_cost(item: CostItem, units: Sequence[UnitTerms], terms: StatementTerms,
               earlier: Mapping[str, Decimal]) -> list[Allocation]:
    """Return what each tenure owes of a cost, in order of unit and time; the parts sum to the cost.

    `earlier` is what units used in a comparable period, for readings that are missing. Raises RuleError for no
    unit that takes part, a share missing everywhere or a meter that runs backwards.

    >>> year = Period(date(2025, 1, 1), date(2026, 1, 1))
    >>> flats = [UnitTerms(name, {'area': Decimal(area)}, (Tenure(name, year),))
    ...          for name, area in (('1', 60), ('2', 40))]
    >>> shared = share_cost(CostItem(Decimal('100.00'), 'area'), flats, StatementTerms(year, 2), {})
    >>> [str(allocation.amount) for allocation in shared]
    ['60.00', '40.00']
    """
    taking = [unit for unit in units if item.units is None or unit.unit in item.units]
    parts = [part for unit in taking for part in _parts(unit, item, terms)]
    if _is_metered(item):
        parts = estimate_missing(parts, earlier)
    return allocate_cost(item.amount, item.consumption_percent, parts, terms.digits, terms.estimated_limit)


def tenures_of(period: Period, occupancies: Iterable[Tenure], vacant_payer: str) -> tuple[Tenure, ...]:
    """Return who pays when, the gaps filled with who pays while nobody holds the unit.

    Raises RuleError for occupancies that overlap, and for a gap that nobody pays.

    >>> may = Period(date(2025, 5, 1), date(2025, 6, 1))
    >>> [(one.payer, str(one.period.start)) for one in
    ...  tenures_of(may, [Tenure('Ana', Period(date(2025, 5, 11), date(2025, 5, 21)))], 'owner')]
    [('owner', '2025-05-01'), ('Ana', '2025-05-11'), ('owner', '2025-05-21')]
    """
    held = [Tenure(one.payer, span) for one in occupancies if (span := one.period.intersect(period))]
    held.sort(key=_by_start)
    if any(one.period.overlaps(other.period) for one, other in pairwise(held)):
        raise RuleError('Two hold the unit at the same time')
    gaps = period.minus([one.period for one in held])
    if gaps and not vacant_payer:
        raise RuleError(f'Nobody pays from {gaps[0].start} to {gaps[0].last_day}')
    return tuple(sorted([*held, *(Tenure(vacant_payer, gap) for gap in gaps)], key=_by_start))


def _parts(unit: UnitTerms, item: CostItem, terms: StatementTerms) -> list[Beneficiary]:
    """Return the tenures of a unit as beneficiaries of one cost, with what they used as far as it was read."""
    edges = [*(tenure.period.start for tenure in unit.tenures), terms.period.end]
    counted: list[Decimal | None] = [ZERO] * len(edges)
    if _is_metered(item):
        counted = counted_at(unit.readings.get(item.meter, ()), edges, terms.reading_days)
    whole = Beneficiary(unit.unit, unit.tenures[0].payer, unit.shares.get(item.basis, ZERO), counted[-1])
    occupants = [Occupant(tenure.payer, tenure.period.start, reading)
                 for tenure, reading in zip(unit.tenures, counted, strict=False)]
    return split_occupancy(whole, terms.period, occupants, terms.season, counted[0])


def _is_metered(item: CostItem) -> bool:
    return bool(item.meter and item.consumption_percent)


def _by_start(tenure: Tenure) -> date:
    return tenure.period.start
