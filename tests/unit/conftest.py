"""Lets `from odoo.addons.<module>.rules import ...` work without Odoo, and runs the rules' doctests."""

import sys
import types
from pathlib import Path

ADDONS = Path(__file__).resolve().parents[2] / 'addons'


def _register(name: str, *folders: Path) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder) for folder in folders]
    sys.modules[name] = package


_register('odoo')
_register('odoo.addons', ADDONS)
for _module in filter(Path.is_dir, ADDONS.glob('*')):
    _register(f'odoo.addons.{_module.name}', _module)
