"""./bench statement: statements of account of 10,000 customers, beside plain SQL that reads the same journal items."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from tools import templates
from tools.steps import run_command

WAYS = {'plain': 'plain SQL, rows only', 'ours': 'statements', 'split': 'split by kind of service'}


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        database, addons = prepared.own(['dunning_sms'])
        with prepared.clone(database, 'statement') as name:
            seeded = _child(name, 'seed', addons, count=arguments.partners).run()
            results = {'made': _child(name, 'make', addons, **seeded).run(),
                       'sent': _child(name, 'send', addons, **seeded).run(),
                       'figures': _child(name, 'figures', addons, **seeded).run()}
    print(_text(results, arguments.partners))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    closing = results['made']['closing']
    return 0 if round(closing['ours'] - closing['plain'], 2) == 0 else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench statement', description=__doc__.splitlines()[0])
    parser.add_argument('--partners', type=int, default=10_000, help='how many customers, each with six invoices')
    parser.add_argument('--json', type=Path, help='write all figures into this file')
    return parser.parse_args()


def _child(name: str, function: str, addons: Path, **arguments) -> Child:
    return Child(name, f'benchmarks.statements.ways:{function}', [addons], **arguments)


def _text(results: dict, partners: int) -> str:
    made, sent = results['made'], results['sent']
    lines = ['', f'{partners} customers, processor time of Python and PostgreSQL']
    for way, title in WAYS.items():
        cost, batches = made['costs'][way], made['batches']
        lines.append(
            f"  {title}: {(cost['python'] + cost['postgres']) / partners * 1e3:.2f} ms a customer, "
            f"{cost['queries'] / batches:.1f} queries a batch, memory {cost['memory'][0]} to {cost['memory'][1]} MB"
        )
    cost = sent['cost']
    lines.append(
        f"  handed to mail: {sent['sent']}, {(cost['python'] + cost['postgres']) / max(sent['sent'], 1) * 1e3:.2f} ms "
        f"a customer, {cost['queries'] / max(sent['sent'], 1):.2f} queries a customer, "
        f"memory + {cost['memory_growth']:.0f} MB")
    for title, cost in results['figures']['costs'].items():
        lines.append(
            f"  {title}: {cost['python'] + cost['postgres']:.2f} s, {cost['queries']} queries, "
            f"memory + {cost['memory_growth']:.0f} MB")
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.exit(run_command(main))
