"""Watches a process and its database from outside while it works."""

import threading
import time
from pathlib import Path

from tools import database

LONGEST_TRANSACTION = """
    SELECT COALESCE(EXTRACT(epoch FROM max(clock_timestamp() - xact_start)), 0)
      FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
"""


class Sampler:
    """Notes memory and the age of the oldest transaction, every few tenths of a second."""

    def __init__(self, name: str, pid: int, interval: float = 0.3):
        self.name, self.pid, self.interval = name, pid, interval
        self.longest_transaction = 0.0
        self.memory: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> 'Sampler':
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._stop.set()
        self._thread.join()

    def memory_by_quarter(self) -> list[int]:
        """Megabytes after each quarter of the time."""
        count = len(self.memory)
        return [round(self.memory[max(0, count * quarter // 4 - 1)]) for quarter in (1, 2, 3, 4)] if count else []

    def _watch(self) -> None:
        while not self._stop.wait(self.interval):
            ((age,),) = database.query(LONGEST_TRANSACTION, self.name)
            self.longest_transaction = max(self.longest_transaction, float(age))
            if memory := _memory(self.pid):
                self.memory.append(memory)


def _memory(pid: int) -> float:
    try:
        lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith('VmRSS')), 0.0)


def wait_until(condition, seconds: float = 600, interval: float = 0.05) -> bool:
    """Ask again and again until the condition holds; False if it does not within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(interval)
    return False
