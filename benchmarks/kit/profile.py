"""Where the time goes: a profile of the Python functions, and the statements that took longest."""

import cProfile
import threading
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def profiled(path: str | None):
    """Write ``path`` (for pstats) and ``path.sql`` while the block runs; nothing without a path."""
    if not path:
        yield
        return
    statements = defaultdict(lambda: [0, 0.0])
    hooks = threading.current_thread().query_hooks
    hooks.append(lambda _cr, query, _params, _start, seconds: _count(statements, query, seconds))
    with cProfile.Profile() as profiler:
        yield
    profiler.dump_stats(path)
    longest = sorted(statements.items(), key=lambda item: -item[1][1])
    Path(f'{path}.sql').write_text(''.join(
        f'{seconds:8.3f} s {count:5d} x  {text}\n' for text, (count, seconds) in longest
    ))


def _count(statements, query, seconds: float) -> None:
    entry = statements[' '.join(str(query).split())[:160]]
    entry[0] += 1
    entry[1] += seconds
