"""The database that ./run serves: a clone of the demo template, updated when the add-ons change."""

from tools import database, modules, odoo_process, templates
from tools.locks import locked
from tools.steps import Stop


def ensure(name: str, names: list[str], fresh: bool = False) -> None:
    """Make the database, or bring it up to the state of the add-ons; what was entered in it stays."""
    if not names:
        raise Stop('There is no add-on under addons/ to install.')
    with locked(name):
        note = {} if fresh or not database.exists(name) else database.read_note(name)
        if note:
            _update(name, note, modules.checksums(names))
        else:
            _create(name, names)


def _create(name: str, names: list[str]) -> None:
    part = f'{name}_building'
    database.clone(templates.demo(names), part)
    database.write_note(part, {'sums': modules.checksums(names)})
    database.rename(part, name)


def _update(name: str, note: dict, sums: dict[str, str]) -> None:
    changed = [module for module in sums if module in note['sums'] and sums[module] != note['sums'][module]]
    added = [module for module in sums if module not in note['sums']]
    if changed:
        odoo_process.install(name, changed, update=True)
    if added:
        odoo_process.install(name, added, '--with-demo')
    if changed or added:
        database.write_note(name, {'sums': sums})
