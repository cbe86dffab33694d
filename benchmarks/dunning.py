"""./bench dunning: the day's reminders over open receivable lines, ours beside OCA ``account_credit_control``.

Both get the same invoices on a database of their own and go up to the message that is ready to send. Processor
time of Python and PostgreSQL counts; queries are given for a batch of 500 customers.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from benchmarks.kit.peer import Peer
from benchmarks.reminders.ways import PER_CUSTOMER
from tools import templates
from tools.steps import run_command

WARM_UP = 25
PEER = Peer('creditpeer', 'account_credit_control', '19.0.1.0.0.13', 'dunning_sms')
TARGET = 20.0
"""At least so many times as fast per line as the peer."""
STEADY = 1.3
"""A line may cost at most so much more when there are twenty times as many."""


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        results = _measure(arguments)
    print(_text(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    return 0 if all(result['told'] == result['lines'] for result in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench dunning', description=__doc__.splitlines()[0])
    parser.add_argument('--lines', type=int, nargs='+', default=[5_000, 100_000], help='receivable lines, each in turn')
    parser.add_argument('--peer-lines', type=int, default=5_000, help='lines the peer gets: it grows with the square')
    parser.add_argument('--only', choices=('ours', 'peer'), help='leave the other out')
    parser.add_argument('--json', type=Path, help='write all figures into this file')
    parser.add_argument('--profile', help='write profiles of our runs: FILE-LINES for pstats, and .sql')
    return parser.parse_args()


def _measure(arguments) -> list[dict]:
    results = []
    if arguments.only != 'peer':
        database, addons = prepared.own(['dunning_sms'])
        for lines in sorted(arguments.lines):
            profile = f'{arguments.profile}-{lines}' if arguments.profile else None
            results.append(_one('ours', database, [addons], lines, warm_up=WARM_UP, profile=profile))
    if arguments.only != 'ours':
        results.append(_one('peer', PEER.database(), PEER.addons(), arguments.peer_lines))
    return results


def _one(way: str, database: str, addons: list[Path], lines: int, **more) -> dict:
    with prepared.clone(database, way) as name:
        Child(name, 'benchmarks.reminders.ways:seed', addons, count=lines).run()
        cost = Child(name, f'benchmarks.reminders.ways:{way}', addons, **more).run()
    counted = lines - (more.get('warm_up', 0) * PER_CUSTOMER)
    result = {'way': way, 'lines': lines, **cost, 'milliseconds': 1000 * (cost['python'] + cost['postgres']) / counted}
    print(_line(result), file=sys.stderr, flush=True)
    return result


def _line(result: dict) -> str:
    batches = result.get('batches')
    queries = f", {result['queries'] / batches:.0f} queries a batch" if batches else f", {result['queries']} queries"
    return (
        f"{result['way']:>5}  {result['lines']:>7} lines  {result['milliseconds']:.3f} ms a line{queries}, "
        f"{result['ready']} messages, {result['wall']:.1f} s, {result['memory_growth']:.0f} MB"
    )


def _text(results: list[dict]) -> str:
    lines = [_line(result) for result in results]
    ours = [result for result in results if result['way'] == 'ours']
    theirs = [result for result in results if result['way'] == 'peer']
    if ours and theirs:
        ratio = theirs[0]['milliseconds'] / ours[0]['milliseconds']
        lines.append(f'{ratio:.0f} times as fast a line as the peer (target {TARGET:.0f}): {_verdict(ratio >= TARGET)}')
    if len(ours) > 1:
        growth = ours[-1]['milliseconds'] / ours[0]['milliseconds']
        lines.append(f'a line costs {growth:.2f} times as much at the largest size (limit {STEADY}): '
                     f'{_verdict(growth <= STEADY)}')
        batches = [result['queries'] / result['batches'] for result in ours]
        lines.append(f'queries a batch: {batches[0]:.0f} and {batches[-1]:.0f}')
    return '\n'.join(lines)


def _verdict(is_met: bool) -> str:
    return 'met' if is_met else 'MISSED'


if __name__ == '__main__':
    sys.exit(run_command(main))
