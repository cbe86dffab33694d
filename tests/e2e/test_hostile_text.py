"""Text that customers type is shown as text, wherever it is read (G8): pages, back office, PDF, mails, files.

Everything is typed once (`hostile_forms.py`); the pages are those of `portal_routes.ROUTES` and the windows of all
add-ons, so that a new one is looked at by itself.
"""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.hostile_forms import HOSTILE, MEANT, SHOWN, WORKED_OUT, fill_in
from tests.e2e.portal_routes import ROUTES, Route
from tests.e2e.portal_world import OWNER, PortalWorld, Visitor, portal_world
from tests.e2e.processes import psql, run_script
from tools import modules
from tools.browser import Browser, browser

MADE_BY_CUSTOMER = ('support.case', 'transfer.report')
LOOK = Path(__file__).with_name('hostile_look.py')
PAGES = [route for route in ROUTES if route.is_page and route.who in ('mine', 'record', 'link', 'shared')]
FILES = [route for route in ROUTES if route.who in ('mine', 'record', 'staff') and route.methods == ('GET',)
         and not route.is_page and '<int:document_id>' not in route.rule]
SHOWN_IN_HTML = 'onerror=hacked(1)'
TRAP = """window.hacks = []; window.hacked = number => window.hacks.push(number);
for (const name of ['alert', 'confirm', 'prompt']) { window[name] = () => window.hacks.push(name); }"""
STATE = """JSON.stringify({
    hacks: window.hacks, elements: document.querySelectorAll('.hostile, img[src=x]').length,
    text: document.body.innerText + [...document.querySelectorAll('input, textarea')].map(e => e.value).join(' '),
})"""
WIDE = """document.documentElement.scrollWidth > document.documentElement.clientWidth + 1 && [
    ...document.querySelectorAll('#wrap *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.children.length && e.textContent.includes('hacked')).map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
SCREEN, PHONE = (1366, 900), (390, 844)
READ = {'/my/cases', '/my/cases/<int:case_id>', '/my/transfers', '/my/transactions', '/my/transactions/page/<int:page>'}
"""Pages that must show what was typed, at the least."""
KNOWN = {'support.case', 'transfer.report', 'service.request', 'sale.order', 'res.partner', 'service.contract'}
"""Records whose form must show it."""
EXPORTED = {'support.case': ('subject', 'description'), 'transfer.report': ('reference', 'bank_name'),
            'res.partner': ('name', 'phone'), 'service.request': ('message',), 'crm.lead': ('name', 'description')}

pytestmark = pytest.mark.skipif(not shutil.which('chromium'), reason='There is no Chromium on this machine.')


@dataclass(frozen=True)
class World:
    """The portal's world after the forms, what they made, and what the office and the printer see of it."""

    portal: PortalWorld
    made: dict[str, int]
    windows: list[dict]
    reports: dict[str, str]
    mails: dict[str, tuple[str, str]]

    def address(self, route: Route) -> str:
        """Return the address of the record with the text, else of the customer's record."""
        records = {name: str(self.made[model]) for name, model in route.record_variables().items()
                   if model in MADE_BY_CUSTOMER}
        return self.portal.url + self.portal.address(route, **records)


@pytest.fixture(scope='module')
def world(server) -> World:
    portal = portal_world(server.url, server.database)
    made = fill_in(portal)
    psql(server.database, (  # as a customer who registered so: nobody may change the name on invoices by form
        'UPDATE res_partner SET name = %s, complete_name = %s FROM res_users u'
        ' WHERE u.partner_id = res_partner.id AND u.login = %s'), HOSTILE, HOSTILE, OWNER)
    given = f'SUITE = {modules.installable()!r}\nSHOWN = {SHOWN!r}\n'
    looked = json.loads(run_script(server.database, given + LOOK.read_text()).splitlines()[-1])
    return World(portal, made, **looked)


@pytest.fixture(scope='module')
def customer(world):
    with trapped(SCREEN) as page:
        page.log_in(world.portal.url, OWNER, OWNER)
        yield page


@pytest.fixture(scope='module')
def office(world):
    with trapped(SCREEN) as page:
        page.log_in(world.portal.url, 'admin', 'admin')
        yield page


@contextmanager
def trapped(size: tuple[int, int]) -> Iterator[Browser]:
    """A browser that notes each script of a customer that ran."""
    with browser(size) as page:
        page.settle = lambda: None
        page._call('Page.enable')
        page._call('Page.addScriptToEvaluateOnNewDocument', source=TRAP)
        yield page


def look(page: Browser, url: str, selector: str) -> str:
    """Open a page, fail if anything of the text worked there, and return what is to be read."""
    page.open(url, selector)
    state = json.loads(page.run(STATE))
    assert not state['hacks'], f'{url}: a script of a customer ran'
    assert not state['elements'], f'{url}: what a customer typed became an element'
    assert WORKED_OUT not in state['text'], f'{url}: what a customer typed was worked out'
    return state['text']


def test_the_trap_notices_a_script_that_runs():
    with trapped(SCREEN) as page:
        page.open('data:text/html,<p>Shown<img src=x onerror=hacked(1) class=hostile>', 'p')
        page.wait('window.hacks.length == 1')
        with pytest.raises(AssertionError, match='a script of a customer ran'):
            look(page, 'data:text/html,<p>Shown<script>hacked(2)</script>', 'p')


def test_pages_of_the_panel_show_it_as_text(world, customer):
    """G8: also on a phone no page becomes wider than the screen by a long word."""
    shown, wide = set(), {}
    for route in PAGES:
        text = look(customer, world.address(route), '#wrapwrap')
        shown |= {route.rule} if SHOWN in text else set()
        customer.resize(PHONE)
        if found := customer.run(WIDE):
            wide[route.rule] = found
        customer.resize(SCREEN)
    assert not wide, f'wider than a phone: {wide}'
    assert shown >= READ, f'not shown: {READ - shown}'


def test_windows_of_the_office_show_it_as_text(world, office):
    """G8: list, kanban and form with its chatter, of every model that has such a record."""
    unseen, models = [], {window['model'] for window in world.windows}
    assert models >= KNOWN, f'no window shows {KNOWN - models}'
    for window in world.windows:
        address = f'{world.portal.url}/odoo/action-{window["action"]}'
        for view in window['views']:
            if view == 'form':
                text = look(office, f'{address}/{window["record"]}', '.o_form_view .o_form_sheet, .o_form_renderer')
                unseen += [window['model']] if SHOWN not in text else []
            else:
                look(office, f'{address}?view_type={view}', f'.o_{view}_view')
    assert not KNOWN & set(unseen)


def test_reports_print_it_as_text(world):
    """G8: the HTML of every report of the suite, and of orders and invoices."""
    for name, html in world.reports.items():
        assert_text(html, name)
        assert SHOWN_IN_HTML in html, f'{name} names no customer'


def test_mails_carry_it_as_text(world):
    """G8: what went out, reminders, and every mail template of the suite; subjects are text by themselves."""
    for name, (subject, html) in world.mails.items():
        assert_text(html or '', name)
        assert WORKED_OUT not in subject, f'the subject of {name} works out what was typed'
        assert not {'\r', '\n'} & set(subject), f'the subject of {name} has lines'
    assert sum(SHOWN_IN_HTML in html for _subject, html in world.mails.values()) > 10


def test_files_carry_it_as_text(world):
    """G8, F5: PDF files are made and read; no cell of a workbook is a formula."""
    people = {'staff': Visitor(world.portal.url, 'admin')}
    customer, shown = Visitor(world.portal.url, OWNER), set()
    for route in FILES:
        content = people.get(route.who, customer).download(world.address(route).removeprefix(world.portal.url))
        text = _sheets(content) if content[:2] == b'PK' else _pdf(content)
        assert WORKED_OUT not in text, f'{route.rule} works out what was typed'
        shown |= {route.rule} if 'hacked(1)' in re.sub(r'\s', '', text) else set()
    assert len(shown) > 4, f'the name is in no more files than {shown}'


def test_exports_as_csv_have_no_formula(world):
    """G8: what people take out of the lists of the office."""
    clerk = Visitor(world.portal.url, 'admin')
    for model, names in EXPORTED.items():
        wanted = {'model': model, 'ids': [world.made[model]], 'domain': [], 'import_compat': False, 'context': {},
                  'fields': [{'name': name, 'label': name, 'type': 'char'} for name in names]}
        answer = clerk.ask('POST', '/web/export/csv', data=json.dumps(wanted))
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert any(SHOWN in cell for cell in cells), f'{model}: {answer.status} {cells}'
        formulas = [cell for cell in cells if cell.startswith(('=', '+', '-', '@', '\t', '\r'))]
        assert not formulas, f'{model}: {formulas}'


def assert_text(html: str, name: str) -> None:
    wrong = MEANT.search(html)
    assert not wrong, f'{name}: {html[max(wrong.start() - 200, 0):wrong.end() + 100]}'
    assert WORKED_OUT not in html, f'{name} works out what was typed'


def _sheets(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.endswith('.xml')]
    assert not any('<f>' in sheet for sheet in sheets), 'a cell is a formula'
    return ''.join(sheets)


def _pdf(content: bytes) -> str:
    done = subprocess.run(['pdftotext', '-', '-'], input=content, capture_output=True, check=True)
    return done.stdout.decode()
