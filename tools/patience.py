"""Waiting for an Odoo process that may stand still: it is asked where it stands and ended, not waited for."""

import signal
import subprocess
import time
from pathlib import Path

from tools import database

STOOD_STILL = 'Stood still'
MINUTES = 5
# Twice as long as all tests of a process take; twice so long and the end-to-end tests fit into the time CI has.
MINUTES_IN_ALL = 30
# Python then answers SIGABRT with the stacks of all threads.
ENVIRONMENT = {'PYTHONFAULTHANDLER': '1'}
ACTIVITY = """
    SELECT pid, pg_blocking_pids(pid), state, wait_event_type, wait_event, left(query, 300)
      FROM pg_stat_activity
     WHERE datname = %s AND pid != pg_backend_pid()
"""


def wait(
    process: subprocess.Popen, log: Path, name: str, minutes: float = MINUTES, in_all: float = MINUTES_IN_ALL,
) -> int:
    """Wait until the process ends and return its exit status.

    One whose log has not grown for so many minutes is ended, and so is one that has not come to its end in all its
    minutes; the log then tells what the connections to its database waited for and where its threads stood.
    """
    begun = since = time.monotonic()
    size = 0
    while True:
        try:
            return process.wait(timeout=min(5, minutes * 60))
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if log.stat().st_size != size:
                size, since = log.stat().st_size, now
            if now - since >= minutes * 60 or now - begun >= in_all * 60:
                return _end(process, log, name)


def _end(process: subprocess.Popen, log: Path, name: str) -> int:
    with log.open('a') as file:
        print(f'{STOOD_STILL}. Connections (process, held up by, state, waits for, statement):', file=file)
        for row in database.query(ACTIVITY, name):
            print(*row, file=file)
    process.send_signal(signal.SIGABRT)
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
