"""./bench usage: a million usage records taken in and rated, beside plain SQL; a batch by RPC beside Odoo's create.

Both sides of each pair do their work in turns, block by block, on one database and machine: only ratios matter.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from tests.e2e.clients import Json2
from tests.e2e.processes import make_api_key, running_server
from tools import templates
from tools.steps import run_command

LIMIT = 2.0
BATCH = 1000


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        database, addons = prepared.own(['service_contracts'])
        with prepared.clone(database, 'usage') as name:
            results = _measure(name, addons, arguments)
    print(_text(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    return 0 if results['rating']['same'] and results['import']['rows'] == arguments.records else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench usage', description=__doc__.splitlines()[0])
    parser.add_argument('--records', type=int, default=1_000_000, help='how many are taken in and rated')
    parser.add_argument('--repeat', type=int, default=5, help='pairs of ratings and of remote calls')
    parser.add_argument('--json', type=Path, help='write all figures into this file')
    return parser.parse_args()


def _measure(name: str, addons: Path, arguments: argparse.Namespace) -> dict:
    seeded = _child(name, 'seed', addons).run()
    results = {'import': _child(name, 'take', addons, count=arguments.records, **seeded).run()}
    results['rating'] = _child(name, 'rate', addons, repeat=arguments.repeat).run()
    results['remote'] = _remote(name, arguments.repeat, **seeded)
    return results


def _child(name: str, function: str, addons: Path, **arguments) -> Child:
    return Child(name, f'benchmarks.metering.ways:{function}', [addons], **arguments)


def _remote(name: str, repeat: int, meter_id: int, first_line_id: int) -> dict:
    """Send batches over JSON-2 to a server, by our method and by create, in turns; wall time of the calls."""
    seconds = {'ours': [], 'plain': []}
    with running_server(name, '--max-cron-threads', 0) as server:
        client = Json2(server.url, name, make_api_key(name))
        for turn in range(repeat + 1):
            mine = [_row(f'rpc-{turn}-{number}', number) | {'meter': 'MIN', 'line': first_line_id + number % BATCH}
                    for number in range(BATCH)]
            theirs = [_row(f'orm-{turn}-{number}', number)
                      | {'meter_id': meter_id, 'contract_line_id': first_line_id + number % BATCH}
                      for number in range(BATCH)]
            calls = {
                'ours': lambda rows=mine: client.call('service.usage.record', 'send_usage', records=rows),
                'plain': lambda rows=theirs: client.call('service.usage.record', 'create', vals_list=rows),
            }
            for way, call in calls.items():
                started = time.monotonic()
                call()
                seconds[way].append(time.monotonic() - started)
    return {way: median(values[1:]) for way, values in seconds.items()}  # the first call warms up


def _row(ref: str, number: int) -> dict:
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(hours=2, seconds=number)
    return {'external_ref': ref, 'moment': str(moment), 'quantity': number % 97 + 0.25}


def _text(results: dict) -> str:
    taken, rating, remote = results['import'], results['rating'], results['remote']
    costs = taken['costs']
    return '\n'.join([
        '', f"{taken['rows']} records, processor time of Python and PostgreSQL (wall seconds)",
        _pair('import', costs['ours'], costs['plain'], 'plain INSERT … ON CONFLICT'),
        f"  sent again: {costs['replay']['wall'] / taken['replayed'] * 1e6:.1f} µs a record, "
        f"first time {costs['ours']['wall'] / taken['rows'] * 1e6:.1f} µs, no row more",
        _pair('rating', rating['costs']['ours'], rating['costs']['plain'], 'plain GROUP BY'),
        f"{_verdict(remote['ours'] / remote['plain'], 1.0)} batch of {BATCH} over JSON-2: "
        f"{remote['ours'] / BATCH * 1e6:.0f} µs a record by send_usage, "
        f"{remote['plain'] / BATCH * 1e6:.0f} µs by create",
    ])


def _pair(title: str, ours: dict, plain: dict, other: str) -> str:
    mine, theirs = (cost['python'] + cost['postgres'] for cost in (ours, plain))
    return (
        f"{_verdict(mine / theirs, LIMIT)} {title}: {mine:.2f} s ({ours['wall']:.1f}) ours, "
        f"{theirs:.2f} s ({plain['wall']:.1f}) {other}: {mine / theirs:.2f} times"
    )


def _verdict(ratio: float, limit: float) -> str:
    return f"{'reached' if ratio <= limit else 'NOT REACHED':12}"


if __name__ == '__main__':
    sys.exit(run_command(main))
