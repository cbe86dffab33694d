"""What is measured inside an Odoo process: our way beside plain SQL, in turns, on the same rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from odoo.fields import Command
from psycopg2.extras import execute_values

from benchmarks.kit.child import measures, wait_for_go
from benchmarks.kit.meter import Meter
from benchmarks.kit.rows import copy_rows

LINES = 1000
BATCH = 5000
BLOCK = 10 * BATCH
PLAIN = """
    CREATE TABLE plain_usage (
        id serial PRIMARY KEY, meter_id int NOT NULL, contract_line_id int NOT NULL, moment timestamp NOT NULL,
        quantity numeric NOT NULL, key varchar, external_ref varchar NOT NULL, late_state varchar,
        received_on timestamp NOT NULL);
    CREATE UNIQUE INDEX ON plain_usage (meter_id, external_ref);
"""
INSERT_PLAIN = """
    INSERT INTO plain_usage (meter_id, contract_line_id, moment, quantity, key, external_ref, received_on)
    VALUES %s ON CONFLICT (meter_id, external_ref) DO NOTHING
"""


def seed(env) -> dict:
    """Make a meter and a running contract with a thousand services that it counts."""
    start = datetime.now(UTC).date() - timedelta(days=20)  # of the running month, nothing is due
    meter = env['service.meter'].create({'name': "Minutes", 'code': 'MIN'})
    product = env['product.product'].create({'name': "Minutes", 'type': 'service', 'list_price': 0.1})
    contract = env['service.contract'].create({
        'partner_id': env['res.partner'].create({'name': "Customer"}).id, 'date_start': start, 'external_ref': 'BENCH',
        'line_ids': [Command.create({'product_id': product.id, 'kind': 'usage', 'meter_id': meter.id})],
    })
    contract.action_activate()
    env.flush_all()
    first = copy_rows(env.cr, 'service_contract_line', contract.line_ids.id, LINES) + 1
    env.cr.execute(PLAIN)
    env.cr.execute('ANALYZE')
    env.cr.commit()
    env.invalidate_all()
    return {'meter_id': meter.id, 'first_line_id': first}


@measures
def take(env, count: int, meter_id: int, first_line_id: int) -> dict:
    """Take records by send_usage and by a plain INSERT, a block of each in turn; then send a part again."""
    wait_for_go()
    costs = {'ours': [], 'plain': [], 'replay': []}
    for first in range(0, count, BLOCK):
        items = _items(first, min(BLOCK, count - first), first_line_id)
        costs['plain'].append(_measured(env, lambda items=items: _plain(env, items, meter_id)))
        costs['ours'].append(_measured(env, lambda items=items: _ours(env, items)))
    items = _items(0, min(BLOCK, count), first_line_id)
    costs['replay'].append(_measured(env, lambda: _ours(env, items)))
    env.cr.execute('SELECT count(*) FROM service_usage_record')
    return {'costs': {way: _total(parts) for way, parts in costs.items()}, 'rows': env.cr.fetchone()[0],
            'replayed': min(BLOCK, count)}


@measures
def rate(env, repeat: int) -> dict:
    """Measure all services at once, and let PostgreSQL group the same rows; in turns."""
    from odoo.addons.service_contracts.models.service_usage_measure import Wanted
    from odoo.addons.service_contracts.rules.usage import Moments

    env.cr.execute('ANALYZE service_usage_record')
    env.cr.execute('SELECT min(moment), max(moment) FROM service_usage_record')
    start, end = env.cr.fetchone()
    moments = Moments(start, end + timedelta(seconds=1))
    lines = env['service.contract.line'].search([('kind', '=', 'usage')])
    wanted = [Wanted(line.id, moments, 'sum', True) for line in lines]
    wait_for_go()
    costs, sums = {'ours': [], 'plain': []}, {}
    for _time in range(repeat):
        costs['plain'].append(_measured(env, lambda: sums.update(plain=_grouped(env, moments))))
        costs['ours'].append(_measured(env, lambda: sums.update(ours=env['service.usage.record']._measure(wanted))))
    same = sum(measured.quantity for measured in sums['ours']) == sums['plain']
    return {'costs': {way: _total(parts) for way, parts in costs.items()}, 'same': same}


def _items(first: int, count: int, first_line_id: int) -> list[dict]:
    yesterday = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
    return [
        {'external_ref': f'ref-{number:09d}', 'meter': 'MIN', 'line': first_line_id + number % LINES,
         'moment': str(yesterday - timedelta(seconds=number % 1_000_000)), 'quantity': number % 97 + 0.25}
        for number in range(first, first + count)
    ]


def _ours(env, items: list[dict]) -> None:
    for first in range(0, len(items), BATCH):
        env['service.usage.record'].send_usage(items[first:first + BATCH])
        env.cr.commit()
        env.invalidate_all()


def _plain(env, items: list[dict], meter_id: int) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for first in range(0, len(items), BATCH):
        rows = [
            (meter_id, item['line'], item['moment'], item['quantity'], None, item['external_ref'], now)
            for item in items[first:first + BATCH]
        ]
        execute_values(env.cr._obj, INSERT_PLAIN, rows, page_size=BATCH)
        env.cr.commit()


def _grouped(env, moments):
    env.cr.execute("""
        SELECT contract_line_id, count(*), sum(quantity)::text FROM service_usage_record
         WHERE moment >= %s AND moment < %s GROUP BY contract_line_id
    """, (moments.start, moments.end))
    return sum(Decimal(row[2]) for row in env.cr.fetchall())


def _measured(env, work) -> dict:
    with Meter(env.cr) as meter:
        work()
    return meter.as_dict()


def _total(parts: list[dict]) -> dict:
    return {name: sum(part[name] for part in parts) for name in ('python', 'postgres', 'wall', 'queries')}
