"""Template databases: built once for one state of the add-ons, then cloned."""

import hashlib
import json

from tools import database, modules, odoo_process
from tools.commands import log_path
from tools.locks import locked
from tools.odoo_source import installed
from tools.steps import Stop


def base(names: list[str]) -> str:
    """A database without demo data that has what the modules stand on, but not the modules."""
    needed = modules.outside_dependencies(names)
    return _template('base', {'install': needed}, needed)


def demo(names: list[str]) -> str:
    """A database with the modules and their demo story."""
    return _template('demo', {'install': names, 'sums': modules.checksums(names)}, names, '--with-demo')


def _template(kind: str, note: dict, names: list[str], *options) -> str:
    note = {'odoo': installed(), **note}
    key = hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()[:12]
    name = f'suite_{kind}_{key}'
    with locked(kind):
        if not database.exists(name):
            _build(name, note, names, options)
            _drop_others(kind, name)
    return name


def _build(name: str, note: dict, names: list[str], options) -> None:
    part = f'{name}_building'
    database.drop(part)
    odoo_process.install(part, names, *options)
    _demand_demo(part, names, options)
    database.write_note(part, note)
    database.rename(part, name)


def _demand_demo(name: str, names: list[str], options) -> None:
    """Odoo goes on without demo data that fail to load, with no more than a warning in the log."""
    if '--with-demo' not in options:
        return
    failed = database.query('SELECT name FROM ir_module_module WHERE name = ANY(%s) AND NOT demo', names, database=name)
    if failed:
        modules_without = ', '.join(row[0] for row in failed)
        raise Stop(f'The demo data of {modules_without} did not load. Details: {log_path("build")}')


def _drop_others(kind: str, name: str, keep: int = 9) -> None:
    """Only the newest templates of a kind stay; oid grows with age."""
    rows = database.query(
        'SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid DESC', f'suite\\_{kind}\\_%'
    )
    for (old,) in rows[keep:]:
        if old != name:
            database.drop(old)
