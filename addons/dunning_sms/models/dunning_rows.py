"""Rows written by the hundred with one statement a table."""

from __future__ import annotations

from collections.abc import Sequence

from odoo.tools import SQL


def next_ids(cr, table: str, count: int) -> list[int]:
    """Take `count` new ids of a table, in order."""
    cr.execute(SQL(
        'SELECT nextval(%s::regclass) FROM generate_series(1, %s)', f'{table}_id_seq', count,
    ))
    return [row[0] for row in cr.fetchall()]


def insert_rows(model, rows: Sequence[dict]):
    """Insert rows of a model that all have the same stored fields, and return the records.

    A day's run writes tens of thousands of rows; the ORM would spend more on its bookkeeping than on them.
    Rights, computed fields and tracking are the caller's business.
    """
    if not rows:
        return model
    cr, uid = model.env.cr, model.env.uid
    model.flush_model()
    names = list(rows[0])
    if 'id' not in names:
        ids = next_ids(cr, model._table, len(rows))
        rows = [{'id': new, **row} for new, row in zip(ids, rows, strict=True)]
        names.insert(0, 'id')
    values = SQL(', '.join(['%s'] * len(rows)), *(tuple(row[name] for name in names) for row in rows))
    typed = SQL(', ').join(
        SQL('v.%s::%s', SQL.identifier(name), SQL('integer' if name == 'id' else _type(model, name))) for name in names
    )
    cr.execute(SQL(
        """INSERT INTO %s (%s, create_uid, write_uid, create_date, write_date)
           SELECT %s, %s, %s, %s, %s FROM (VALUES %s) AS v (%s)""",
        SQL.identifier(model._table), SQL(', ').join(map(SQL.identifier, names)),
        typed, uid, uid, cr.now(), cr.now(), values, SQL(', ').join(map(SQL.identifier, names)),
    ))
    model.invalidate_model(flush=False)
    return model.browse([row['id'] for row in rows])


def _type(model, name: str) -> str:
    return model._fields[name].column_type[1]
