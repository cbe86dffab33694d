"""Where the peer comes from: OCA ``contract`` 19.0, fetched into a folder of the bench, no part of this project."""

import shutil
from pathlib import Path

from benchmarks.kit import prepared
from tools import packages, templates
from tools.commands import call
from tools.paths import PYTHON, STATE

VERSION = '19.0.1.2.1.2'
HOME = STATE / 'bench' / f'contract-{VERSION}'


def addons() -> list[Path]:
    """Fetch the module once, without what it depends on, and return the add-on folders with it."""
    found = HOME / 'odoo' / 'addons'
    if not found.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        call(
            [
                packages.VENV / 'bin' / 'uv', 'pip', 'install', '--python', PYTHON, '--no-deps',
                '--target', HOME, f'odoo-addon-contract=={VERSION}',
            ],
            'packages', 'The peer could not be fetched: check the network, or leave it out by --only ours core.',
        )
    return [found]


def database() -> str:
    base = templates.base(['service_contracts'])
    return prepared.with_modules('peer', ['contract'], addons(), base, {'contract': VERSION})
