"""Steps that the user sees, and errors as one sentence with their remedy."""

import errno
import sys
import time
import traceback
from contextlib import contextmanager

from tools.paths import LOG, STATE


class Stop(Exception):
    """Ends the command; the message is one sentence that names the remedy."""


class Steps:
    """Numbers the steps of one command and prints each as it goes."""

    def __init__(self, total: int):
        self.total = total
        self.count = 0

    @contextmanager
    def step(self, title: str):
        self.count += 1
        print(f'[{self.count}/{self.total}] {title} ... ', end='', flush=True)
        begin = time.monotonic()
        try:
            yield
        except BaseException:
            print('failed', flush=True)
            raise
        print(f'ok ({time.monotonic() - begin:.1f} s)', flush=True)


def run_command(command) -> int:
    """Run `command()` and turn whatever goes wrong into one sentence; returns the exit status."""
    try:
        return command() or 0
    except KeyboardInterrupt:
        print('\nStopped.', file=sys.stderr)
        return 130
    except Stop as stop:
        print(f'\n{stop}', file=sys.stderr)
    except OSError as error:
        print(f'\n{_explain(error)}', file=sys.stderr)
    except Exception as error:
        print(f'\nUnexpected {type(error).__name__}: {error}. Details: {_keep_traceback()}', file=sys.stderr)
    return 1


def _explain(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f'The disk of {STATE} is full: free some space or set SUITE_STATE to another folder.'
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f'No permission for {error.filename}: give it to this user or set SUITE_STATE to another folder.'
    return f'{error}. Details: {_keep_traceback()}'


def _keep_traceback() -> str:
    path = LOG / 'error.log'
    try:
        LOG.mkdir(parents=True, exist_ok=True)
        path.write_text(traceback.format_exc())
    except OSError:
        return 'none, the log folder cannot be written'
    return str(path)
