"""./run: get everything, build the demo database, serve it, tell the address and what to click first."""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tools import database, demo_database, modules, odoo_process, postgres, prepare
from tools.commands import die_with_parent, log_path
from tools.paths import ROOT
from tools.steps import Steps, Stop, run_command

START_SECONDS = 120


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    odoo_process.demand_free_port(arguments.port)
    steps = Steps(prepare.STEPS + 2)
    started = prepare.everything(steps)
    try:
        with steps.step(f'Database {arguments.database} with the demo story'):
            demo_database.ensure(arguments.database, modules.installable(), fresh=arguments.fresh)
        database.set_parameter(arguments.database, 'report.url', f'http://127.0.0.1:{arguments.port}')
        return _serve(steps, arguments)
    finally:
        if started and database.is_idle():
            postgres.stop()


def _serve(steps: Steps, arguments) -> int:
    log = log_path('server')
    with log.open('a') as output:
        server = subprocess.Popen(
            odoo_process.command(
                arguments.database, '--http-port', arguments.port, '--db-filter', f'^{arguments.database}$'
            ),
            env=odoo_process.environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        address = f'http://127.0.0.1:{arguments.port}'
        with steps.step('Odoo server'):
            _wait_for(address, server, log)
        print(_welcome(address, log), flush=True)
        server.wait()
        raise Stop(f'Odoo ended by itself. Details: {log}')
    except KeyboardInterrupt:
        print('\nStopping ...', flush=True)
        return 0
    finally:
        odoo_process.stop(server)


def _wait_for(address: str, server, log) -> None:
    for _attempt in range(START_SECONDS * 4):
        if server.poll() is not None:
            raise Stop(f'Odoo did not start. Details: {log}')
        try:
            with urllib.request.urlopen(f'{address}/web/login', timeout=60):
                return
        except urllib.error.HTTPError as error:
            raise Stop(f'Odoo answers with error {error.code}. Details: {log}') from error
        except OSError:
            time.sleep(0.25)
    raise Stop(f'Odoo did not answer within {START_SECONDS} seconds. Details: {log}')


def _welcome(address: str, log) -> str:
    text = (ROOT / 'tools' / 'welcome.txt').read_text()
    return f'\n{text.replace("{address}", address)}\nLog: {log}\nCtrl-C stops it.'


def _parser():
    parser = argparse.ArgumentParser(prog='./run', description=__doc__)
    parser.add_argument('--port', type=_port, default=8069, help='loopback port to serve on (default 8069)')
    parser.add_argument('--database', type=_name, default='service_demo', help='(default service_demo)')
    parser.add_argument('--fresh', action='store_true', help='build the database anew; what was entered is lost')
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError('a port is a number from 1 to 65535')
    return int(text)


def _name(text: str) -> str:
    if not re.fullmatch(r'[a-z][a-z0-9_]{0,40}', text):
        raise argparse.ArgumentTypeError('a name has small letters, digits and _ and begins with a letter')
    return text


if __name__ == '__main__':
    os.chdir(ROOT)
    sys.exit(run_command(main))
