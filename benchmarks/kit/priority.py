"""Lets measured processes go before others on a machine that is not quiet, where the system allows it."""

import os
from contextlib import suppress

from tools import database

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"


def prefer(name: str, pids: list[int]) -> None:
    """Run processes and the PostgreSQL backends of their database before all others; only root may."""
    for pid in [*pids, *(pid for (pid,) in database.query(BACKENDS, name))]:
        with suppress(PermissionError, ProcessLookupError):
            os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
