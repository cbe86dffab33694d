"""For developers: the environment, a database, any Odoo command."""

import argparse
import contextlib
import os
import shlex
import sys

from tools import database, modules, odoo_process, packages, prepare, templates, translations
from tools.paths import CONFIG, PYTHON, ROOT, TEST_ADDONS
from tools.steps import Steps, run_command

VARIABLES = ('PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'ODOO_DATA_DIR', 'ODOO_RC')


def main() -> int:
    arguments = _arguments()
    with open(os.devnull, 'w') as silence, contextlib.redirect_stdout(silence):
        prepare.everything(Steps(prepare.STEPS), packages.TEST)
    os.environ.update(odoo_process.environment(), ODOO_RC=str(CONFIG))
    return arguments.action(arguments)


def _environment(_arguments) -> None:
    """Print the exports for a shell."""
    for name in VARIABLES:
        print(f'export {name}={shlex.quote(os.environ[name])}')


def _fresh(arguments) -> None:
    """Make a database with modules, in place of what had its name."""
    names = arguments.modules.split(',') if arguments.modules else modules.installable()
    database.drop(arguments.database)
    if arguments.demo:
        odoo_process.install(arguments.database, names, '--with-demo', *_test_path(names))
    else:
        database.clone(templates.base(names), arguments.database)
        odoo_process.install(arguments.database, names, *_test_path(names))
    print(f'Database {arguments.database} has {", ".join(names)}.')


def _test_path(names: list[str]) -> list[str]:
    return ['--addons-path', f'{ROOT / "addons"},{TEST_ADDONS}'] if set(names) & set(modules.test_only()) else []


def _drop(arguments) -> None:
    """Drop a database and its files."""
    database.drop(arguments.database)


def _i18n(arguments) -> None:
    """Renew the .pot and .po files of an add-on, or of every one, from a fresh database with the demo story."""
    names = arguments.modules.split(',') if arguments.modules else modules.installable()
    name = database.temporary_name('i18n')
    try:
        database.clone(templates.demo(modules.installable()), name)
        for module in names:
            translations.renew(name, module)
    finally:
        database.drop(name)


def _odoo(arguments) -> None:
    """Become any Odoo command, such as: odoo shell --database mine."""
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), '-m', 'odoo', *arguments.rest])


def _arguments():
    parser = argparse.ArgumentParser(prog='python3 -m tools.dev', description=__doc__)
    actions = parser.add_subparsers(required=True)
    for name, action in (
        ('env', _environment),
        ('fresh', _fresh),
        ('drop', _drop),
        ('i18n', _i18n),
        ('odoo', _odoo),
    ):
        sub = actions.add_parser(name, help=action.__doc__)
        sub.set_defaults(action=action)
        if name in ('fresh', 'drop'):
            sub.add_argument('database')
        if name in ('fresh', 'i18n'):
            sub.add_argument('modules', nargs='?', help='comma-separated, else every add-on')
        if name == 'fresh':
            sub.add_argument('--demo', action='store_true')
        if name == 'odoo':
            sub.add_argument('rest', nargs=argparse.REMAINDER)
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(run_command(main))
