"""Where the parts of the project and of its state folder are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / 'addons'
TEST_ADDONS = ROOT / 'tests' / 'addons'
CONFIG = ROOT / 'odoo.conf'

STATE = Path(os.environ.get('SUITE_STATE') or ROOT / '.local').resolve()
LOG = STATE / 'log'
CACHE = STATE / 'cache'
VENV = STATE / 'venv'
PYTHON = VENV / 'bin' / 'python'
ODOO_DATA = STATE / 'odoo-data'
