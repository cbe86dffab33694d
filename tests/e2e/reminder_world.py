"""A company that reminds: customers with overdue invoices, a fake SMS provider and a fake mail server."""

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.e2e.forks import Fork, Forks, forked_odoo
from tests.e2e.processes import cloned_database, psql

SEED = """
import datetime
from odoo.fields import Command
company = env.company
gateway = env['dunning.gateway'].create({{
    'name': 'Fake', 'kind': 'http', 'url': '{sms}/send', 'reference_path': 'id', 'report_secret': 'secret',
    'status_url': '{sms}/status/{{reference}}',
}})
company.write({{
    'dunning_is_active': True, 'dunning_hour': 0, 'dunning_contact_rule_id': False, 'email': 'us@example.com',
    'dunning_gateway_id': gateway.id,
}})
env['ir.mail_server'].create({{
    'name': 'Fake', 'smtp_host': '127.0.0.1', 'smtp_port': {smtp}, 'smtp_encryption': 'none',
}})
product = env['product.product'].create({{'name': 'Service', 'type': 'service', 'taxes_id': [Command.clear()]}})
partners = env['res.partner'].create([
    {{'name': f'C{{n}}', 'phone': f'+57 300 {{1000000 + n}}' if n % 2 else False,
      'email': False if n % 2 else f'c{{n}}@example.com'}}
    for n in range({customers})
])
due = datetime.date.today() - datetime.timedelta(days=4)
moves = env['account.move'].create([
    {{'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_date': due, 'invoice_date_due': due,
      'invoice_payment_term_id': False,
      'invoice_line_ids': [Command.create({{'product_id': product.id, 'price_unit': 100, 'tax_ids': False}})]}}
    for partner in partners
])
moves.action_post()
env['ir.cron'].search([]).active = False
env.cr.commit()
"""
SMALL_BATCHES = """
from odoo.addons.dunning_sms.models import dunning_run, dunning_sender
dunning_run.BATCH = 5
dunning_sender.BATCH = 6
"""
PLAN = SMALL_BATCHES + "env['dunning.run']._cron_run()\n"
SEND = SMALL_BATCHES + """
import odoo.addons.base.models.ir_mail_server as servers
servers.SMTP_TIMEOUT = 2
env['dunning.sender']._cron_send()
"""
ASK = SMALL_BATCHES + "env['dunning.sender']._cron_ask()\n"
LATER = """
UPDATE dunning_delivery SET next_try_at = now() AT TIME ZONE 'UTC' WHERE state IN ('queued', 'unclear');
UPDATE dunning_delivery SET lease_until = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE state = 'sending'
"""
WAITING = """
SELECT 1 FROM dunning_delivery
 WHERE state IN ('queued', 'sending') OR (state = 'unclear' AND next_try_at IS NOT NULL)
"""
"""What the jobs still have in hand: a message in doubt waits to be asked for."""


@dataclass
class Provider:
    """A fake SMS provider: what it accepted, how it behaves (`ok`, `silent`, `broken`, `busy`) and how slow it is."""

    mode: str = 'ok'
    seconds: float = 0.0
    accepted: list[dict] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ''

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path.startswith('/status/'):
            known = any(message['reference'] == path.rsplit('/', 1)[1] for message in self.accepted)
            return (200, b'{"status": "sent"}') if known else (404, b'{}')
        time.sleep(self.seconds)
        if self.mode == 'busy':
            return 429, b''
        with self.lock:
            self.accepted.append(json.loads(body))
            number = len(self.accepted)
        if self.mode == 'broken':
            return 502, b'<html>Bad Gateway</html>'
        return 200, json.dumps({'id': f'P{number}'}).encode()


@dataclass
class Mailbox:
    """A fake mail server: what it took, and how it behaves (`ok`, `refuse`, `hang`, `temporary`, `drop`)."""

    mode: str = 'ok'
    seconds: float = 0.0
    taken: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0


@dataclass
class World:
    database: str
    forks: Forks
    provider: Provider
    mailbox: Mailbox

    def plan(self) -> None:
        self.forks.run(PLAN)

    def start(self, code: str = SEND) -> Fork:
        return self.forks.start(code)

    def send(self) -> None:
        self.forks.run(SEND)

    def wait_for_claim(self, child: Fork) -> None:
        """Wait until a sender has messages in its hands, or is at its end: a kill before that would show nothing."""
        while child.poll() is None:
            if psql(self.database, "SELECT 1 FROM dunning_delivery WHERE state = 'sending' LIMIT 1"):
                return
            time.sleep(0.01)

    def later(self) -> None:
        """Let all pauses and leases be over."""
        for statement in LATER.split(';'):
            psql(self.database, statement)

    def finish(self) -> None:
        """Send and ask until nothing is left to do."""
        for _time in range(12):
            self.later()
            self.send()
            self.later()
            self.forks.run(ASK)
            if not psql(self.database, WAITING):
                return

    def states(self, channel: str) -> dict[str, int]:
        return dict(psql(
            self.database, 'SELECT state, count(*) FROM dunning_delivery WHERE channel = %s GROUP BY 1', channel))


@contextmanager
def reminder_world(template: str, customers: int = 40) -> Iterator[World]:
    """A clone with overdue customers, half with a phone and half with e-mail, and fakes for the outside."""
    with cloned_database(template) as name, fake_provider() as provider, fake_mailbox() as mailbox, \
            forked_odoo(name) as forks:
        forks.run(SEED.format(customers=customers, sms=provider.url, smtp=mailbox.port))
        yield World(name, forks, provider, mailbox)


@contextmanager
def fake_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
            if provider.mode == 'silent' and self.path == '/send':
                provider.answer(self.path, body)
                self.connection.close()  # taken, and no answer
                return
            status, answer = provider.answer(self.path, body)
            with suppress(BrokenPipeError, ConnectionResetError):  # a client that was killed hears no answer
                self.send_response(status)
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    provider.url = f'http://127.0.0.1:{server.server_port}'
    with _served(server):
        yield provider


class MailHandler(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as a client needs, or breaks off, as the mailbox says."""

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b'\r\n')

    def handle(self):
        with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
            self.converse()

    def converse(self) -> None:
        mode = self.server.mailbox.mode
        if mode in ('refuse', 'hang'):
            time.sleep(4 if mode == 'hang' else 0)
            return
        self.say('220 fake')
        for line in self.rfile:
            word = line.split(b' ')[0].strip().upper()
            if word == b'QUIT' or (word == b'DATA' and self.take()):
                return
            if word != b'DATA':
                self.say('450 later' if word == b'RCPT' and mode == 'temporary' else '250 fake')

    def take(self) -> bool:
        """Take a message; return whether the connection breaks without an answer."""
        mailbox = self.server.mailbox
        self.say('354 go on')
        lines = []
        for line in self.rfile:
            if line == b'.\r\n':
                break
            lines.append(line.decode('utf-8', 'replace').strip())
        else:
            return True  # the client died in the middle: nothing was taken
        headers = {line.split(': ')[0].lower(): line.split(': ', 1)[1] for line in lines if ': ' in line}
        time.sleep(mailbox.seconds)
        mailbox.taken.append((headers.get('to', ''), headers.get('message-id', '')))
        if mailbox.mode != 'drop':
            self.say('250 taken')
        return mailbox.mode == 'drop'


@contextmanager
def fake_mailbox() -> Iterator[Mailbox]:
    server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), MailHandler)
    server.daemon_threads = True
    server.mailbox = Mailbox(port=server.server_address[1])
    with _served(server):
        yield server.mailbox


@contextmanager
def _served(server) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
