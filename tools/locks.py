"""Locks between processes; a lock goes with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tools.paths import STATE


@contextmanager
def locked(topic: str) -> Iterator[None]:
    """Let one process at a time do it; the others wait."""
    folder = STATE / 'locks'
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / topic).open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
