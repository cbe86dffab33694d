"""Each way of billing as one measurement: clone, seed, warm up, measure, check. No Odoo in this process."""

from functools import cache
from pathlib import Path
from statistics import median

from benchmarks.kit import prepared
from benchmarks.kit.child import Child
from benchmarks.kit.peer import Peer
from benchmarks.kit.priority import prefer
from benchmarks.kit.sampler import Sampler, wait_until
from tools import database, templates

from . import invoices

SHAPES = ('shared', 'differing')
MODULES = ['service_contracts']
PEER = Peer('peer', 'contract', '19.0.1.2.1.2', 'service_contracts')
WARM_UP = 25
"""Contracts each process bills before the clock starts, as in a server that has run for a while."""
BILLED = "SELECT COALESCE(sum(contract_count), 0) FROM service_billing_batch"


@cache
def own() -> tuple[str, Path]:
    """Our database and our add-ons, as they are when the measurement begins."""
    return prepared.own(MODULES)


def own_database() -> str:
    return own()[0]


@cache
def core_database() -> str:
    """What our module stands on, without it: core as it is."""
    return templates.base(MODULES)


def ours(name: str, shape: str, count: int, profile: str | None) -> dict:
    """One worker bills all contracts; its process and its transactions are watched from outside."""
    _seed_ours(name, count + WARM_UP, shape)
    child = _worker(name, profile=profile)
    with Sampler(name, child.process.pid) as sampler:
        cost = child.go().result()
    return {
        **_result('ours', shape, count, cost),
        'memory_by_quarter': sampler.memory_by_quarter(),
        'longest_transaction': sampler.longest_transaction,
        **_checks(name),
    }


def core(mine: str, source: Path, shape: str, count: int) -> dict:
    """Core makes the invoices that ours made; then they are compared in all columns."""
    with prepared.clone(core_database(), 'core') as name:
        _own(name, 'seed:bare', count=count + WARM_UP).run()
        cost = _own(name, 'core:invoice', source=str(source), warm_up=WARM_UP).run()
        return {**_result('core', shape, count, cost), 'differences': invoices.differences(mine, name)}


def peer(mine: str, shape: str, count: int) -> dict:
    """The peer bills the same contracts; the sums on each account must be ours."""
    with prepared.clone(PEER.database(), 'peer') as name:
        addons = PEER.addons()
        _child(name, 'peer_contract:contracts', addons, count=count + WARM_UP, shape=shape).run()
        cost = _child(name, 'peer_contract:bill', addons, warm_up=WARM_UP).run()
        is_same = invoices.sums_by_account(mine) == invoices.sums_by_account(name)
        return {**_result('peer', shape, count, cost), 'differences': [] if is_same else ['sums by account']}


def two_workers(count: int, repeat: int) -> dict:
    """One worker and two workers in turn, by wall time; the median of the ratios counts."""
    ratios, checks = [], []
    with prepared.clone(own_database(), 'seeded') as seeded:
        _seed_ours(seeded, count + 2 * WARM_UP, 'shared')
        for _time in range(repeat):
            one, _checked = _wall_seconds(seeded, 1)
            two, checked = _wall_seconds(seeded, 2)
            ratios.append(one / two)
            checks.append(checked)
    return {
        'way': 'workers', 'shape': 'shared', 'contracts': count, 'ratios': ratios, 'ratio': median(ratios),
        **{check: all(checked[check] for checked in checks) for check in checks[0]},
    }


def killed_and_resumed(count: int) -> dict:
    """Kill the worker when half is billed; another process goes on. No charge twice, none missing."""
    with prepared.clone(own_database(), 'resume') as name:
        _seed_ours(name, count + WARM_UP, 'shared')
        child = _worker(name).go()
        wait_until(lambda: _billed(name) >= count / 2)
        child.kill()
        billed = _billed(name)
        _own(name, 'ours:resume').run()
        return {
            'way': 'resume', 'shape': 'shared', 'contracts': count, 'killed_after': billed, **_checks(name),
        }


def _wall_seconds(seeded: str, workers: int) -> tuple[float, dict]:
    """From the first start to the last finish."""
    with prepared.clone(seeded, 'workers') as name:
        children = [_worker(name, worker=number) for number in range(workers)]
        prefer(name, [child.process.pid for child in children])
        for child in children:
            child.go()
        costs = [child.result() for child in children]
        wall = max(cost['finished'] for cost in costs) - min(cost['started'] for cost in costs)
        return wall, _checks(name)


def _worker(name: str, **arguments) -> Child:
    return _own(name, 'ours:bill', warm_up=WARM_UP, **arguments).ready()


def _seed_ours(name: str, count: int, shape: str) -> None:
    _own(name, 'seed:contracts', count=count, shape=shape).run()


def _own(name: str, function: str, **arguments) -> Child:
    return _child(name, function, [own()[1]], **arguments)


def _child(name: str, function: str, addons: list[Path], **arguments) -> Child:
    return Child(name, f'benchmarks.contracts.{function}', addons, **arguments)


def _billed(name: str) -> int:
    return database.query(BILLED, database=name)[0][0]


def _checks(name: str) -> dict:
    return {
        'without_gaps': invoices.numbers_without_gaps(name),
        'billed_once': invoices.every_service_billed_once(name),
    }


def _result(way: str, shape: str, count: int, cost: dict) -> dict:
    """Bring a cost to one invoice: every contract of the bench makes one."""
    per_invoice = {
        'milliseconds': 1000 * (cost['python'] + cost['postgres']) / count,
        'python': 1000 * cost['python'] / count,
        'postgres': 1000 * cost['postgres'] / count,
        'queries': cost['queries'] / count,
    }
    totals = {name: cost[name] for name in (
        'wall', 'memory_before', 'memory_growth', 'longest_query', 'longest_query_text',
    )}
    return {'way': way, 'shape': shape, 'contracts': count, **per_invoice, **totals}
