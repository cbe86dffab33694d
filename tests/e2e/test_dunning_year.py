"""A year of reminders for 5,000 customers with random payments, decided by the rules the product uses."""

import subprocess

from tools.paths import PYTHON, ROOT

SCRIPT = """
import runpy
runpy.run_path('tests/unit/conftest.py')
from tests.unit.test_reminder_year import check_year, simulate
year = simulate(5000, 2026)
check_year(year)
print(len(year.messages), len(year.suspensions))
"""


def test_a_year_of_five_thousand_customers():
    """No contact outside a window, no cap exceeded, no notice twice, none after payment, all announced.

    In a process of its own, because the rules are loaded without Odoo.
    """
    done = subprocess.run([PYTHON, '-c', SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    messages, suspensions = map(int, done.stdout.split())
    assert messages > 10_000
    assert suspensions > 500
