"""Every page of the portal in a real browser: axe-core finds nothing serious or critical.

The pages are those of `portal_routes.ROUTES`, so a new one is looked at by itself.
"""

import shutil

import pytest

from tests.e2e.axe import severe_findings
from tests.e2e.portal_routes import ROUTES, Route
from tests.e2e.portal_world import OWNER, PortalWorld, portal_world
from tools.browser import Browser, browser

SIZE = (1280, 900)
CUSTOMERS = [route for route in ROUTES if route.is_page and route.who in ('mine', 'record', 'link', 'shared')]
VISITORS = [route for route in ROUTES if route.is_page and route.who in ('link', 'shared')]
CORE_PAGES = {
    '/my/orders/{order}': "Odoo's order page, with our ways to pay in installments",
    '/my/invoices': "Odoo's list of invoices",
}
"""Pages of Odoo that the suite adds to or leads to."""
KNOWN: dict[str, str] = {}
"""Findings in Odoo's own templates, by the beginning of the element's HTML, each with the reason it stays."""

pytestmark = pytest.mark.skipif(not shutil.which('chromium'), reason='There is no Chromium on this machine.')


def named(route: Route) -> str:
    return route.rule


@pytest.fixture(scope='module')
def world(server) -> PortalWorld:
    return portal_world(server.url, server.database)


@pytest.fixture(scope='module')
def customer(world):
    with browser(SIZE) as page:
        page.settle = lambda: None
        page.log_in(world.url, OWNER, OWNER)
        yield page


@pytest.fixture(scope='module')
def visitor(world):
    with browser(SIZE) as page:
        page.settle = lambda: None
        yield page


@pytest.mark.parametrize('route', CUSTOMERS, ids=named)
def test_a_page_hinders_no_customer(world, customer, route):
    _look(customer, world.url + world.address(route))


@pytest.mark.parametrize('route', VISITORS, ids=named)
def test_a_page_hinders_no_visitor(world, visitor, route):
    _look(visitor, world.url + world.address(route))


@pytest.mark.parametrize('address', CORE_PAGES)
def test_what_is_added_to_pages_of_odoo_hinders_nobody(world, customer, address):
    _look(customer, world.url + address.format(order=world.own['sale.order']))


def _look(page: Browser, url: str) -> None:
    page.open(url, '#wrapwrap')
    found = [one for one in severe_findings(page) if not any(one.html.startswith(known) for known in KNOWN)]
    assert not found, f'{url}\n' + '\n'.join(f'    {one}' for one in found)
