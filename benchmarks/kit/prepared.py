"""Databases to measure on: prepared once for one state of the add-ons, then cloned for each measurement."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import database, modules, odoo_process, templates
from tools.paths import ADDONS, STATE

PREFIX = 'suite_bench'
CLONE = f'{PREFIX}_clone'


def with_modules(title: str, names: list[str], addons: list[Path], base: str, version: dict) -> str:
    """A database made from a base by installing modules; made anew when `version` changes."""
    key = hashlib.sha256(json.dumps([base, version], sort_keys=True).encode()).hexdigest()[:12]
    name = f'{PREFIX}_{title}_{key}'
    with templates.locked(f'bench_{title}'):
        if not database.exists(name):
            _drop_others(title)
            _install(name, names, addons, base)
    return name


def own(names: list[str]) -> tuple[str, Path]:
    """A database with modules of this project, without demo data, and the add-ons as they are now.

    A measurement takes a while; the copy keeps it free from what is edited meanwhile.
    """
    sums = modules.checksums(names)
    copy = STATE / 'bench' / 'addons'
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ADDONS, copy, ignore=shutil.ignore_patterns('__pycache__'))
    return with_modules('own', names, [copy], templates.base(names), sums), copy


def _install(name: str, names: list[str], addons: list[Path], base: str) -> None:
    part = f'{name}_building'
    database.clone(base, part)
    odoo_process.install(part, names, '--addons-path', ','.join(map(str, addons)))
    database.rename(part, name)


def drop_clones() -> None:
    """Drop what a measurement that was killed left behind."""
    _drop_others('clone')


def _drop_others(title: str) -> None:
    rows = database.query('SELECT datname FROM pg_database WHERE datname LIKE %s', f'{PREFIX}\\_{title}\\_%')
    for (old,) in rows:
        database.drop(old)


@contextmanager
def clone(template: str, title: str) -> Iterator[str]:
    """A fresh copy of a database for one measurement, dropped afterwards."""
    name = f'{CLONE}_{title}'
    database.clone(template, name)
    try:
        yield name
    finally:
        database.drop(name)
