"""Calls of other programs: output to a log file, failure as one sentence."""

import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path

from tools.paths import LOG, ROOT, STATE
from tools.steps import Stop

PR_SET_PDEATHSIG = 1
NO_SPACE = re.compile(rb'No space left on device|os error 28|Disk quota exceeded')
LONG_LOG_BYTES = 20_000_000


def call(command: list, log: str, failure: str, env: dict | None = None, **options) -> None:
    """Run the command, its output into .local/log/<log>.log; Stop with `failure` unless it succeeds."""
    path = log_path(log)
    with path.open('a') as output:
        begin = output.tell()
        output.write(f'$ {" ".join(map(str, command))}\n')
        output.flush()
        try:
            done = subprocess.run(
                list(map(str, command)),
                stdin=options.pop('stdin', subprocess.DEVNULL),
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                cwd=options.pop('cwd', ROOT),
                preexec_fn=die_with_parent,
                **options,
            )
        except FileNotFoundError as error:
            raise Stop(f'{failure} The program {error.filename} is missing.') from error
    if done.returncode:
        raise Stop(f'{_disk_is_full(path, begin) or failure} Details: {path}')


def _disk_is_full(path: Path, begin: int) -> str:
    if not NO_SPACE.search(path.read_bytes()[begin:]):
        return ''
    return f'The disk of {STATE} is full: free some space or set SUITE_STATE to another folder.'


def log_path(name: str) -> Path:
    """The file for a log; one that has grown long is put aside."""
    LOG.mkdir(parents=True, exist_ok=True)
    path = LOG / f'{name}.log'
    if path.exists() and path.stat().st_size > LONG_LOG_BYTES:
        path.replace(path.with_suffix('.old.log'))
    return path


def die_with_parent() -> None:
    """Let the kernel stop the child when this process dies, even by kill -9."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
