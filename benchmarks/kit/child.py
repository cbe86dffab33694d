"""A function in an Odoo process of its own, so that its memory and processor time are its alone.

``Child(database, 'benchmarks.contracts.seed:bare', addons, count=5).run()`` calls ``bare(env, count=5)`` there and
returns what it returned. A function that measures calls ``wait_for_go()`` when it is ready; the parent
answers by ``go()``, so that several children can start at the same moment.
"""

import importlib
import json
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

from tools import odoo_process
from tools.commands import die_with_parent, log_path
from tools.paths import CONFIG, PYTHON, ROOT
from tools.steps import Stop

MARK = '@@'


class Child:
    """The parent's side: one process with one function to call."""

    def __init__(self, database: str, target: str, addons: list, **arguments):
        self.log = log_path(f'bench-{database}')
        path = ','.join(map(str, addons))
        with self.log.open('a') as errors:
            self.process = subprocess.Popen(
                [PYTHON, '-m', __name__, database, path, target, json.dumps(arguments)],
                cwd=ROOT, env=_environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, preexec_fn=die_with_parent,
            )

    def run(self):
        """Call the function and return its result."""
        self.ready()
        return self.go().result()

    def ready(self) -> 'Child':
        self._read('ready')
        return self

    def go(self) -> 'Child':
        self.process.stdin.write('go\n')
        self.process.stdin.flush()
        return self

    def result(self):
        result = self._read('result')
        self.process.wait()
        return result

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self, key: str):
        for line in self.process.stdout:
            if line.startswith(MARK) and key in (said := json.loads(line[len(MARK):])):
                return said[key]
        raise Stop(f'A measured process ended too early, see {self.log}.')


def _environment() -> dict[str, str]:
    """One backend does all the work of a query, so that its processor time can be read."""
    return {**odoo_process.environment(), 'PGOPTIONS': '-c max_parallel_workers_per_gather=0'}


def wait_for_go() -> None:
    """Tell the parent that the preparation is over, and wait for its word."""
    _say({'ready': True})
    sys.stdin.readline()


def _say(event: dict) -> None:
    print(MARK + json.dumps(event), flush=True)


def main() -> None:
    """The child's side."""
    database, addons, target, arguments = sys.argv[1:]
    module, _colon, name = target.partition(':')
    function = getattr(importlib.import_module(module), name)
    with _environment_of(database, addons) as env:
        if not getattr(function, 'measures', False):
            wait_for_go()
        result = function(env, **json.loads(arguments))
        env.cr.commit()
    _say({'result': result})


def measures(function):
    """Mark a function that calls ``wait_for_go`` itself."""
    function.measures = True
    return function


@contextmanager
def _environment_of(database: str, addons: str):
    """An Odoo environment on a database, as the scheduler has it."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config([
        '--config', str(CONFIG), '--database', database, '--addons-path', addons,
        '--no-http', '--max-cron-threads', '0', '--log-level', 'warn',
    ], setup_logging=True)
    threading.current_thread().dbname = database
    with closing(Registry(database).cursor()) as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


if __name__ == '__main__':
    # Under its own name, so that the functions called find this very module.
    importlib.import_module('benchmarks.kit.child').main()
