"""An Odoo that is loaded once and forks: many processes to kill, without loading each of them."""

import os
import random
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

from tests.e2e.processes import spawn_script
from tools.commands import die_with_parent, log_path

PATIENCE = 300


@dataclass
class Fork:
    """A running child: `kill()` it at any moment, or `wait()` for its end and read what it `printed`."""

    pid: int
    database: str
    output: Path
    parent: Connection
    status: int | None = None

    def kill(self) -> None:
        """kill -9, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        """Return the exit status (negative: the signal) once it has ended."""
        if self.status is None:
            self.parent.send(('poll', self.pid))
            self.status = self.parent.recv()
        return self.status

    def wait(self, seconds: float = PATIENCE) -> int:
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            assert time.monotonic() < deadline, f'A process still runs after {seconds} s: {self.printed}'
            time.sleep(0.005)
        return self.status

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until it has printed a text."""
        deadline = time.monotonic() + seconds
        while text not in self.printed:
            assert self.poll() is None, f'Ended before it printed {text!r}: {self.errors}'
            assert time.monotonic() < deadline, f'{text!r} was not printed within {seconds} s'
            time.sleep(0.005)

    @property
    def printed(self) -> str:
        return self.output.read_text()

    @property
    def errors(self) -> str:
        return log_path(f'e2e-{self.database}-script').read_text()[-3000:]


@dataclass(frozen=True)
class Forks:
    """The loaded Odoo; each child has connections of its own and `env` at hand, and commits by itself."""

    database: str
    parent: Connection
    folder: Path
    started: list[Fork] = field(default_factory=list)

    def start(self, code: str) -> Fork:
        output = self.folder / f'output-{len(self.started)}'
        output.touch()
        self.parent.send(('fork', code, str(output)))
        self.started.append(Fork(self.parent.recv(), self.database, output, self.parent))
        return self.started[-1]

    def run(self, code: str) -> str:
        """Run code to its end and return what it printed; it must succeed."""
        child = self.start(code)
        assert child.wait() == 0, child.errors
        return child.printed.strip()


@contextmanager
def forked_odoo(database: str) -> Iterator[Forks]:
    """A loaded Odoo on a database, ended with all its children afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        address = f'{folder}/socket'
        code = f'from tests.e2e import forks\nforks.serve(env, {address!r})\n'
        process = spawn_script(database, code)
        try:
            with _connected(address, process) as parent:
                forks = Forks(database, parent, Path(folder))
                yield forks
                for child in forks.started:
                    child.kill()
        finally:
            process.kill()
            process.wait()


def _connected(address: str, process) -> Connection:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return Client(address)
        except OSError:
            assert process.poll() is None, 'Odoo ended while it was loaded'
            assert time.monotonic() < deadline, 'Odoo was not loaded in time'
            time.sleep(0.05)


# === INSIDE THE LOADED ODOO === #


def serve(env, address: str) -> None:
    """Fork on demand; there is no connection to the database that children could share."""
    from odoo import sql_db

    registry = env.registry
    env.cr.close()
    sql_db.close_all()
    with Listener(address) as listener, listener.accept() as client:
        while True:
            try:
                order, *values = client.recv()
            except EOFError:
                os._exit(0)
            client.send(_poll(*values) if order == 'poll' else _fork(registry, *values))


def _poll(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork(registry, code: str, output: str) -> int:
    pid = os.fork()
    if not pid:
        _be_child(registry, code, output)
    return pid


def _be_child(registry, code: str, output: str) -> None:
    """Run the code in this new process and end it, whatever happens."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        random.seed()
        os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), 1)
        _run(registry.check_signaling(), code)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _run(registry, code: str) -> None:
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        exec(compile(code, 'child', 'exec'), {'env': api.Environment(cr, SUPERUSER_ID, {})})
        cr.rollback()
