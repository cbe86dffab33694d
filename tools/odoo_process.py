"""How Odoo is called: its command line and its environment."""

import os
import signal
import socket
import subprocess

from tools.commands import call
from tools.paths import CONFIG, ODOO_DATA, PYTHON
from tools.steps import Stop


def command(database: str, *options) -> list[str]:
    """The command line of an Odoo server on one database."""
    return subcommand('server', database, *options)


def subcommand(name: str, database: str, *options) -> list[str]:
    """The command line of one of Odoo's commands, such as shell, on one database."""
    return [
        str(PYTHON),
        '-m',
        'odoo',
        name,
        '--config',
        str(CONFIG),
        '--database',
        database,
        *map(str, options),
    ]


def i18n_export(database: str, module: str, path) -> list[str]:
    """The command line that writes the terms of a module into a .pot file."""
    return [
        str(PYTHON),
        '-m',
        'odoo',
        'i18n',
        'export',
        '--config',
        str(CONFIG),
        '--database',
        database,
        '--output',
        str(path),
        module,
    ]


def environment() -> dict[str, str]:
    """What every Odoo process needs beside the PG... variables."""
    return {
        **os.environ,
        'ODOO_DATA_DIR': str(ODOO_DATA),
        'PYTHONUNBUFFERED': '1',
    }


def install(database: str, modules: list[str], *options, update: bool = False) -> None:
    """Install or update modules in a database and leave."""
    call(
        command(
            database,
            '--update' if update else '--init',
            ','.join(modules),
            '--stop-after-init',
            '--no-http',
            '--max-cron-threads',
            0,
            *options,
        ),
        'build',
        f'Odoo could not {"update" if update else "install"} {", ".join(modules)}.',
        env=environment(),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def demand_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError as error:
            raise Stop(f'Port {port} is in use by another program: stop it or choose another by --port.') from error


def stop(process, patience: float = 20) -> None:
    """Ask an Odoo process to stop cleanly, and end it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
