"""A peer to be measured beside: fetched into a folder of the bench, no part of this project."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kit import prepared
from tools import packages, templates
from tools.commands import call
from tools.paths import PYTHON, STATE


@dataclass(frozen=True)
class Peer:
    """An OCA add-on on the package index: its module, its version, and the own add-on whose needs it shares."""

    name: str
    module: str
    version: str
    beside: str

    @property
    def _package(self) -> str:
        return f'odoo-addon-{self.module.replace("_", "-")}'

    def addons(self) -> list[Path]:
        """Fetch the module once, without what it depends on, and return the add-on folders with it."""
        home = STATE / 'bench' / f'{self._package}-{self.version}'
        found = home / 'odoo' / 'addons'
        if not found.exists():
            shutil.rmtree(home, ignore_errors=True)
            call(
                [
                    packages.VENV / 'bin' / 'uv', 'pip', 'install', '--python', PYTHON, '--no-deps',
                    '--target', home, f'{self._package}=={self.version}',
                ],
                'packages', 'The peer could not be fetched: check the network, or leave it out by --only.',
            )
        return [found]

    def database(self) -> str:
        """Return a database with the peer installed."""
        base = templates.base([self.beside])
        return prepared.with_modules(self.name, [self.module], self.addons(), base, {self.module: self.version})
