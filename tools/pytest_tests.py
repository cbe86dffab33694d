"""The tests that pytest runs: rules and tools without Odoo, and the end-to-end tests."""

import re
import subprocess
from collections.abc import Iterable

from tools import odoo_process
from tools.commands import die_with_parent
from tools.paths import CACHE, PYTHON, ROOT
from tools.tally import Tally

FAILED = re.compile(r'^(?:FAILED|ERROR) (\S+::.+)')
COUNT = re.compile(r'(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b')


def run(*arguments: str) -> Tally:
    """Run pytest, show its output as it comes, count."""
    process = subprocess.Popen(
        [str(PYTHON), '-m', 'pytest', '-rfEs', *arguments],
        cwd=ROOT,
        env={**odoo_process.environment(), 'HYPOTHESIS_STORAGE_DIRECTORY': str(CACHE / 'hypothesis')},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent,
    )
    last, failures = '', []
    for line in process.stdout:
        print(line, end='', flush=True)
        last = line if COUNT.search(line) else last
        failures += FAILED.findall(line)
    return count(last, process.wait(), failures)


def count(line: str, status: int, failures: Iterable[str] = ()) -> Tally:
    """Read pytest's closing line; no test at all or an unexplained exit status is a failure."""
    found = {word.rstrip('s'): int(number) for number, word in COUNT.findall(line)}
    failed = found.get('failed', 0) + found.get('error', 0)
    if status and not failed:
        failed = 1
    return Tally(found.get('passed', 0), failed, found.get('skipped', 0), tuple(failures))
