"""The form of a service in a frame of another site, in a real browser: shown where it is allowed, and it works."""

import json
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e.processes import psql
from tools.browser import PAGE_SECONDS, browser

SIZE = (1400, 1000)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        pass


@pytest.fixture
def another_site(server, tmp_path):
    """The address of a page that shows the form; its host is not that of the server, so it is another site."""
    ((plan,),) = psql(server.database, "SELECT id FROM service_plan WHERE code = 'HOST'")
    form = f'{server.url}/services/{plan}?embed=1'
    (tmp_path / 'index.html').write_text(f'<h1>Shop</h1><iframe src="{form}" width="1200" height="800"></iframe>')
    site = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f'http://localhost:{site.server_port}'
    site.shutdown()


class Target:
    """Another page or frame of the browser."""

    def __init__(self, page, kind: str, address: str):
        self.page = page
        found = [target for target in targets(page) if target['type'] == kind and address in target['url']]
        self.session = page._call('Target.attachToTarget', targetId=found[0]['targetId'], flatten=True)['sessionId']

    def run(self, script: str):
        number = next(self.page._numbers)
        self.page._socket.send(json.dumps({
            'id': number, 'sessionId': self.session, 'method': 'Runtime.evaluate',
            'params': {'expression': script, 'returnByValue': True, 'userGesture': True},
        }))
        while True:
            answer = json.loads(self.page._socket.recv())
            if answer.get('id') == number:
                return answer['result']['result'].get('value')

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + PAGE_SECONDS
        while not self.run(condition):
            assert time.monotonic() < end, f'never true: {condition}'
            time.sleep(0.2)


def targets(page) -> list[dict]:
    return page._call('Target.getTargets')['targetInfos']


def test_a_site_that_is_not_named_shows_nothing(server, another_site):
    """A31."""
    psql(server.database, 'UPDATE res_company SET portal_embed_origins = NULL')
    with browser(SIZE) as page:
        page.open(another_site)
        page.settle()
        assert 'Recurring' not in (Target(page, 'iframe', server.url).run('document.body.innerText') or '')


def test_a_site_that_is_named_takes_options_data_and_terms_and_the_own_window_takes_them_over(server, another_site):
    """A31: without a cookie in the frame all of the form works there; to sign and pay a window of its own opens."""
    psql(server.database, 'UPDATE res_company SET portal_embed_origins = %s', another_site)
    with browser(SIZE) as page:
        page.open(another_site)
        page.settle()
        frame = Target(page, 'iframe', server.url)
        assert 'session_id' not in (frame.run('document.cookie') or '')
        before = frame.run("document.querySelector('.o_service_quote').innerText")
        frame.run("document.querySelector('input[name=options]').click()")
        frame.wait(f"document.querySelector('.o_service_quote').innerText != {json.dumps(before)}")
        frame.run("document.querySelector('.o_service_add').click()")
        frame.wait("document.querySelector('.o_service_framed')?.innerText.includes('To pay now')")
        assert 'Notice' in frame.run("document.querySelector('.o_service_terms').innerText")
        frame.run("document.querySelector('.o_frame_change').click()")
        frame.wait("document.querySelectorAll('input[name=options]:checked').length == 1")
        frame.run("document.querySelector('.o_service_add').click()")
        frame.wait("Boolean(document.querySelector('.o_frame_go'))")
        frame.run("document.querySelector('.o_frame_go').click()")
        page.settle()
        opened = Target(page, 'page', server.url)
        opened.wait("location.pathname == '/services/order' && document.body.innerText.includes('To pay now')")
    rows = psql(server.database, (
        'SELECT count(DISTINCT l.order_id) FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id'
        " JOIN website w ON w.id = o.website_id JOIN res_users u ON u.id = w.user_id"
        " WHERE o.partner_id = u.partner_id AND o.state = 'draft'"))
    assert rows == [(1,)], 'the draft of the frame became the cart'
