"""./bench portal: every page of a customer with 500 invoices, beside Odoo's own /my/invoices on the same database."""

import argparse
import json
import re
import statistics
import sys
import time
from pathlib import Path

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from tests.e2e.portal_routes import ROUTES
from tests.e2e.portal_world import OWNER, Visitor, portal_world
from tests.e2e.processes import running_server
from tools import modules, templates
from tools.paths import ADDONS
from tools.steps import run_command

CORE = '/my/invoices'
RATIO, SECONDS = 1.3, 0.5
"""A page takes at most so many times as long as core's list, and a list of 5,000 invoices so long (H5)."""
LISTS = ('/my/receipts', '/my/receipts?filterby=all', '/my/receipts/page/50?filterby=all', '/my/statement', '/my')
LOGGED = re.compile(r'"GET (?P<path>\S+) HTTP/1.1" 200 - (?P<queries>\d+) ')


def main() -> int:
    arguments = _arguments()
    with templates.locked('bench'):
        prepared.drop_clones()
        template = templates.demo(modules.installable())
        with prepared.clone(template, 'portal') as name:
            small = _measured(name, arguments.invoices, arguments, _pages)
        with prepared.clone(template, 'portal') as name:
            large = _measured(name, arguments.many, arguments, _lists)
    print(_text(small, large, arguments))
    if arguments.json:
        arguments.json.write_text(json.dumps({'pages': small, 'lists': large}, indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='./bench portal', description=__doc__.splitlines()[0])
    parser.add_argument('--invoices', type=int, default=500, help='invoices of the customer')
    parser.add_argument('--others', type=int, default=200, help='contracts, cases, circulars, plans and so on, of each')
    parser.add_argument('--many', type=int, default=5000, help='invoices of the customer whose lists are measured')
    parser.add_argument('--repeat', type=int, default=15, help='how often each page is asked for')
    parser.add_argument('--only', help='pages whose address has this in it')
    parser.add_argument('--json', type=Path, help='write all figures into this file')
    return parser.parse_args()


def _measured(name: str, invoices: int, arguments, pages) -> dict:
    """Return for each page seconds and queries of the page and of core's list, asked for in turns."""
    with running_server(name, '--max-cron-threads', 0) as server:
        world = portal_world(server.url, name)
        Child(name, 'benchmarks.pages.seed:grow', [ADDONS], own=world.own, line_id=int(world.values['lines']),
              invoices=invoices, others=arguments.others).run()
    with running_server(name, '--max-cron-threads', 0) as server:
        customer = Visitor(server.url, OWNER)
        found = {
            path: _in_turns(customer, path, arguments.repeat)
            for path in pages(world) if not arguments.only or arguments.only in path
        }
        queries = {line['path'].split('?')[0]: int(line['queries'])
                   for line in LOGGED.finditer(server.log.read_text())}
        return {path: {**times, 'queries': queries[path.split('?')[0]], 'core_queries': queries[CORE]}
                for path, times in found.items()}


def _pages(world) -> list[str]:
    """Return the pages of a customer, as the table of routes names them."""
    return [world.address(route) for route in ROUTES if route.is_page and route.who != 'signed']


def _lists(world) -> list[str]:
    return list(LISTS)


def _in_turns(customer: Visitor, path: str, repeat: int) -> dict[str, float]:
    times: dict[str, list[float]] = {path: [], CORE: []}
    for address in (*times, *list(times) * repeat):
        begin = time.perf_counter()
        answer = customer.ask('GET', address)
        times[address].append(time.perf_counter() - begin)
        assert answer.status == 200, f'{address} answers {answer.status} {answer.location}'
    page, core = (statistics.median(found[1:]) for found in times.values())
    return {'seconds': page, 'core_seconds': core}


def _text(small: dict, large: dict, arguments) -> str:
    lines = ['', f'{arguments.invoices} invoices: median of {arguments.repeat} answers, beside {CORE} in turns']
    for path, one in sorted(small.items(), key=lambda item: -item[1]['seconds'] / item[1]['core_seconds']):
        ratio = one['seconds'] / one['core_seconds']
        lines.append(
            f"  {path}: {ratio:.2f} times{'  MORE THAN ' + str(RATIO) if ratio > RATIO else ''}, "
            f"{one['seconds'] * 1e3:.0f} ms, {one['queries']} queries ({CORE}: {one['core_queries']})")
    lines.append(f'{arguments.many} invoices')
    for path, one in large.items():
        slow = f'  MORE THAN {SECONDS} s' if one['seconds'] > SECONDS else ''
        few = small[path]['queries'] if path in small else '?'
        lines.append(f"  {path}: {one['seconds'] * 1e3:.0f} ms{slow}, {one['queries']} queries, "
                     f"{few} with {arguments.invoices}")
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.exit(run_command(main))
