"""A gateway for text messages that is spoken to by HTTP, as its settings describe; no Odoo in here.

What comes back is judged by ``rules.outbox``: accepted, refused, surely not accepted, or unclear.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from ..rules.outbox import Outcome, http_outcome
from ..rules.wording import filled

TIMEOUT = (3, 10)
"""Seconds to connect, and between two pieces of an answer."""
DEADLINE = 15
"""Seconds for a whole answer, however slowly it drips."""
LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Settings:
    """How a provider is called and how its answers are read. Paths are like `messages.0.id`."""

    url: str
    method: str = 'POST'
    headers: Mapping[str, str] = field(default_factory=dict)
    body_format: str = 'json'
    body: str = ''
    user: str = ''
    password: str = ''
    reference_path: str = ''
    state_path: str = ''
    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    not_accepted_codes: frozenset[int] = frozenset()
    status_url: str = ''
    status_path: str = ''
    states: Mapping[str, str] = field(default_factory=dict)


class HttpGateway:
    """Sends one message at a time, and asks what became of one."""

    def __init__(self, settings: Settings, values: Mapping[str, str] | None = None, session=None):
        """`values` are texts for placeholders beside {number}, {text} and {reference}, such as {sender}."""
        self.settings, self.values = settings, dict(values or {})
        self.session = session or requests.Session()

    def send(self, number: str, text: str, reference: str) -> Outcome:
        """Hand a message over and return what became of it; never raises for what the network does."""
        values = {**self.values, 'number': number, 'digits': number.lstrip('+'), 'text': text, 'reference': reference}
        try:
            status, body, retry_after = self._call(
                self.settings.method, self.settings.url, values, self.settings.body,
            )
        except requests.exceptions.ConnectTimeout as error:
            return Outcome('later', _name(error))
        except requests.exceptions.ConnectionError as error:
            return Outcome('later' if _never_connected(error) else 'unclear', _name(error))
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema,
                requests.exceptions.InvalidSchema, requests.exceptions.InvalidHeader) as error:
            return Outcome('later', _name(error))
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            return Outcome('unclear', _name(error))
        return self._judge(status, body, retry_after)

    def ask(self, reference: str, provider_reference: str = '') -> Outcome:
        """Ask what became of a message whose outcome is unclear.

        A provider that does not know the reference (404) never took the message: it may be sent again.
        """
        if not self.settings.status_url:
            return Outcome('unclear', 'no status query')
        values = {**self.values, 'reference': reference, 'provider_reference': provider_reference}
        try:
            status, body, _retry_after = self._call('GET', self.settings.status_url, values)
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            return Outcome('unclear', _name(error))
        if status == 404:
            return Outcome('later', 'unknown to the gateway')
        state = self.settings.states.get(str(read_path(body, self.settings.status_path)).lower())
        found = str(read_path(body, self.settings.reference_path) or '')
        if status >= 300 or not state:
            return Outcome('unclear', f'HTTP {status}')
        return Outcome('refused', 'failed at the gateway', found) if state == 'failed' else Outcome(
            'accepted', '', found, state=state)

    def _judge(self, status: int, body: Any, retry_after: str | None) -> Outcome:
        settings = self.settings
        reference = str(read_path(body, settings.reference_path) or '') if settings.reference_path else ''
        said = str(read_path(body, settings.state_path) or '').lower() if settings.state_path else ''
        if said and said in settings.refused:
            return Outcome('refused', said, reference)
        readable = body is not None
        if settings.reference_path and not reference:
            readable = False
        if settings.accepted and said not in settings.accepted:
            readable = False
        return http_outcome(
            status, readable, reference, retry_after, datetime.now(UTC), settings.not_accepted_codes,
            f'HTTP {status} {said}'.strip(),
        )

    def _call(self, method: str, url: str, values: Mapping[str, str], body: str = '') -> tuple[int, Any, str | None]:
        """Return status, the answer read as JSON or text (None if it is neither), and Retry-After."""
        settings = self.settings
        sent = {}
        if body:
            content = fill_json(body, values)
            sent = {'json': content} if settings.body_format == 'json' else {'data': content}
        started = time.monotonic()
        with self.session.request(
            method, filled(url, values, lambda value: quote(str(value), safe='')),
            headers={name: filled(value, values, _header) for name, value in settings.headers.items()},
            auth=(settings.user, settings.password) if settings.user else None,
            timeout=TIMEOUT, allow_redirects=False, stream=True, **sent,
        ) as answer:
            content = b''
            for piece in answer.iter_content(4096):
                content += piece
                if len(content) > LONGEST_ANSWER or time.monotonic() - started > DEADLINE:
                    return answer.status_code, None, answer.headers.get('Retry-After')
        return answer.status_code, _read(content), answer.headers.get('Retry-After')


def fill_json(template: str, values: Mapping[str, str]) -> Any:
    """Return a JSON template with the placeholders in its texts filled, so that no value can change its form.

    >>> fill_json('{"to": "{number}", "text": "{text}"}', {'number': '+57', 'text': 'a "b"'})
    {'to': '+57', 'text': 'a "b"'}
    """
    def fill(part: Any) -> Any:
        if isinstance(part, str):
            return filled(part, values)
        if isinstance(part, list):
            return [fill(item) for item in part]
        return {key: fill(value) for key, value in part.items()} if isinstance(part, dict) else part

    return fill(json.loads(template))


def read_path(body: Any, path: str) -> Any:
    """Return what stands at a path such as `messages.0.id`; None if it is not there.

    >>> read_path({'messages': [{'id': 7}]}, 'messages.0.id'), read_path({'messages': []}, 'messages.0.id')
    (7, None)
    """
    for name in filter(None, (path or '').split('.')):
        if isinstance(body, dict):
            body = body.get(name)
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return None
    return body if isinstance(body, str | int | float | bool) else None


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        return None
    except ValueError:
        text = content.decode('utf-8', 'replace').strip()
        return None if not text or text.startswith('<') else text


def _header(value: str) -> str:
    return ' '.join(str(value).split())


def _never_connected(error: Exception) -> bool:
    """Tell whether the connection was refused or never came about, so that nothing can have been accepted."""
    return any(word in repr(error) for word in (
        'NewConnectionError', 'NameResolutionError', 'ConnectTimeoutError', 'Connection refused', 'SSLError',
    ))


def _name(error: Exception) -> str:
    return type(error).__name__


