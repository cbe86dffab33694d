"""The database that ./run serves: a clone of the demo template, updated when the add-ons change."""

from tools import database, modules, odoo_process, templates
from tools.locks import locked
from tools.odoo_source import installed
from tools.steps import Stop


def ensure(name: str, names: list[str], fresh: bool = False) -> None:
    """Make the database, or bring it up to the state of the add-ons; what was entered in it stays."""
    if not names:
        raise Stop('There is no add-on under addons/ to install.')
    with locked(name):
        exists = database.exists(name)
        note = database.read_note(name) if exists else {}
        if exists and 'sums' not in note:
            raise Stop(f'The database {name} was not made by ./run and is left alone: name another by --database.')
        if exists and not fresh:
            _update(name, note, _note(names))
        else:
            _create(name, names)


def _create(name: str, names: list[str]) -> None:
    part = f'{name}_building'
    database.clone(templates.demo(names), part)
    database.write_note(part, _note(names))
    database.rename(part, name)


def _update(name: str, old: dict, new: dict) -> None:
    """Update what changed and install what came; the note comes last, so that a kill leads to another try."""
    if old == new:
        return
    changed = [module for module, found in new['sums'].items() if old['sums'].get(module, found) != found]
    added = [module for module in new['sums'] if module not in old['sums']]
    if old.get('odoo') != new['odoo']:
        changed = ['base']
    if changed:
        odoo_process.install(name, changed, update=True)
    if added:
        odoo_process.install(name, added, '--with-demo')
    database.write_note(name, new)


def _note(names: list[str]) -> dict:
    return {'odoo': installed(), 'sums': modules.checksums(names)}
