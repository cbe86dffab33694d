"""./run as a user calls it: it serves, stops, starts again, and says in one sentence what is wrong."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest
import requests

from tests.e2e.processes import psql
from tools import database as databases
from tools import odoo_process
from tools.paths import ROOT

SECOND_START_SECONDS = 15


@pytest.fixture
def name(demo_template):
    """The name of a database that ./run makes; dropped afterwards."""
    name = databases.temporary_name('e2e')
    yield name
    databases.drop(name)


def start(name: str, port: int, *options) -> subprocess.Popen:
    command = [ROOT / 'run', '--port', str(port), '--database', name, *options]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for_welcome(process: subprocess.Popen) -> str:
    """Read what ./run prints until it says how to stop it."""
    printed = ''
    for line in process.stdout:
        printed += line
        if line.startswith('Ctrl-C'):
            return printed
    raise AssertionError(printed)


def stop(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(60)


def test_it_serves_stops_and_starts_again_quickly(name):
    port = odoo_process.free_port()
    process = start(name, port)
    printed = wait_for_welcome(process)
    assert f'http://127.0.0.1:{port}' in printed
    assert not re.search(r'\{\w+\}', printed)
    assert requests.get(f'http://127.0.0.1:{port}/web/login', timeout=60).status_code == 200
    assert stop(process) == 0
    begin = time.monotonic()
    process = start(name, port)
    wait_for_welcome(process)
    assert time.monotonic() - begin < SECOND_START_SECONDS
    assert stop(process) == 0


def test_it_finishes_after_it_was_killed_while_building(name):
    process = start(name, odoo_process.free_port())
    while 'with the demo story' not in os.read(process.stdout.fileno(), 1000).decode():
        pass
    process.kill()
    process.wait()
    process = start(name, odoo_process.free_port())
    wait_for_welcome(process)
    assert stop(process) == 0
    assert psql(name, "SELECT count(*) FROM ir_module_module WHERE state LIKE 'to %'") == [(0,)]


def test_its_server_ends_when_it_is_killed(name):
    port = odoo_process.free_port()
    process = start(name, port)
    wait_for_welcome(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)):
                return
        time.sleep(0.2)
    raise AssertionError('The server still listens.')


def test_a_busy_port_is_one_sentence_with_the_remedy(name):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        process = start(name, taken.getsockname()[1])
        printed, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(r'\s*Port \d+ is in use by another program: stop it or choose another by --port\.\s*', printed)


def test_a_database_that_it_did_not_make_is_left_alone(name):
    databases.query(f'CREATE DATABASE "{name}"')
    process = start(name, odoo_process.free_port(), '--fresh')
    printed, _nothing = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f'The database {name} was not made by ./run' in printed
    assert databases.exists(name)


def test_a_server_that_cannot_be_reached_is_one_sentence(name, monkeypatch):
    monkeypatch.setenv('PGHOST', '127.0.0.1')
    monkeypatch.setenv('PGPORT', str(odoo_process.free_port()))
    process = start(name, odoo_process.free_port())
    printed, _nothing = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'PostgreSQL cannot be reached' in printed
    assert 'Traceback' not in printed
