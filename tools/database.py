"""Databases with their filestore: clone, drop, rename, and a note on each of what it holds."""

import itertools
import json
import os
import re
import shutil
from contextlib import closing
from pathlib import Path

from tools.paths import ODOO_DATA
from tools.steps import Stop

TEMPORARY = re.compile(r'suite_(?:test|e2e|i18n)_(\d+)_\d+')
UNVACUUMED = """
    DO $$
    DECLARE one regclass;
    BEGIN
        FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', one);
        END LOOP;
    END $$
"""
_numbers = itertools.count(1)


def query(sql: str, *values, database: str = 'postgres') -> list[tuple]:
    """Run one statement outside a transaction and return its rows."""
    with closing(_connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []


def exists(name: str) -> bool:
    return bool(query('SELECT 1 FROM pg_database WHERE datname = %s', name))


def temporary_name(kind: str) -> str:
    """A name for a database that goes with this process."""
    return f'suite_{kind}_{os.getpid()}_{next(_numbers)}'


def drop_leftovers() -> None:
    """Drop the temporary databases of processes of this machine that are gone."""
    for (name,) in query('SELECT datname FROM pg_database'):
        found = TEMPORARY.fullmatch(name)
        if found and not Path('/proc', found[1]).exists():
            drop(name)


def is_idle() -> bool:
    """No program but this one is connected."""
    return not query('SELECT 1 FROM pg_stat_activity WHERE usename = current_user AND pid != pg_backend_pid()')


def set_parameter(name: str, key: str, value: str) -> None:
    """Set a system parameter of Odoo; PDF pages fetch their styles from `report.url`."""
    query(
        'INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = %s',
        key, value, value, database=name,
    )


def drop(name: str) -> None:
    from psycopg2.errors import InsufficientPrivilege

    try:
        query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except InsufficientPrivilege:
        # An autovacuum is at work, which is the server's own and which only a drop without force cancels.
        query(f'DROP DATABASE IF EXISTS "{name}"')
    shutil.rmtree(filestore(name), ignore_errors=True)


def clone(template: str, name: str) -> None:
    """A fresh copy of a database, in place of what had the name before."""
    drop(name)
    if filestore(template).exists():
        # Files of the store never change, so a copy can share them.
        shutil.copytree(filestore(template), filestore(name), copy_function=_link)
    query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def prepare_for_tests(name: str) -> None:
    """Let no statement of a test go on for ever.

    The rows of a test are never committed, so the server's own vacuum takes tables full of them for empty, and the
    planner, believing that, lets a join of core go through every pair of rows. What still waits for ever is
    broken off, with the stack of who asked for it.
    """
    query(UNVACUUMED, database=name)
    query(f"ALTER DATABASE \"{name}\" SET statement_timeout = '5min'")
    query(f"ALTER DATABASE \"{name}\" SET lock_timeout = '2min'")


def rename(name: str, new: str) -> None:
    """Give a finished database its name; the database last, for it is what counts."""
    drop(new)
    if filestore(name).exists():
        filestore(name).rename(filestore(new))
    query(f'ALTER DATABASE "{name}" RENAME TO "{new}"')


def write_note(name: str, note: dict) -> None:
    query(f'COMMENT ON DATABASE "{name}" IS %s', json.dumps(note, sort_keys=True))


def read_note(name: str) -> dict:
    """The note on a database; empty where it has none of ours."""
    rows = query("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
    try:
        return json.loads(rows[0][0])
    except (IndexError, TypeError, ValueError):
        return {}


def filestore(name: str) -> Path:
    return ODOO_DATA / 'filestore' / name


def _link(source: str, target: str) -> None:
    os.link(source, target)


def _connect(database: str):
    import psycopg2

    try:
        return psycopg2.connect(dbname=database)
    except psycopg2.OperationalError as error:
        raise Stop(
            f'PostgreSQL cannot be reached ({str(error).strip().splitlines()[0]}): '
            'check PGHOST, PGPORT, PGUSER and PGPASSWORD.'
        ) from error
