"""An HTTPS server on loopback with a certificate of its own authority, as a company's own systems have it."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass
class TlsServer:
    """Answers GET with `file` and keeps what is handed to it; `authority` is the PEM file that vouches for it."""

    authority: Path
    host: str = 'localhost'
    port: int = 0
    file: bytes = b''
    taken: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f'https://{self.host}:{self.port}/file.csv'


@contextmanager
def tls_server(folder: Path, name: str = 'localhost', valid_days: int = 1) -> Iterator[TlsServer]:
    """Serve with a certificate for a name, one that ended if `valid_days` is negative."""
    key, authority = _certificate('Test Authority', None, 30)
    own_key, own = _certificate(name, (key, authority), valid_days)
    made = TlsServer(_written(folder / 'authority.pem', authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_written(folder / 'server.pem', own, own_key))
    server = _Quiet(('127.0.0.1', 0), _handler(made))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(ThreadingHTTPServer):
    """A client that refuses the certificate breaks off, which is no error here."""

    def handle_error(self, _request, _client_address):
        """Say nothing."""


def _handler(made: TlsServer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(made.file)

        def do_POST(self):
            made.taken.append(self.rfile.read(int(self.headers.get('Content-Length') or 0)))
            self.answer(b'')

        do_PUT = do_POST

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Say nothing."""

    return Handler


def _certificate(name: str, issuer: tuple | None, days: int) -> tuple:
    """Return a key and a certificate, signed by the issuer (key, certificate) or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
        .issuer_name(issuer[1].subject if issuer else subject).serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY).not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), critical=True)
    )
    if issuer:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def _written(path: Path, certificate, key=None) -> Path:
    text = certificate.public_bytes(serialization.Encoding.PEM)
    if key:
        text += key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(text)
    return path
