"""Translations: what is missing in the .po files, and renewing them from a database."""

import re
from collections.abc import Iterator

from tools import modules, odoo_process
from tools.commands import call
from tools.paths import ADDONS

LANGUAGES = ('es', 'de')
PLACEHOLDER = re.compile(r'%\(\w+\)[sdf]|%[sd]|\{\w*\}')


def gaps() -> Iterator[str]:
    """Terms that a language lacks, or whose placeholders differ."""
    for module in modules.installable():
        folder = ADDONS / module / 'i18n'
        if not (folder / f'{module}.pot').exists():
            yield f'{module} has no i18n/{module}.pot: run python3 -m tools.dev i18n'
            continue
        for language in LANGUAGES:
            yield from _gaps(module, language)


def _gaps(module: str, language: str) -> Iterator[str]:
    folder = ADDONS / module / 'i18n'
    if not (folder / f'{language}.po').exists():
        yield f'{module} has no i18n/{language}.po'
        return
    translated = {entry.msgid: entry.msgstr for entry in _read(folder / f'{language}.po') if not entry.fuzzy}
    for entry in _read(folder / f'{module}.pot'):
        translation = translated.get(entry.msgid, '')
        if not translation:
            yield f'{module} {language}: no translation of {entry.msgid!r}'
        elif sorted(PLACEHOLDER.findall(translation)) != sorted(PLACEHOLDER.findall(entry.msgid)):
            yield f'{module} {language}: other placeholders in {entry.msgid!r}'


def renew(database: str, module: str) -> None:
    """Export the module's terms from a database that has it, and add what is new to each language."""
    template = ADDONS / module / 'i18n' / f'{module}.pot'
    template.parent.mkdir(exist_ok=True)
    export(database, module, template)
    for language in LANGUAGES:
        path = template.with_name(f'{language}.po')
        catalog = _read(path) if path.exists() else _new_catalog(template, language)
        catalog.merge(_read(template))
        for entry in catalog.obsolete_entries():
            catalog.remove(entry)
        catalog.save(str(path))


def export(database: str, module: str, path) -> None:
    """Write the terms that the installed module has now into a .pot file."""
    call(
        odoo_process.i18n_export(database, module, path),
        'build',
        f'Odoo could not export the terms of {module}.',
        env=odoo_process.environment(),
    )


def terms(path) -> set[str]:
    return {entry.msgid for entry in _read(path)}


def _new_catalog(template, language: str):
    catalog = _read(template)
    catalog.metadata['Language'] = language
    return catalog


def _read(path):
    import polib

    return polib.pofile(str(path), wrapwidth=78)
