"""A database with the demo story, a server on it, and clients logged in as staff."""

import pytest

from tests.e2e.billing_world import billing_world
from tests.e2e.clients import Json2, XmlRpc
from tests.e2e.processes import cloned_database, make_api_key, plain_database, running_server
from tools import modules, postgres, templates


@pytest.fixture(scope='session')
def demo_template() -> str:
    """The template database with every add-on and its demo story."""
    postgres.ensure()
    return templates.demo(modules.installable())


@pytest.fixture(scope='module')
def database(demo_template):
    """A fresh copy of the demo, shared by the tests of one file."""
    with cloned_database(demo_template) as name:
        yield name


@pytest.fixture
def own_database(demo_template):
    """A fresh copy of the demo for one test alone."""
    with cloned_database(demo_template) as name:
        yield name


@pytest.fixture(scope='module')
def server(database):
    """A running server on `database`, without crons."""
    with running_server(database, '--max-cron-threads', 0) as running:
        yield running


@pytest.fixture(scope='module')
def json2(server) -> Json2:
    return Json2(server.url, server.database, make_api_key(server.database))


@pytest.fixture(scope='module')
def xmlrpc(server) -> XmlRpc:
    return XmlRpc(server.url, server.database, 'admin', 'admin')


@pytest.fixture(scope='session')
def plain_template() -> str:
    """A database with the contracts add-on and without demo data, kept for the next session."""
    postgres.ensure()
    return plain_database(['service_contracts'])


@pytest.fixture
def world(plain_template):
    """A company that bills contracts, with a loaded Odoo that forks; for one test alone."""
    with billing_world(plain_template) as billing:
        yield billing


@pytest.fixture(scope='module')
def company(plain_template):
    """A company that bills contracts, shared by the tests of one file."""
    with billing_world(plain_template) as world:
        yield world


@pytest.fixture
def shared_world(company):
    """One company for tests that add contracts of their own and leave none for the next."""
    yield company
    company.sql("UPDATE service_contract SET state = 'removed', parked_on = NULL")
