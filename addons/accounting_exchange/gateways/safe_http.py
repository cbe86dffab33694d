"""HTTPS to addresses that people typed in: never into the own network, never elsewhere than was looked up.

The name is resolved once, every address it has is checked, and the connection goes to the checked address. A setting
of the server's administrator lets private addresses and plain HTTP through, for tests and for systems next door.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

TIMEOUT = (3, 15)
"""Seconds to connect, and between two bytes of the answer."""
LARGEST_ANSWER = 64 * 1024 * 1024
EXCERPT = 1024
"""Bytes of an answer that are read where only the status counts."""
NAT64 = ipaddress.ip_network('64:ff9b::/96')
ALLOW_PARAMETER = 'accounting_exchange.allow_private_addresses'
AUTHORITY_PARAMETER = 'accounting_exchange.certificate_authorities'


class RefusedAddress(Exception):
    """The address must not be called; `code` tells why."""

    def __init__(self, code: str, host: str = ''):
        super().__init__(code)
        self.code = code
        self.host = host


class TooLarge(Exception):
    """The answer is larger than any file of ours."""


def allows_private(env) -> bool:
    """Tell whether the administrator lets private addresses through."""
    return env['ir.config_parameter'].sudo().get_param(ALLOW_PARAMETER) in ('1', 'True', 'true')  # sudo: one setting


def authorities(env) -> str:
    """Return the PEM file of certificate authorities the administrator trusts beside the public ones, '' for none."""
    return env['ir.config_parameter'].sudo().get_param(AUTHORITY_PARAMETER) or ''  # sudo: one setting


def check_shape(url: str, is_private_allowed: bool) -> None:
    """Refuse an address that could never be called, without a look at the network."""
    parts = urlsplit(url)
    if parts.scheme != 'https' and not (is_private_allowed and parts.scheme == 'http'):
        raise RefusedAddress('scheme', parts.hostname or '')
    if not parts.hostname or parts.username or parts.password:
        raise RefusedAddress('shape', parts.hostname or '')
    if not is_private_allowed and _is_ip(parts.hostname) and not _is_public(parts.hostname):
        raise RefusedAddress('private', parts.hostname)


def call(
    method: str, url: str, is_private_allowed: bool, timeout=TIMEOUT, limit: int = LARGEST_ANSWER, trusted: str = '',
    is_excerpt: bool = False, **values,
):
    """Send one request and return status and body; redirects are not followed.

    :param is_excerpt: the status counts; only the beginning of the body is read, within the seconds of the timeout.
    :param trusted: a PEM file of authorities that count beside the public ones. No setting of the environment does.

    Raises RefusedAddress, TooLarge or requests.RequestException.
    """
    check_shape(url, is_private_allowed)
    parts = urlsplit(url)
    address = _resolve(parts.hostname, parts.port or (443 if parts.scheme == 'https' else 80), is_private_allowed)
    with requests.Session() as session:
        session.trust_env = False
        session.mount(f'{parts.scheme}://', _PinnedAdapter(parts.hostname, address, parts.scheme, trusted))
        answer = session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **values)
        with answer:
            return answer.status_code, _excerpt(answer, timeout[1]) if is_excerpt else _body(answer, limit)


def _body(answer, limit: int) -> bytes:
    parts, size = [], 0
    for part in answer.iter_content(64 * 1024):
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
    return b''.join(parts)


def _excerpt(answer, seconds: float) -> bytes:
    """Return the beginning of a body; whoever sends it byte by byte, or without end, holds up nobody."""
    found, end = b'', time.monotonic() + seconds
    try:
        for part in answer.iter_content(1):
            found += part
            if len(found) >= EXCERPT or time.monotonic() > end:
                break
    except requests.RequestException:
        pass  # the status is known
    return found


def _resolve(host: str, port: int, is_private_allowed: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise requests.ConnectionError(f'{host} has no address') from error
    addresses = [entry[4][0] for entry in found]
    if not is_private_allowed and not all(map(_is_public, addresses)):
        raise RefusedAddress('private', host)
    return addresses[0]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.split('%')[0])
    found = _inner(found) or found
    return found.is_global and not found.is_multicast


def _inner(address):
    """Return the IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), if it does."""
    if address.version == 4:
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class _PinnedAdapter(HTTPAdapter):
    """Connects to one checked address, and shows the name that was asked for to TLS and to the server."""

    def __init__(self, host: str, address: str, scheme: str, trusted: str = ''):
        self._host, self._address, self._scheme, self._trusted = host, address, scheme, trusted
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        if self._scheme == 'https':
            kwargs |= {'server_hostname': self._host, 'assert_hostname': self._host}
            if self._trusted:
                kwargs['ssl_context'] = create_urllib3_context()
                kwargs['ssl_context'].load_verify_locations(self._trusted)
        super().init_poolmanager(*args, **kwargs)

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        address = f'[{self._address}]' if ':' in self._address else self._address
        port = f':{parts.port}' if parts.port else ''
        request.headers['Host'] = f'{self._host}{port}'
        request.url = urlunsplit((parts.scheme, address + port, parts.path, parts.query, ''))
        return super().send(request, **kwargs)
