"""The examples of the guide to reminders run as they stand there."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.processes import cloned_database, make_api_key, plain_database, run_script, running_server
from tools import postgres
from tools.paths import ROOT

GUIDE = (ROOT / 'docs' / 'reminders.md').read_text()
NODE = shutil.which('node')
WORLD = """
from odoo.fields import Command
company = env.company
env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
customer = env['res.partner'].create({'name': 'Uma', 'ref': 'UK-400'})
env['account.move'].create({
    'move_type': 'out_invoice', 'partner_id': customer.id,
    'invoice_date': '2025-01-01', 'invoice_date_due': '2025-01-05',
    'invoice_line_ids': [Command.create({'name': 'Care', 'price_unit': 100, 'tax_ids': False})],
}).action_post()
gateway = env['dunning.gateway'].create({'name': 'Provider', 'report_secret': 'secret'})
company.dunning_promise_days = 30
env['res.users'].create({
    'name': 'Caller', 'login': 'caller', 'group_ids': [Command.set([env.ref('dunning_sms.group_dunning_user').id])],
})
env.cr.commit()
print(gateway.id)
"""


@pytest.fixture(scope='module')
def caller():
    """A server with one customer that owes 100, and what a program has to know of it."""
    postgres.ensure()
    with cloned_database(plain_database(['dunning_sms'])) as database:
        gateway = run_script(database, WORLD).split()[-1]
        with running_server(database, '--max-cron-threads', 0) as server:
            yield {
                'REMINDER_URL': server.url, 'REMINDER_DATABASE': database, 'REMINDER_LOGIN': 'caller',
                'REMINDER_KEY': make_api_key(database, 'caller'), 'REMINDER_GATEWAY': gateway,
            }


def run(command: list, caller: dict) -> str:
    done = subprocess.run(
        command, env={**os.environ, **caller}, capture_output=True, text=True, timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def blocks(language: str) -> str:
    return '\n'.join(re.findall(rf'^```{language}\n(.*?)^```', GUIDE, re.MULTILINE | re.DOTALL))


def test_the_examples_in_python_run(caller):
    run([sys.executable, '-c', blocks('python')], caller)


@pytest.mark.skipif(not NODE, reason='There is no node on this machine.')
def test_the_examples_in_javascript_run(caller, tmp_path):
    script = tmp_path / 'guide.mjs'
    script.write_text(blocks('javascript'))
    printed = run([NODE, script], caller)
    assert '0 100' in printed and '200' in printed
    assert 'NOBODY' in printed
