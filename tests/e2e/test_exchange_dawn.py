"""A nightly file of customers and prices that is killed in the middle, again and again, and ends as one clean run.

SUITE_EXCHANGE_ROWS=100000 runs it at full size, which takes some minutes.
"""

import os
import random
import time

import pytest

from tests.e2e.exchange_world import exchange_database
from tests.e2e.forks import Forks, forked_odoo
from tests.e2e.processes import psql

ROWS = int(os.environ.get('SUITE_EXCHANGE_ROWS', 4000))
KILLED = -9
PATIENCE = 300 + ROWS / 50
JOBS = """
from odoo.addons.accounting_exchange.gateways import places
jobs = env['exchange.job'].create([
    {'name': 'Customers', 'kind': 'partners', 'folder': 'customers', 'sequence': 1},
    {'name': 'Services', 'kind': 'products', 'folder': 'products', 'sequence': 2},
    {'name': 'Prices', 'kind': 'prices', 'folder': 'prices', 'sequence': 3},
])
env['product.pricelist'].create({'name': 'Partners'})
jobs.next_on = '2020-01-01'
env.ref('accounting_exchange.ir_cron_run_jobs').active = False
for job in jobs:
    print(places.folder(env.cr.dbname, job.folder))
env.cr.commit()
"""
RUN = """
from odoo.addons.accounting_exchange.models import exchange_run
exchange_run.BATCH = 200
env['exchange.job']._cron_run_jobs()
"""
AGAIN = "env['exchange.job'].search([]).write({'next_on': '2020-01-01'})\nenv.cr.commit()\n"
STATE = {
    'customers': """SELECT count(*), count(DISTINCT ref), md5(string_agg(concat_ws('|', ref, name, city, email), ';'
                    ORDER BY ref)) FROM res_partner WHERE ref LIKE 'K-%%'""",
    'services': """SELECT count(*), count(DISTINCT p.default_code), md5(string_agg(concat_ws('|', p.default_code,
                   t.name->>'en_US', round(t.list_price::numeric, 2)), ';' ORDER BY p.default_code))
                   FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
                   WHERE p.default_code LIKE 'S-%%'""",
    'prices': """SELECT count(*), count(DISTINCT product_id), md5(string_agg(concat_ws('|', p.default_code,
                 round(i.fixed_price::numeric, 2)), ';' ORDER BY p.default_code)) FROM product_pricelist_item i
                 JOIN product_product p ON p.id = i.product_id""",
    'runs': """SELECT job.name, run.state, run.row_count, run.position, run.created_count, run.updated_count,
               run.unchanged_count, run.refused_count, run.record_count, round(run.file_sum, 2),
               round(run.record_sum + run.refused_sum, 2)
               FROM exchange_run run JOIN exchange_job job ON job.id = run.job_id ORDER BY job.sequence""",
    'problems': "SELECT row_number, key, reason FROM exchange_problem ORDER BY run_id, row_number",
    'known': "SELECT job.name, count(*) FROM exchange_row_state s JOIN exchange_job job ON job.id = s.job_id "
             "GROUP BY 1 ORDER BY 1",
}
"""What both ways must agree on: every record, every count, every reason."""


def files(rows: int) -> dict[str, str]:
    """The nightly files, with a bad row every thousand."""
    def city(number: int) -> str:
        return ('Madrid', 'Köln', 'Łódź', '=1+1')[number % 4]
    services = max(rows // 10, 10)
    return {
        'customers': 'ref;name;city;email;country\n' + ''.join(
            f'K-{n};Kunde {n};{city(n)};k{n}@example.com;{"XX" if n % 1000 == 999 else "DE"}\n' for n in range(rows)
        ),
        'products': 'default_code;name;list_price\n' + ''.join(
            f'S-{n};Service {n};{n % 97}.25\n' for n in range(services)
        ),
        'prices': 'product;pricelist;price\n' + ''.join(f'S-{n};Partners;{n % 89}.50\n' for n in range(services)),
    }


def put_files(forks: Forks, rows: int) -> None:
    """Make the jobs and put their files where they look."""
    for folder, text in zip(forks.run(JOBS).splitlines(), files(rows).values(), strict=True):
        put_file(f'{folder}/night.csv', text)


def put_file(path: str, text: str) -> None:
    """Put a file down that was written some minutes ago: one that still changes would wait."""
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.utime(path, (time.time() - 600,) * 2)


def state(database: str) -> dict[str, list]:
    return {name: psql(database, query.replace('%%', '%')) for name, query in STATE.items()}


@pytest.fixture(scope='module')
def clean():
    """The end of one run without faults."""
    with exchange_database() as database, forked_odoo(database) as forks:
        put_files(forks, ROWS)
        began = time.monotonic()
        child = forks.start(RUN)
        assert child.wait(PATIENCE) == 0, child.errors
        print(f'\n{ROWS} customers and their prices in {time.monotonic() - began:.0f} s')
        yield state(database)


def test_a_clean_run_takes_the_good_rows_and_both_sides_agree(clean):
    """K2: counts and sums of both sides; a reason for each row that stayed out."""
    ((customers, distinct, _digest),) = clean['customers']
    assert (customers, distinct) == (ROWS - ROWS // 1000, ROWS - ROWS // 1000)
    assert len(clean['problems']) == ROWS // 1000
    for name, run_state, rows, position, created, updated, unchanged, refused, records, file_sum, here in clean['runs']:
        assert (run_state, position) == ('done', rows), name
        assert created + updated + unchanged + refused == rows
        assert (records, file_sum) == (rows - refused, here), name


def test_killed_in_the_middle_again_and_again_it_ends_the_same(clean):
    """A1: kill -9 at random moments; nothing twice, nothing missing, at most a batch done again."""
    with exchange_database() as database, forked_odoo(database) as forks:
        put_files(forks, ROWS)
        kills = 0
        chance = random.Random(7)
        for _attempt in range(40):
            child = forks.start(RUN)
            deadline = time.monotonic() + chance.uniform(0.5, 3.0) * max(1, ROWS / 4000)
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            child.kill()
            status = child.wait()
            kills += status == KILLED
            if status == 0:
                break
            forks.run(AGAIN)
        assert child.wait() == 0, child.errors
        assert kills >= 2, 'It was never hit'
        assert state(database) == clean


def test_the_same_files_next_night_change_nothing(clean):
    with exchange_database() as database, forked_odoo(database) as forks:
        put_files(forks, 300)
        forks.run(RUN)
        before = state(database), psql(database, 'SELECT max(write_date) FROM res_partner')
        folder = forks.run("""
from odoo.addons.accounting_exchange.gateways import places
print(places.folder(env.cr.dbname, 'customers'))
""")
        put_file(f'{folder}/again.csv', files(300)['customers'])
        forks.run(AGAIN + RUN)
        assert (state(database), psql(database, 'SELECT max(write_date) FROM res_partner')) == before


def test_two_workers_take_each_row_once():
    """B1: two schedulers at once on the same files."""
    with exchange_database() as database, forked_odoo(database) as forks:
        put_files(forks, 1500)
        workers = [forks.start(RUN), forks.start(RUN)]
        for worker in workers:
            worker.wait()
        forks.run(AGAIN + RUN)
        ((customers, distinct, _digest),) = state(database)['customers']
        assert (customers, distinct) == (1499, 1499)
        assert {row[1] for row in state(database)['runs']} == {'done'}
