"""The client script of the docs works as it stands, against a running server."""

import json
import re
import subprocess
import sys

import pytest

from tests.e2e.processes import make_api_key, psql
from tools.paths import ROOT

CLIENT = ROOT / 'docs' / 'clients' / 'python_client.py'


@pytest.fixture(scope='module')
def key(server) -> str:
    return make_api_key(server.database, 'integrator')


def run_client(server, key: str, *options) -> subprocess.CompletedProcess:
    command = [sys.executable, CLIENT, '--url', server.url, '--db', server.database, '--login', 'integrator']
    return subprocess.run([*command, '--key', key, *options], capture_output=True, text=True, timeout=300)


def answers(done: subprocess.CompletedProcess) -> dict:
    """The printed answers by their title."""
    assert done.returncode == 0, done.stderr
    parts = re.split(r'^([A-Z][a-z ]+):$', done.stdout, flags=re.MULTILINE)
    return {title: json.loads(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize('protocol', ['json2', 'xmlrpc'])
def test_the_client_takes_a_contract_to_its_invoice(server, key, protocol):
    reference = f'TEST-{protocol}'
    shown = answers(run_client(server, key, '--protocol', protocol, '--reference', reference))
    assert shown['Contract'][0]['state'] == 'active'
    assert shown['Charges to come']
    assert shown['Billing run']['invoices'] == 1
    status = shown['Status'][0]
    assert [invoice['payment_state'] for invoice in status['invoices']] == ['not_paid']


def test_running_the_client_twice_charges_once(server, key):
    first = answers(run_client(server, key, '--reference', 'TEST-twice'))
    second = answers(run_client(server, key, '--reference', 'TEST-twice'))
    assert [first['Contract'][0]['created'], second['Contract'][0]['created']] == [True, False]
    assert second['Billing run']['invoices'] == 0
    assert second['Status'][0]['invoices'] == first['Status'][0]['invoices']


def test_a_wrong_key_is_told_in_one_line(server):
    done = run_client(server, 'wrong')
    assert (done.returncode, done.stderr.count('\n')) == (1, 1)


def test_an_unknown_customer_is_told_and_nothing_is_left(server, key):
    done = run_client(server, key, '--reference', 'TEST-lost', '--partner', 'NOBODY')
    assert done.returncode == 1
    assert 'NOBODY' in done.stderr
    assert 'Traceback' not in done.stderr
    assert psql(server.database, "SELECT 1 FROM service_contract WHERE external_ref = 'TEST-lost'") == []
