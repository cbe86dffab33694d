"""Thousands of rows from one that the ORM made: a prototype copied by SQL with some columns changed.

The statements are built from the bench's own text and numbers, so they take no parameters: in the
expressions % is the remainder.
"""


def copy_rows(cr, table: str, prototype_id: int, count: int, where: str = 'TRUE', **columns: str) -> int:
    """Copy a row and return the id before the first copy: copy number i (1 to `count`) has that id plus i.

    :param columns: SQL expressions over i for the columns that differ.
    :param where: condition over i; where it is false, no copy is made.
    """
    base = _reserve_ids(cr, table, count)
    changed = {'id': f'{base} + i', **columns}
    changes = ', '.join(f"'{name}', {expression}" for name, expression in changed.items())
    cr.execute(f"""
        INSERT INTO {table} SELECT made.*
          FROM generate_series(1, {count}) AS i, {table} AS prototype,
               jsonb_populate_record(prototype, jsonb_build_object({changes})) AS made
         WHERE prototype.id = {prototype_id} AND {where}
         ORDER BY i
    """)
    return base


def copy_relation(cr, field, prototype_id: int, base: int, count: int, where: str = 'TRUE') -> None:
    """Give the copies the many-to-many values of their prototype."""
    cr.execute(f"""
        INSERT INTO {field.relation} ({field.column1}, {field.column2})
        SELECT {base} + i, {field.column2} FROM {field.relation}, generate_series(1, {count}) AS i
         WHERE {field.column1} = {prototype_id} AND {where}
    """)


def _reserve_ids(cr, table: str, count: int) -> int:
    """Take `count` ids in a row and return the one before them."""
    cr.execute(f"""
        SELECT setval('{table}_id_seq', last + {count}) - {count}
          FROM (SELECT COALESCE(max(id), 0) AS last FROM {table})
    """)
    return cr.fetchone()[0]
