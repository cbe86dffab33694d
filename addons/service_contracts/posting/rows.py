"""Database rows as dictionaries: read them, insert many of them with one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from odoo.sql_db import BaseCursor
from odoo.tools import SQL
from psycopg2.extras import Json

Row = dict[str, Any]


def read_rows(cr: BaseCursor, table: str, column: str, ids: Iterable[int]) -> list[Row]:
    """Return all rows of `table` whose `column` is among the ids, in the order of their first column."""
    cr.execute(SQL(
        'SELECT * FROM %s WHERE %s = ANY(%s) ORDER BY 1',
        SQL.identifier(table), SQL.identifier(column), list(ids),
    ))
    return cr.dictfetchall()


def next_ids(cr: BaseCursor, table: str, count: int) -> list[int]:
    """Take `count` new ids of a table, in order."""
    cr.execute('SELECT nextval(%s::regclass) FROM generate_series(1, %s)', (f'{table}_id_seq', count))
    return [row[0] for row in cr.fetchall()]


def insert_rows(cr: BaseCursor, table: str, rows: Sequence[Row], types: dict[str, str]) -> None:
    """Insert rows that all have the same columns.

    What is the same in every row is sent once: of the hundred columns of an invoice a quarter varies.

    :param types: PostgreSQL type by column, see ``column_types``.
    """
    if not rows:
        return
    constant, varying = split_columns(rows)
    columns = [*constant, *varying]
    selected = [SQL('%s::%s', _adapted(rows[0][name]), SQL(types[name])) for name in constant]
    selected += [SQL('v.%s::%s', SQL.identifier(name), SQL(types[name])) for name in varying]
    if any(types[name] == 'jsonb' for name in varying):
        rows = [{name: _adapted(row[name]) for name in varying} for row in rows]
    values = SQL(', '.join(['%s'] * len(rows)), *(tuple(row[name] for name in varying) for row in rows))
    cr.execute(SQL(
        'INSERT INTO %s (%s) SELECT %s FROM (VALUES %s) AS v (%s)',
        SQL.identifier(table),
        SQL(', ').join(map(SQL.identifier, columns)),
        SQL(', ').join(selected),
        values,
        SQL(', ').join(map(SQL.identifier, varying)),
    ))


def _adapted(value: Any) -> Any:
    return Json(value) if isinstance(value, dict | list) else value


def split_columns(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return the columns with one value in all rows, and the others; at least one is among the others."""
    first = rows[0]
    varying = [name for name, value in first.items() if any(row[name] != value for row in rows)]
    varying = varying or [next(iter(first))]
    return [name for name in first if name not in set(varying)], varying


def column_types(cr: BaseCursor, table: str) -> dict[str, str]:
    """Return the PostgreSQL type of each column of a table."""
    cr.execute("""
        SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
    """, (table,))
    return dict(cr.fetchall())
