"""Where the peer comes from: OCA ``account_credit_control`` 19.0, in a folder of the bench, no part of this project."""

import shutil
from pathlib import Path

from benchmarks.kit import prepared
from tools import packages, templates
from tools.commands import call
from tools.paths import PYTHON, STATE

VERSION = '19.0.1.0.0.13'
HOME = STATE / 'bench' / f'account-credit-control-{VERSION}'


def addons() -> list[Path]:
    """Fetch the module once, without what it depends on, and return the add-on folders with it."""
    found = HOME / 'odoo' / 'addons'
    if not found.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        call(
            [
                packages.VENV / 'bin' / 'uv', 'pip', 'install', '--python', PYTHON, '--no-deps',
                '--target', HOME, f'odoo-addon-account-credit-control=={VERSION}',
            ],
            'packages', 'The peer could not be fetched: check the network, or leave it out by --only ours.',
        )
    return [found]


def database() -> str:
    base = templates.base(['dunning_sms'])
    return prepared.with_modules(
        'creditpeer', ['account_credit_control'], addons(), base, {'account_credit_control': VERSION})
