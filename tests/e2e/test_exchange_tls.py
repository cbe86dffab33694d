"""Jobs that talk HTTPS to a real server: nothing is taken from one that cannot prove who it is."""

import pytest

from tests.e2e.processes import cloned_database, plain_database, psql, run_script
from tests.e2e.tls_server import tls_server
from tools import postgres

FILE = b'ref;name;city;email;country\nK-1;Ana;Bogota;ana@example.com;CO\nK-2;Bruno;Cali;bruno@example.com;CO\n'
JOBS = """
import requests
parameters = env['ir.config_parameter'].sudo()
parameters.set_param('accounting_exchange.allow_private_addresses', '1')
parameters.set_param('accounting_exchange.certificate_authorities', {authority!r})
env.ref('accounting_exchange.ir_cron_run_jobs').active = False
job = env['exchange.job'].create({{
    'name': 'Customers', 'kind': 'partners', 'direction': {direction!r}, 'place': 'https', 'url': {url!r},
    'next_on': '2020-01-01',
}})
env.cr.commit()
env['exchange.job']._cron_run_jobs()
env.cr.commit()
print(job.failure or 'fine')
"""


@pytest.fixture(scope='module')
def database():
    postgres.ensure()
    with cloned_database(plain_database(['accounting_exchange'])) as name:
        yield name


def run(database: str, url: str, authority: str = '', direction: str = 'in') -> str:
    """Let a new job run once; return `fine` or its failure."""
    psql(database, "UPDATE exchange_job SET active = false")
    said = run_script(database, JOBS.format(url=url, authority=authority, direction=direction), {
        'REQUESTS_CA_BUNDLE': '/nowhere.pem', 'HTTPS_PROXY': 'http://127.0.0.1:9',
    })
    return said.strip().splitlines()[-1]


def customers(database: str) -> int:
    return psql(database, "SELECT count(*) FROM res_partner WHERE ref LIKE 'K-%%'")[0][0]


@pytest.mark.parametrize('fault', ['stranger', 'other name', 'ended'])
def test_nothing_is_taken_from_a_server_that_cannot_prove_itself(database, tmp_path, fault):
    """An authority nobody trusts, a certificate for another name, one that ended."""
    name = 'other.example' if fault == 'other name' else 'localhost'
    with tls_server(tmp_path, name, -1 if fault == 'ended' else 1) as server:
        server.file = FILE
        said = run(database, server.url, '' if fault == 'stranger' else str(server.authority))
        assert said != 'fine'
        run(database, server.url, '' if fault == 'stranger' else str(server.authority), 'out')
        assert not server.taken
    assert not customers(database)


def test_a_file_comes_and_goes_over_a_trusted_connection(database, tmp_path):
    """The authority of the setting counts; variables of the environment do not."""
    with tls_server(tmp_path) as server:
        server.file = FILE
        assert run(database, server.url, str(server.authority)) == 'fine'
        assert customers(database) == 2
        assert run(database, server.url, str(server.authority), 'out') == 'fine'
        assert b'K-1' in b''.join(server.taken)
