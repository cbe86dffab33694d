"""The Odoo tests of the add-ons, run on clones of a template database."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tools import database, modules, odoo_process, patience, templates
from tools.commands import die_with_parent, log_path
from tools.paths import ADDONS, ROOT, TEST_ADDONS
from tools.tally import Tally

SUMMARY = re.compile(r'(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database')
# Odoo repeats at the end that something failed; the failure itself says more.
REPEATED = re.compile(r'At least one test failed|\d+ failures, \d+ errors of|\d+ failed, \d+ error')
FAILED = re.compile(r'(?:FAIL|ERROR): (.+)')
STARTING = re.compile(r': Starting (\S+) \.\.\.')
SKIPPED = re.compile(r': skipped (.+)$')
ENTRY = re.compile(r'^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ \S+: ', re.MULTILINE)


@dataclass(frozen=True)
class Started:
    """An Odoo process that runs tests on a database of its own."""

    database: str
    tags: str
    log: Path
    process: subprocess.Popen


def run(names: list[str], tags: str = '') -> Tally:
    """Install the modules with their tests on fresh clones, print what failed, count.

    The modules' tests are shared out to two databases side by side, each of which has all the modules. A share that
    stood still is begun once more, and what held it up is printed: locks between the test server's threads and the
    browser depend on the moment.
    """
    template = templates.base(names)
    started = [_start(template, names, share) for share in ([tags] if tags else shares(names))]
    total = Tally()
    for number, one in enumerate(started):
        name = f'odoo-tests-{number}' if number else 'odoo-tests'
        text, status = _finish(one, name)
        if patience.STOOD_STILL in text:
            print('It is begun once more: a test that stands still again is a failure.', flush=True)
            text, status = _finish(_start(template, names, one.tags), f'{name}-again')
        total += count(text, status)
    return total


def shares(names: list[str], processes: int = 2) -> list[str]:
    """Share the modules out so that the processes have about as many tests; return their tags."""
    groups = [[] for _process in range(processes)]
    sizes = {name: modules.test_count(name) for name in names}
    for name in sorted(names, key=sizes.get, reverse=True):
        min(groups, key=lambda group: sum(map(sizes.get, group))).append(name)
    return [','.join(f'/{name}' for name in group) for group in groups if group]


def _start(template: str, names: list[str], tags: str) -> Started:
    name = database.temporary_name('test')
    database.clone(template, name)
    database.prepare_for_tests(name)
    log = log_path(f'odoo-tests-{name}')
    log.unlink(missing_ok=True)
    # To append, so that Odoo does not write over what is said when it stands still.
    with log.open('a') as output:
        process = subprocess.Popen(
            odoo_process.command(name, *_options(names, tags)),
            env={**odoo_process.environment(), **patience.ENVIRONMENT},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )
    return Started(name, tags, log, process)


def _finish(one: Started, name: str) -> tuple[str, int]:
    """Wait for the process, print what its log tells, and return the log and the exit status."""
    status = patience.wait(one.process, one.log, one.database)
    database.drop(one.database)
    text = one.log.read_text()
    print(report(text), end='')
    print(f'Log: {one.log.replace(log_path(name))}', flush=True)
    return text, status


def _options(names: list[str], tags: str) -> list:
    return [
        '--init',
        ','.join(names),
        '--addons-path',
        f'{ADDONS},{TEST_ADDONS}',
        '--test-tags',
        tags,
        '--stop-after-init',
        '--http-port',
        odoo_process.free_port(),
        '--max-cron-threads',
        0,
        '--screenshots',
        log_path('screenshots').with_suffix(''),
    ]


def count(text: str, status: int) -> Tally:
    """Read Odoo's log: no summary, no test, or a bad exit status is a failure too."""
    summary = SUMMARY.search(text)
    if end := early_end(text):
        return Tally(failed=1, failures=(end[0].strip(),))
    failed, errors, total = map(int, summary.groups())
    skipped = len(skips(text))
    bad = failed + errors
    passed = max(total - bad - skipped, 0)
    complaints = len(warnings(text))
    if not bad and not complaints and (status or not total):
        complaints = 1
    return Tally(passed, bad + complaints, skipped, tuple(reasons(text)))


def report(text: str) -> str:
    """What a reader of the log wants to see: failures, warnings about our modules, skips."""
    return ''.join(failures(text) + warnings(text) + early_end(text) + [f'Skipped: {line}\n' for line in skips(text)])


def early_end(text: str, lines: int = 20) -> list[str]:
    """Nothing if Odoo came to its end; else after which test it did not, and its last lines."""
    before, still, after = text.partition(patience.STOOD_STILL)
    if SUMMARY.search(text) and not still:
        return []
    begun = STARTING.findall(text)
    end = [*before.splitlines(keepends=True)[-lines:], still + after]
    verb = 'stood still' if still else 'ended too early'
    return [f'Odoo {verb}{f", its last test was {begun[-1]}" if begun else ""}.\n', *end]


def skips(text: str) -> list[str]:
    return [found[1] for line in text.splitlines() if ENTRY.match(line) and (found := SKIPPED.search(line))]


def failures(text: str) -> list[str]:
    found = [entry for level, entry in entries(text) if level in ('ERROR', 'CRITICAL')]
    return [entry for entry in found if not REPEATED.search(entry)]


def reasons(text: str) -> list[str]:
    """Each failed test with its error, and each warning about our modules, in a line of their own."""
    found = [(FAILED.search(entry), entry.strip().splitlines()[-1]) for entry in failures(text)]
    tests = [f'{name[1]}: {error[:200]}' for name, error in found if name]
    return tests + [entry.splitlines()[0] for entry in warnings(text)]


def warnings(text: str) -> list[str]:
    """Warnings that name a module of the project."""
    own = modules.installable() + modules.test_only()
    return [entry for level, entry in entries(text) if level == 'WARNING' and any(name in entry for name in own)]


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Split a log into (level, text with the lines that follow)."""
    starts = [found.start() for found in ENTRY.finditer(text)]
    for begin, end in pairwise([*starts, len(text)]):
        entry = text[begin:end]
        yield ENTRY.match(entry)['level'], entry
