"""The examples of the guide run as they stand there, and clients that others wrote drive the main flows."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import odoorpc
import pytest

from tests.e2e.exchange_world import exchange_database
from tests.e2e.processes import make_api_key, psql, run_script, running_server
from tools.paths import CACHE, ROOT

GUIDE = (ROOT / 'docs' / 'exchange.md').read_text()
USER = """
user = env['res.users'].create({
    'name': 'Exchange', 'login': 'exchange', 'password': 'exchange',
    'group_ids': [(6, 0, env.ref('accounting_exchange.group_exchange_integrator').ids)],
})
env['exchange.webhook.endpoint'].create({'name': 'Guide', 'url': 'https://example.com/hooks'})
env.cr.commit()
"""
NODE = shutil.which('node')


@pytest.fixture(scope='module')
def caller():
    """A server, and what a program has to know of it."""
    with exchange_database() as database:
        run_script(database, USER)
        with running_server(database, '--max-cron-threads', 0) as server:
            yield {
                'EXCHANGE_URL': server.url, 'EXCHANGE_DATABASE': database, 'EXCHANGE_LOGIN': 'exchange',
                'EXCHANGE_KEY': make_api_key(database, 'exchange'),
            }


def blocks(language: str) -> str:
    return '\n'.join(re.findall(rf'^```{language}\n(.*?)^```', GUIDE, re.MULTILINE | re.DOTALL))


def run(command: list, caller: dict, **values) -> str:
    done = subprocess.run(
        command, env={**os.environ, **caller}, capture_output=True, text=True, timeout=300, **values,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_examples_in_python_run(caller):
    check = """
secret, body, stamp = 's', b'{}', str(int(time.time()))
mark = hmac.new(b's', f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()
assert is_genuine('s', f't={stamp},v1=old,v1={mark}', body)
assert not is_genuine('s', f't={stamp},v1={mark}', body + b' ')
assert not is_genuine('s', f't={int(stamp) - 400},v1={mark}', body)
"""
    run([sys.executable, '-c', blocks('python') + check], caller)
    query = "SELECT count(*) FROM account_payment WHERE exchange_ref = 'SHOP-M1'"
    assert psql(caller['EXCHANGE_DATABASE'], query) == [(1,)]


@pytest.mark.skipif(not NODE, reason='There is no node on this machine.')
def test_the_examples_in_javascript_run(caller, tmp_path):
    script = tmp_path / 'guide.mjs'
    stamp = int(time.time())
    script.write_text(blocks('javascript') + f"""
const mark = createHmac("sha256", "s").update("{stamp}.").update("{{}}").digest("hex");
console.log(isGenuine("s", `t={stamp},v1=x,v1=${{mark}}`, "{{}}"), isGenuine("s", `t={stamp},v1=${{mark}}`, "x"));
""")
    printed = run([NODE, script], caller)
    assert 'paid 0 0' in printed
    assert '“name” is missing' in printed
    assert printed.strip().endswith('true false')


def test_every_method_is_in_the_guide_in_both_languages(caller):
    """A new public method without an example fails here."""
    names = json.loads(run_script(caller['EXCHANGE_DATABASE'], """
import json
from inspect import getmembers, isfunction
cls = type(env['exchange.interface'])
print(json.dumps([name for base in cls.mro() if getattr(base, '_module', '') == 'accounting_exchange'
                  for name, _method in getmembers(base, isfunction) if name in vars(base) and name[0] != '_']))
"""))
    for name in names:
        assert f'`{name}(' in GUIDE or f'`{name}`' in GUIDE or f"'{name}'" in GUIDE, name
        assert f'"{name}"' in blocks('javascript'), name
        if name != 'read_events':
            assert f"'{name}'" in blocks('python'), name


def test_odoorpc_drives_the_main_flow(caller):
    """A client nobody here wrote (LGPL-3, PyPI): customer, invoice, payment, statement."""
    host, port = caller['EXCHANGE_URL'].removeprefix('http://').split(':')
    odoo = odoorpc.ODOO(host, port=int(port), version='19.0')
    odoo.login(caller['EXCHANGE_DATABASE'], 'exchange', 'exchange')
    interface = odoo.env['exchange.interface']
    interface.upsert_partners([{'ref': 'RPC-1', 'name': 'Rita'}])
    interface.upsert_invoices([{
        'external_ref': 'RPC-I1', 'partner': 'RPC-1', 'date': '2026-01-10', 'post': True,
        'lines': [{'description': 'Help', 'price_unit': 80, 'taxes': ''}],
    }])
    paid = interface.register_payments([
        {'external_ref': 'RPC-M1', 'partner': 'RPC-1', 'amount': 80, 'date': '2026-01-11', 'invoices': 'RPC-I1'},
    ])
    assert paid['taken'][0]['result'] == 'created'
    statement = interface.read_statement('RPC-1', '2026-01-01', '2026-01-31')
    assert (len(statement['rows']), statement['closing']) == (2, 0.0)
    with pytest.raises(odoorpc.error.RPCError):
        odoo.env['account.move'].search([])


@pytest.fixture(scope='session')
def odoo_await():
    """The npm package odoo-await (ISC), fetched once; skipped where npm is out of reach."""
    folder = CACHE / 'npm'
    if not (NODE and shutil.which('npm')):
        pytest.skip('There is no node and npm on this machine.')
    if not (folder / 'node_modules' / 'odoo-await').exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, 'odoo-await@3.4.1'],
            capture_output=True, text=True, timeout=180,
        )
        if done.returncode:
            pytest.skip(f'npm could not fetch odoo-await: {done.stderr[-200:]}')
    return folder


def test_odoo_await_drives_the_main_flow(caller, odoo_await):
    """Another client nobody here wrote, in JavaScript."""
    script = odoo_await / 'flow.js'
    script.write_text("""
const Odoo = require("odoo-await");
const env = process.env;
(async () => {
    const odoo = new Odoo({
        baseUrl: env.EXCHANGE_URL, db: env.EXCHANGE_DATABASE, username: "exchange", password: env.EXCHANGE_KEY,
    });
    await odoo.connect();
    const call = (method, values) => odoo.execute_kw("exchange.interface", method, [values]);
    await call("upsert_partners", [[{ ref: "JS-1", name: "Jana" }]]);
    await call("upsert_invoices", [[{ external_ref: "JS-I1", partner: "JS-1", date: "2026-01-10", post: true,
        lines: [{ description: "Help", price_unit: 40, taxes: "" }] }]]);
    const paid = await call("register_payments", [[{
        external_ref: "JS-M1", partner: "JS-1", amount: 15, date: "2026-01-11", invoices: "JS-I1",
    }]]);
    const owed = await call("read_receivables", [["JS-1"]]);
    console.log(JSON.stringify([paid.taken[0].result, owed.rows.map((row) => row.amount_open)]));
})().catch((error) => { console.error(error); process.exit(1); });
""")
    printed = run([NODE, script], caller, cwd=odoo_await)
    assert json.loads(printed.strip().splitlines()[-1]) == ['created', [25]]
