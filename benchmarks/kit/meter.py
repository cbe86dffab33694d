"""What a piece of work costs: processor time of Python and PostgreSQL, wall time, queries, memory.

Other programs may load the machine, so processor time is what counts. It is read from the kernel's
own books (/proc), for this process and for each PostgreSQL backend of this database.
"""

import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from odoo import sql_db


@dataclass
class Cost:
    """Seconds, queries and megabytes; `started` and `finished` are on the clock that all processes share."""

    python: float = 0.0
    postgres: float = 0.0
    wall: float = 0.0
    queries: int = 0
    memory_before: float = 0.0
    memory_growth: float = 0.0
    longest_query: float = 0.0
    longest_query_text: str = ''
    started: float = 0.0
    finished: float = 0.0


class Meter:
    """Measures the block it is opened for: ``with Meter(cr) as meter: ...``, then ``meter.cost``."""

    def __init__(self, cr):
        self.cr = cr
        self.cost = Cost()

    def __enter__(self) -> 'Meter':
        threading.current_thread().query_hooks = [self._see_query]
        self.cost.memory_before = _memory('VmRSS')
        _forget_peak()
        self._backends = self._backend_seconds()
        self._queries = sql_db.sql_counter
        self._python = time.process_time()
        self.cost.started = time.monotonic()
        return self

    def __exit__(self, *_error) -> None:
        cost = self.cost
        cost.finished = time.monotonic()
        cost.python = time.process_time() - self._python
        cost.queries = sql_db.sql_counter - self._queries
        threading.current_thread().query_hooks = []
        cost.wall = cost.finished - cost.started
        cost.memory_growth = _memory('VmHWM') - cost.memory_before
        after = self._backend_seconds()
        cost.postgres = sum(seconds - self._backends.get(pid, 0.0) for pid, seconds in after.items())

    def as_dict(self) -> dict:
        return asdict(self.cost)

    def _see_query(self, _cr, query, _params, _start, seconds) -> None:
        if seconds > self.cost.longest_query:
            self.cost.longest_query = seconds
            self.cost.longest_query_text = str(query)[:300]

    def _backend_seconds(self) -> dict[int, float]:
        """Processor seconds by backend; Odoo's pool keeps its connections, so none is missed."""
        self.cr.execute("""
            SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend'
        """)
        return {pid: _processor_seconds(pid) for (pid,) in self.cr.fetchall()}


def _processor_seconds(pid: int) -> float:
    try:
        return int(Path(f'/proc/{pid}/schedstat').read_text().split()[0]) / 1e9
    except FileNotFoundError:
        raise SystemExit(
            'The processor time of PostgreSQL is read from /proc: '
            'measure on a Linux machine that runs the PostgreSQL server itself.'
        ) from None


def _memory(name: str) -> float:
    """Megabytes of this process: VmRSS now, VmHWM at its peak."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _forget_peak() -> None:
    Path('/proc/self/clear_refs').write_text('5')
