"""Odoo processes of their own: a running server, a script that can be killed, a query from outside."""

import hashlib
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import database as databases
from tools import modules, odoo_process, templates
from tools.commands import die_with_parent, log_path
from tools.paths import ROOT

START_SECONDS = 90
_in_use: set[str] = set()


@dataclass(frozen=True)
class Server:
    """A running Odoo: where it answers, its database, its process (kill it by `process`), its log file."""

    url: str
    database: str
    process: subprocess.Popen
    log: Path


@contextmanager
def cloned_database(template: str) -> Iterator[str]:
    """A fresh copy of a template database, dropped afterwards."""
    name = databases.temporary_name('e2e')
    databases.clone(template, name)
    try:
        yield name
    finally:
        databases.drop(name)


def plain_database(names: list[str]) -> str:
    """A database with these modules, without demo data, to clone; made once for one state of their files."""
    sums = modules.checksums([module for module in names if modules.is_own(module)])
    key = hashlib.sha256(json.dumps([sums, names]).encode()).hexdigest()[:12]
    name = f'suite_plain_{key}'
    _in_use.add(name)
    with templates.locked('plain'):
        if not databases.exists(name):
            databases.clone(templates.base(names), f'{name}_building')
            odoo_process.install(f'{name}_building', names)
            databases.rename(f'{name}_building', name)
            _keep_newest('suite_plain_', 12)
    return name


def _keep_newest(prefix: str, count: int) -> None:
    """Drop older databases of a kind; some stay, for this session and others clone them now."""
    query = 'SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC OFFSET %s'
    for (old,) in databases.query(query, prefix, count):
        if old not in _in_use:
            databases.drop(old)


@contextmanager
def running_server(database: str, *options, env: dict[str, str] | None = None) -> Iterator[Server]:
    """A server on a free loopback port that answers; stopped afterwards. Options are Odoo's own."""
    port = odoo_process.free_port()
    log = log_path(f'e2e-{database}-{port}')
    command = odoo_process.command(database, '--http-port', port, '--db-filter', f'^{database}$', *options)
    with log.open('w') as output:
        process = _popen(command, output, output, env)
    try:
        _wait_for(f'http://127.0.0.1:{port}/web/health', process, log)
        yield Server(f'http://127.0.0.1:{port}', database, process, log)
    finally:
        odoo_process.stop(process)


@contextmanager
def running_scheduler(database: str, *options) -> Iterator[subprocess.Popen]:
    """A prefork server for scheduled jobs alone, stopped afterwards. Options are Odoo's own."""
    command = odoo_process.command(database, '--no-http', '--workers', 1, *options)
    with log_path(f'e2e-{database}-scheduler').open('w') as output:
        process = _popen(command, output, output, None)
    try:
        yield process
    finally:
        odoo_process.stop(process)


def spawn_script(
    database: str, script: str | Path, env: dict[str, str] | None = None, options: tuple = (),
) -> subprocess.Popen:
    """Start Python code (text, or the path of a file) in an Odoo process of its own, `env` at hand there.

    The script commits by itself. Read `stdout`; wait for it, or kill it by `kill()`. Options are Odoo's own.
    """
    code = script.read_text() if isinstance(script, Path) else script
    log = log_path(f'e2e-{database}-script')
    command = odoo_process.subcommand('shell', database, '--no-http', '--max-cron-threads', 0, *options)
    with tempfile.TemporaryFile('w+') as source, log.open('a') as errors:
        source.write(code)
        source.seek(0)
        return _popen(command, subprocess.PIPE, errors, env, stdin=source)


def run_script(
    database: str, script: str | Path, env: dict[str, str] | None = None, timeout: float = 300, options: tuple = (),
) -> str:
    """Run a script like `spawn_script` to its end and return what it printed; it must succeed."""
    process = spawn_script(database, script, env, options)
    try:
        printed, _nothing = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert process.returncode == 0, log_path(f'e2e-{database}-script').read_text()[-3000:]
    return printed


def make_api_key(database: str, login: str = 'admin') -> str:
    """A key for JSON-2 calls as this user."""
    return run_script(
        database,
        f"""
user = env['res.users'].search([('login', '=', {login!r})])
print(env['res.users.apikeys'].with_user(user).sudo()._generate(None, 'e2e', False))
env.cr.commit()
""",
    ).strip()


def psql(database: str, sql: str, *values) -> list[tuple]:
    """Run one statement on the database, past Odoo; returns its rows."""
    return databases.query(sql, *values, database=database)


def _popen(command, stdout, stderr, env, stdin=subprocess.DEVNULL) -> subprocess.Popen:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**odoo_process.environment(), **(env or {})},
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def _wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f'The server does not answer, see {log}')
