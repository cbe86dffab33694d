"""Lets `from odoo.addons.<module>.rules import ...` work without Odoo, and says how the laws are tried.

A busy machine must not fail a law, so no example has a time limit, and a run tries the examples of the run before:
what fails on one machine fails on the next. `./test unit tests/unit --hypothesis-profile explore` draws new examples.
"""

import sys
import types
from pathlib import Path

from hypothesis import HealthCheck, settings

ADDONS = Path(__file__).resolve().parents[2] / 'addons'


def _register(name: str, *folders: Path) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder) for folder in folders]
    sys.modules[name] = package


_register('odoo')
_register('odoo.addons', ADDONS)
for _module in filter(Path.is_dir, ADDONS.glob('*')):
    _register(f'odoo.addons.{_module.name}', _module)


settings.register_profile('explore', deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile('repeatable', settings.get_profile('explore'), derandomize=True)
settings.load_profile('repeatable')
