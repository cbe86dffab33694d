"""What the records of many services and periods come to, one query for all that count alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..rules.money import round_fraction
from ..rules.usage import MICROSECOND, QUANTITY_DIGITS, Moments

VALUES = {
    'sum': SQL('sum(record.quantity)'),
    'count': SQL('count(*)'),
    'unique': SQL('count(DISTINCT record.key)'),
    'max': SQL('max(record.quantity)'),
    'latest': SQL('(array_agg(record.quantity ORDER BY record.moment DESC, record.key DESC, record.quantity DESC))[1]'),
    'weighted_sum': SQL('sum(record.quantity * extract(epoch FROM wanted.until - record.moment))'),
}
"""What `rules.usage.aggregate` does, in SQL; of a level weighted by time value × seconds left."""
SHARED = 20
"""So many services with one stretch of time are worth a query with that stretch as constants."""
OPENINGS = {
    'weighted_sum': SQL('SELECT sum(quantity) FROM before'),
    'latest': SQL('SELECT quantity FROM before ORDER BY moment DESC, key DESC, quantity DESC LIMIT 1'),
    'max': SQL('SELECT quantity FROM before ORDER BY moment DESC, key DESC, quantity DESC LIMIT 1'),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stretch of time of one service to be measured."""

    line_id: int
    moments: Moments
    aggregation: str
    keeps_level: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What was used: the quantity, and how many records made it up."""

    quantity: Decimal
    records: int


class ServiceUsageRecord(models.Model):
    _inherit = 'service.usage.record'

    def _measure(self, wanted: list[Wanted]) -> list[Measured]:
        """Return what was used in each stretch; never below 0, whatever was taken back."""
        by_kind = defaultdict(list)
        for place, stretch in enumerate(wanted):
            by_kind[stretch.aggregation].append((place, stretch))
        self.flush_model()
        measured = {}
        for kind, stretches in by_kind.items():
            values = self._values(VALUES[kind], stretches)
            openings = self._openings(kind, [pair for pair in stretches if pair[1].keeps_level])
            for place, stretch in stretches:
                value, count = values.get(place, (None, 0))
                quantity = _quantity(kind, stretch.moments, value, openings.get(place))
                measured[place] = Measured(max(quantity, Decimal(0)), count)
        return [measured[place] for place in range(len(wanted))]

    def _values(self, value: SQL, stretches: list) -> dict[int, tuple[Decimal, int]]:
        """Return the value and the number of the records of each stretch, by its place."""
        by_moments, values, others = defaultdict(list), {}, []
        for pair in stretches:
            by_moments[pair[1].moments].append(pair)
        for moments, alike in by_moments.items():
            if len(alike) < SHARED:
                others += alike
                continue
            by_line = self._values_within(value, moments, [stretch.line_id for _place, stretch in alike])
            values |= {place: by_line[stretch.line_id] for place, stretch in alike if stretch.line_id in by_line}
        return values | self._values_each(value, others) if others else values

    def _values_within(self, value: SQL, moments: Moments, line_ids: list[int]) -> dict[int, tuple[Decimal, int]]:
        # SQL as below; one stretch for all makes it a plain GROUP BY.
        rows = self.env.execute_query(SQL(
            """
            SELECT record.contract_line_id, (%s)::text, count(*)
              FROM service_usage_record record, (SELECT %s::timestamp AS until) AS wanted
             WHERE record.contract_line_id = ANY(%s) AND record.moment >= %s AND record.moment < %s
             GROUP BY record.contract_line_id
            """, value, moments.end, line_ids, moments.start, moments.end,
        ))
        return {line_id: (Decimal(text), count) for line_id, text, count in rows}

    def _values_each(self, value: SQL, stretches: list) -> dict[int, tuple[Decimal, int]]:
        # SQL because every service has moments of its own; as text, since Odoo reads numeric as float.
        # What holds for all is said once more by itself: only from that PostgreSQL sees how many rows to expect.
        _places, line_ids, starts, ends = columns = _columns(stretches)
        rows = self.env.execute_query(SQL(
            """
            SELECT wanted.place, (%s)::text, count(*)
              FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::timestamp[])
                AS wanted(place, line_id, since, until)
              JOIN service_usage_record record ON record.contract_line_id = wanted.line_id
               AND record.moment >= wanted.since AND record.moment < wanted.until
             WHERE record.contract_line_id = ANY(%s) AND record.moment >= %s AND record.moment < %s
             GROUP BY wanted.place
            """, value, *columns, line_ids, min(starts), max(ends),
        ))
        return {place: (Decimal(text), count) for place, text, count in rows}

    def _openings(self, kind: str, stretches: list) -> dict[int, Decimal]:
        """Return the level with which each stretch begins, where there is one."""
        if kind not in OPENINGS or not stretches:
            return {}
        rows = self.env.execute_query(SQL(
            """
            SELECT wanted.place, (
                    WITH before AS (
                        SELECT quantity, moment, key FROM service_usage_record
                         WHERE contract_line_id = wanted.line_id AND moment < wanted.since)
                    %s)::text
              FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::timestamp[])
                AS wanted(place, line_id, since, until)
            """, OPENINGS[kind], *_columns(stretches),
        ))
        return {place: Decimal(text) for place, text in rows if text is not None}


def _columns(stretches: list) -> tuple[list, ...]:
    return (
        [place for place, _stretch in stretches],
        [stretch.line_id for _place, stretch in stretches],
        [stretch.moments.start for _place, stretch in stretches],
        [stretch.moments.end for _place, stretch in stretches],
    )


def _quantity(kind: str, moments: Moments, value: Decimal | None, opening: Decimal | None) -> Decimal:
    """Return the quantity of a stretch from what PostgreSQL gave, as `rules.usage.aggregate` would."""
    if kind == 'weighted_sum':
        seconds = Fraction((moments.end - moments.start) // MICROSECOND, 10**6)
        return round_fraction(Fraction(value or 0) / seconds + Fraction(opening or 0), QUANTITY_DIGITS)
    if kind == 'max':
        return max((number for number in (value, opening) if number is not None), default=Decimal(0))
    if value is None:
        return opening or Decimal(0)
    return value
