"""A receiver of webhooks as an integrator would write it, which can be down, slow, or in trouble."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in: `messages` that were signed rightly, `forged` ones; `mood` says how it answers."""

    secret: str
    mood: str = 'well'
    port: int = 0
    messages: list[dict] = field(default_factory=list)
    attempts: int = 0
    forged: int = 0
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}/hooks'

    def up(self) -> None:
        """Listen, on the same port as before."""
        self.server = ThreadingHTTPServer(('127.0.0.1', self.port), _handler(self))
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self) -> None:
        """Stop listening: connections are refused."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def ids(self) -> list[str]:
        return [message['id'] for message in self.messages]


@contextmanager
def receiver(secret: str) -> Iterator[Receiver]:
    made = Receiver(secret)
    made.up()
    try:
        yield made
    finally:
        made.down()


def is_genuine(secret: str, header: str, body: bytes, now: float) -> bool:
    """Check signature and age of a message, as the guide for integrators says."""
    parts = dict(part.split('=', 1) for part in header.split(',', 1))
    if abs(now - int(parts['t'])) > 300:
        return False
    expected = hmac.new(secret.encode(), f'{parts["t"]}.'.encode() + body, hashlib.sha256).hexdigest()
    marks = [mark.removeprefix('v1=') for mark in header.split(',')[1:]]
    return any(hmac.compare_digest(expected, mark) for mark in marks)


def _handler(receiver_: Receiver):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))
            receiver_.attempts += 1
            genuine = is_genuine(receiver_.secret, self.headers['X-Exchange-Signature'], body, time.time())
            if not genuine:
                receiver_.forged += 1
            if receiver_.mood == 'slow':
                time.sleep(2.5)
            status = {'trouble': 500, 'away': 302}.get(receiver_.mood, 200) if genuine else 401
            if status == 200:
                receiver_.messages.append(json.loads(body))
            self.send_response(status)
            if status == 302:
                self.send_header('Location', 'http://127.0.0.1:1/')
            self.send_header('Content-Length', '0')
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    return Handler
