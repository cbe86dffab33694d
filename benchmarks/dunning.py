"""./bench dunning: the day's reminders over open receivable lines, ours beside OCA ``account_credit_control``.

Both get the same invoices on a database of their own and go up to the message that is ready to send. Processor
time of Python and PostgreSQL counts; queries are given for a batch of 500 customers. Then a day's messages are sent
to a fake mail server and a fake provider, and the same mails by Odoo's own mail queue (H4); wall time counts there.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from benchmarks.kit.peer import Peer
from benchmarks.reminders.ways import PER_CUSTOMER
from tests.e2e.reminder_world import fake_mailbox, fake_provider
from tools import templates
from tools.steps import run_command

WARM_UP = 25
PEER = Peer('creditpeer', 'account_credit_control', '19.0.1.0.0.13', 'dunning_sms')
TARGET = 20.0
"""At least so many times as fast per line as the peer."""
MAILS = 40.0
"""At least so many mails a second."""
DAY = 10_000
"""Messages of a day that H4 names."""
STEADY = 1.3
"""A line may cost at most so much more when there are twenty times as many."""


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        results = _measure(arguments) if arguments.only != 'send' else []
        sent = _send(arguments.send, arguments.send_peer) if arguments.only in (None, 'send') else []
    print('\n'.join([_text(results), *map(_sending_line, sent)]).strip())
    if arguments.json:
        arguments.json.write_text(json.dumps([*results, *sent], indent=1))
    return 0 if all(result['told'] == result['lines'] for result in results) and not _lost(sent) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench dunning', description=__doc__.splitlines()[0])
    parser.add_argument('--lines', type=int, nargs='+', default=[5_000, 100_000], help='receivable lines, each in turn')
    parser.add_argument('--peer-lines', type=int, default=5_000, help='lines the peer gets: it grows with the square')
    parser.add_argument('--only', choices=('ours', 'peer', 'send'), help='leave the others out')
    parser.add_argument('--send', type=int, default=2_000, help='customers whose messages are sent; H4 names 10,000')
    parser.add_argument('--send-peer', type=int, default=500, help="customers for Odoo's own queue beside it")
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


def _send(customers: int, beside: int) -> list[dict]:
    """Send the messages of a day: by our outbox, and the mails of fewer customers by Odoo's queue on its own database.

    Both go mail by mail, so the time of more follows from the speed; the peer's part only shows what Odoo needs.
    """
    database, addons = prepared.own(['dunning_sms'])
    results = []
    parts = ((('outbox', 'email'), ('outbox', 'sms')), customers), ((('queue', 'email'),), min(customers, beside))
    for ways, count in parts:
        with prepared.clone(database, 'send') as name, fake_mailbox() as mailbox, fake_provider() as provider:
            Child(name, 'benchmarks.reminders.ways:seed', [addons], count=count * PER_CUSTOMER).run()
            outside = {'smtp_port': mailbox.port, 'sms_url': provider.url}
            waiting = Child(name, 'benchmarks.reminders.sending:prepare', [addons], **outside).run()
            for way, channel in ways:
                before = len(mailbox.taken) + len(provider.accepted)
                more = {'channel': channel} if way == 'outbox' else {}
                cost = Child(name, f'benchmarks.reminders.sending:{way}', [addons], **more).run()
                taken = len(mailbox.taken) + len(provider.accepted) - before
                results.append({
                    'way': way, 'channel': channel, 'waiting': waiting, 'taken': taken, 'load': os.getloadavg()[0],
                    'twice': len(mailbox.taken) - len(set(mailbox.taken)), **cost,
                })
                print(_sending_line(results[-1]), file=sys.stderr, flush=True)
    return results


def _lost(sent: list[dict]) -> bool:
    """Tell whether a message was lost or sent twice."""
    return any(result['taken'] != result['sent'] or result['twice'] for result in sent)


def _sending_line(result: dict) -> str:
    speed = result['taken'] / result['wall']
    what = {'email': 'mails', 'sms': 'text messages'}[result['channel']]
    target = f' (target {MAILS:.0f}: {_verdict(speed >= MAILS)})' if result['channel'] == 'email' else ''
    cost = 1000 * (result['python'] + result['postgres']) / (result['taken'] or 1)
    return (
        f"{result['way']:>6}  {result['taken']:>6} {what}, {speed:.0f} a second{target}, {DAY:,} in "
        f"{DAY / speed / 60 if speed else 0:.1f} minutes at that speed, {cost:.1f} ms of processor "
        f"time and {result['queries'] / (result['taken'] or 1):.1f} queries each, load average {result['load']:.1f}"
    )


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
