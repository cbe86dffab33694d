"""./bench billing: what an invoice costs when contracts are billed, ours beside core and beside OCA ``contract``.

Every way works on its own fresh clone of a prepared database, seeded with the same contracts, in a process of
its own; core makes the very invoices that our run made. One run measures all, since only ratios matter.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.contracts import invoices, report, scenarios
from benchmarks.contracts.scenarios import SHAPES
from benchmarks.kit import prepared
from tools import templates
from tools.steps import run_command

WAYS = ('ours', 'core', 'peer', 'workers', 'resume')


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        results = _measure(arguments)
    targets = report.targets(results)
    print(report.text(results, targets))
    if arguments.json:
        arguments.json.write_text(json.dumps({'results': results, 'targets': targets}, indent=1))
    return 0 if report.is_right(results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench billing', description=__doc__.splitlines()[0])
    parser.add_argument('--contracts', type=int, nargs='+', default=[1000, 5000], help='how many, each in turn')
    parser.add_argument('--shapes', nargs='+', choices=SHAPES, default=SHAPES)
    parser.add_argument(
        '--only', nargs='+', choices=WAYS, default=WAYS, help='leave out the others; ours is always measured',
    )
    parser.add_argument('--repeat', type=int, default=3, help='pairs of runs with one and with two workers')
    parser.add_argument('--json', type=Path, help='write all figures into this file')
    parser.add_argument('--profile', help='write profiles of our runs: FILE-SHAPE-COUNT for pstats, and .sql')
    return parser.parse_args()


def _measure(arguments) -> list[dict]:
    results = []
    for count in sorted(arguments.contracts):
        for shape in arguments.shapes:
            results += _one_size(arguments, shape, count)
    largest = max(arguments.contracts)
    if 'workers' in arguments.only:
        results.append(_told(scenarios.two_workers(largest, arguments.repeat)))
    if 'resume' in arguments.only:
        results.append(_told(scenarios.killed_and_resumed(largest)))
    return results


def _one_size(arguments, shape: str, count: int) -> list[dict]:
    """Measure all ways side by side for one shape and number of contracts."""
    results = []
    with tempfile.TemporaryDirectory() as folder, prepared.clone(scenarios.own_database(), 'ours') as mine:
        profile = f'{arguments.profile}-{shape}-{count}' if arguments.profile else None
        results.append(_told(scenarios.ours(mine, shape, count, profile)))
        if 'core' in arguments.only:
            source = Path(folder) / 'invoices.json'
            invoices.export(mine, source)
            results.append(_told(scenarios.core(mine, source, shape, count)))
        if 'peer' in arguments.only:
            results.append(_told(scenarios.peer(mine, shape, count)))
    return results


def _told(result: dict) -> dict:
    """Say what has been measured, since the whole takes a while."""
    print(report.line(result), file=sys.stderr, flush=True)
    return result


if __name__ == '__main__':
    sys.exit(run_command(main))
