"""The rows of a file as records to take: cut into batches, read, taken or refused, counted."""

from collections import defaultdict
from decimal import Decimal

from psycopg2 import InterfaceError, OperationalError

from ..rules.errors import ExchangeError
from ..rules.tables import Table
from ..rules.values import convert, row_digest, row_key


class PreparedTable:
    """The rows of a file with their keys, cut into batches that never part the rows of one record."""

    def __init__(self, job, table: Table):
        self.job = job
        self.kind = job._kind_model()
        self.columns = job.column_ids._columns()
        self.form = job._format()
        self.rows = table.rows
        self.is_grouped = self.kind._exchange_is_grouped
        keys = [column for column in self.columns if column.field.is_key]
        self.keys = ['|'.join(str(row.values.get(column.source) or column.default).strip() for column in keys)
                     for row in table.rows]
        self._first: dict[str, int] = {}
        for place, key in enumerate(self.keys):
            self._first.setdefault(key, place)

    def batch(self, start: int, size: int) -> tuple[range, int]:
        """Return the places of the next rows and the place after them."""
        end = min(start + size, len(self.rows))
        while self.is_grouped and end < len(self.rows) and self.keys[end] == self.keys[end - 1]:
            end += 1
        return range(start, end), end

    def is_repeated(self, place: int) -> bool:
        """Tell whether the key of a row stands further up, and not just as a line of the same record."""
        first = self._first[self.keys[place]]
        if not self.is_grouped:
            return first != place
        return any(self.keys[between] != self.keys[place] for between in range(first, place))


class Batch:
    """Some rows of a file: what they say, what became of them, and what to count."""

    def __init__(self, run, table: PreparedTable, places_: range):
        self.run, self.table, self.env = run, table, run.env
        self.job = table.job
        self.kind = run.job_id._kind_model()
        self.fields = [column.field for column in table.columns]
        self.places = places_
        self.problems: list[dict] = []
        self.digests: dict[str, str] = {}
        self.counts: dict[str, int] = defaultdict(int)
        self.sums: dict[str, Decimal] = defaultdict(Decimal)
        self.taken: list[dict] = []

    def take(self) -> None:
        """Take what differs from what is known; each refused row gets its reason."""
        units = self._units()
        known = self.env['exchange.row.state']._known(self.run.job_id, [unit.key for unit in units])
        fresh = [unit for unit in units if known.get(unit.key) != unit.digest]
        for unit in units:
            if known.get(unit.key) == unit.digest:
                self._count('unchanged', unit)
        self._take_or_split(fresh)

    def figures(self) -> dict[str, float]:
        count, amount = self.kind._exchange_figures(self.taken) if self.taken else (0, Decimal(0))
        return {
            'created_count': self.counts['created'], 'updated_count': self.counts['updated'],
            'unchanged_count': self.counts['unchanged'], 'refused_count': len(self.problems),
            'file_sum': float(self.sums['file']), 'refused_sum': float(self.sums['refused']),
            'record_count': count, 'record_sum': float(amount),
        }

    # === READ === #

    def _units(self) -> list['Unit']:
        """Return the records that the rows describe."""
        read = [(place, values) for place in self.places if (values := self._read(place)) is not None]
        if not self.table.is_grouped:
            return [Unit([place], values, self._key(values)) for place, values in read]
        groups: dict[str, list[tuple[int, dict]]] = {}
        for place, values in read:
            groups.setdefault(self._key(values), []).append((place, values))
        units = []
        for key, rows in groups.items():
            if self._is_whole(rows):
                values_list = [values for _place, values in rows]
                item = self.kind._exchange_group(values_list)
                units.append(Unit([place for place, _values in rows], item, key, values_list))
        return units

    def _is_whole(self, rows: list[tuple[int, dict]]) -> bool:
        """Refuse a record of which a line was refused: half an invoice is none."""
        raw = self.table.keys[rows[0][0]]
        lost = [place for place in self.places if self.table.keys[place] == raw and place not in dict(rows)]
        for place, values in rows if lost else ():
            self._refuse(place, self.env._("Another row of “%s” was refused.", raw), values)
        return not lost

    def _read(self, place: int) -> dict | None:
        row = self.table.rows[place]
        try:
            if row.reason:
                raise ExchangeError(row.reason)
            values = convert(row.values, self.table.columns, self.table.form)
            if self.table.is_repeated(place):
                raise ExchangeError('repeated', key=self.table.keys[place])
        except ExchangeError as error:
            self._refuse(place, self.run.job_id._sentence(error))
            return None
        self.sums['file'] += self._amount(values)
        return values

    def _key(self, values: dict) -> str:
        return row_key(values, self.fields)

    def _amount(self, values: dict) -> Decimal:
        names = [field.name for field in self.fields if field.is_amount]
        return sum((Decimal(str(values.get(name, 0))) for name in names), Decimal(0))

    # === TAKE === #

    def _take_or_split(self, units: list['Unit']) -> None:
        """Take records together; if that fails, halve them until the one at fault is alone, and refuse it."""
        if not units:
            return
        try:
            with self.env.cr.savepoint():
                results = self.kind._exchange_take([unit.item for unit in units])
                self.env.flush_all()
        except (OperationalError, InterfaceError):
            raise  # the server's fault, or another transaction's, never the row's
        except Exception as error:
            if len(units) == 1:
                reason = self.run._reason(error)
                for place, values in zip(units[0].places, units[0].rows or [units[0].item], strict=True):
                    self._refuse(place, reason, values)
                return
        else:
            for unit, result in zip(units, results, strict=True):
                self._count(result['result'], unit)
                self.digests[unit.key] = unit.digest
            return
        half = len(units) // 2
        self._take_or_split(units[:half])
        self._take_or_split(units[half:])

    def _count(self, result: str, unit: 'Unit') -> None:
        self.counts[result] += 1
        self.taken.append(unit.item)

    def _refuse(self, place: int, reason: str, values: dict | None = None) -> None:
        row = self.table.rows[place]
        self.problems.append({
            'row_number': row.number, 'key': self.table.keys[place][:200], 'reason': reason[:1000],
            'content': {str(name): '' if cell is None else str(cell)[:500] for name, cell in row.values.items()},
        })
        if values is not None:
            self.sums['refused'] += self._amount(values)


class Unit:
    """A record that one row, or some rows, describe."""

    def __init__(self, places_: list[int], item: dict, key: str, rows: list[dict] | None = None):
        self.places, self.item, self.key, self.rows = places_, item, key, rows
        self.digest = row_digest(item)
