"""The HTTP gateway for text messages beside a provider that answers well, badly, slowly or not at all."""

import gzip
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from odoo.addons.dunning_sms.gateways import http_gateway
from odoo.addons.dunning_sms.gateways.http_gateway import HttpGateway, Settings

HTML = b'<html><body>502 Bad Gateway</body></html>'


class Provider(BaseHTTPRequestHandler):
    """Answers with what the test put on the server."""

    def do_POST(self):
        length = int(self.headers.get('Content-Length') or 0)
        self.server.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
        status, headers, body = self.server.answer
        if status == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture(scope='module')
def provider():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def send(provider):
    def call(status=200, body=b'{"messages": [{"id": "m1", "status": "accepted"}]}', headers=None, **settings):
        provider.seen, provider.answer = [], (status, headers or {}, body)
        base = f'http://127.0.0.1:{provider.server_port}'
        gateway = HttpGateway(Settings(**{
            'url': f'{base}/send', 'body': '{"to": "{number}", "text": "{text}", "ref": "{reference}"}',
            'headers': {'Authorization': 'Bearer {token}'}, 'reference_path': 'messages.0.id',
            'status_url': f'{base}/status/{{reference}}', 'status_path': 'status',
            'states': {'delivrd': 'delivered', 'failed': 'failed'}, **settings,
        }), {'token': 'secret'})
        return gateway.send('+573001112233', 'Hola "Ana"\n{token}', 'r1')
    return call


def test_a_message_is_handed_over_as_json(provider, send):
    outcome = send()
    path, headers, body = provider.seen[0]
    assert (outcome.kind, outcome.reference, path) == ('accepted', 'm1', '/send')
    assert headers['Authorization'] == 'Bearer secret'
    assert json.loads(body) == {'to': '+573001112233', 'text': 'Hola "Ana"\n{token}', 'ref': 'r1'}


def test_or_as_a_form(provider, send):
    send(body_format='form')
    assert b'to=%2B573001112233' in provider.seen[0][2]


def test_a_get_quotes_its_values(provider, send):
    send(url=f'http://127.0.0.1:{provider.server_port}/send?to={{number}}&text={{text}}', method='GET', body='')
    assert provider.seen[0][0] == '/send?to=%2B573001112233&text=Hola%20%22Ana%22%0A%7Btoken%7D'


@pytest.mark.parametrize('status, body, headers, kind', [
    (200, b'', {}, 'unclear'), (200, HTML, {}, 'unclear'), (200, b'{"messages": [', {}, 'unclear'),
    (200, b'{"messages": []}', {}, 'unclear'), (502, HTML, {}, 'unclear'), (500, b'', {}, 'unclear'),
    (429, b'', {'Retry-After': '60'}, 'later'), (429, b'', {'Retry-After': 'garbage'}, 'later'),
    (429, b'', {'Retry-After': '1000000000'}, 'later'), (503, b'', {'Retry-After': '5'}, 'later'),
    (401, b'{}', {}, 'later'), (422, b'{"error": "bad number"}', {}, 'refused'),
    (302, b'', {'Location': 'http://127.0.0.1:9/'}, 'refused'), (0, b'', {}, 'unclear'),
    (200, b'x' * 10_000_000, {}, 'unclear'),
    (200, gzip.compress(b' ' * 50_000_000), {'Content-Encoding': 'gzip'}, 'unclear'),
    (200, b'\x1f\x8b broken', {'Content-Encoding': 'gzip'}, 'unclear'),
    (200, b'[' * 50_000, {}, 'unclear'),
])
def test_strange_answers_are_judged_and_never_raise(send, status, body, headers, kind):
    """E4, E5: only what surely was not accepted is tried again; huge answers are not read."""
    outcome = send(status, body, headers)
    assert outcome.kind == kind
    assert outcome.wait is None or outcome.wait <= 43200


def test_words_of_the_provider_decide(send):
    assert send(state_path='messages.0.status', accepted=frozenset({'accepted'})).kind == 'accepted'
    assert send(state_path='messages.0.status', accepted=frozenset({'ok'})).kind == 'unclear'
    assert send(state_path='messages.0.status', refused=frozenset({'accepted'})).kind == 'refused'
    assert send(500, not_accepted_codes=frozenset({500})).kind == 'later'


def test_a_provider_that_is_not_there_took_nothing(send):
    assert send(url='http://127.0.0.1:9/send').kind == 'later'
    assert send(url='no address').kind == 'later'


def test_a_silent_provider_leaves_doubt(send, monkeypatch):
    """E3."""
    monkeypatch.setattr(http_gateway, 'TIMEOUT', (0.3, 0.3))
    with socket.create_server(('127.0.0.1', 0)) as silent:
        assert send(url=f'http://127.0.0.1:{silent.getsockname()[1]}/').kind == 'unclear'


@pytest.mark.parametrize('status, body, expected', [
    (200, b'{"status": "DELIVRD"}', ('accepted', 'delivered')), (200, b'{"status": "failed"}', ('refused', '')),
    (404, b'{}', ('later', '')), (200, b'{"status": "odd"}', ('unclear', '')), (500, HTML, ('unclear', '')),
])
def test_what_became_of_a_message(provider, send, status, body, expected):
    """E3."""
    send()
    provider.answer = (status, {}, body)
    base = f'http://127.0.0.1:{provider.server_port}'
    gateway = HttpGateway(Settings(
        url=base, status_url=base + '/status/{reference}', status_path='status',
        states={'delivrd': 'delivered', 'failed': 'failed'},
    ))
    outcome = gateway.ask('r/1')
    assert (outcome.kind, outcome.state) == expected
    assert provider.seen[-1][0] == '/status/r%2F1'
