"""Financing by others: the states an application goes through, what a provider answers, and signed messages."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

SIGNED_SECONDS = 300
"""How old, or how far ahead, a signed message may be."""

MOVES = {
    'queued': {'sent', 'cancelled'},
    'sent': {'unknown', 'pending', 'approved', 'declined'},
    'unknown': {'queued', 'pending', 'approved', 'declined'},
    'pending': {'approved', 'declined'},
    'approved': {'paid', 'cancelled'},
    'paid': {'cancelled'},
    'declined': set(),
    'cancelled': set(),
}
"""The states an application may go to from each state; whatever says the same twice changes nothing."""
OPEN_STATES = ('queued', 'sent', 'unknown', 'pending')
GRANTED_STATES = ('approved', 'paid')


class NoAnswer(Exception):
    """The provider did not answer in time: it may have received what was sent, so it is asked, never sent twice."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says of an application: pending, approved, declined, or missing when it never got it."""

    state: str
    provider_ref: str = ''
    reason: str = ''


def may_move(source: str, target: str) -> bool:
    """Tell whether an application may change its state so.

    >>> may_move('unknown', 'approved'), may_move('declined', 'approved')
    (True, False)
    """
    return target in MOVES[source]


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over timestamp and body, in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b'.' + body, hashlib.sha256).hexdigest()


def is_genuine(secret: str, timestamp: str, body: bytes, signature: str, now: int) -> bool:
    """Tell whether a message was signed with the secret, a short while ago; never raises for what strangers send.

    >>> is_genuine('s', '100', b'{}', sign('s', '100', b'{}'), 120)
    True
    >>> is_genuine('', '100', b'{}', sign('', '100', b'{}'), 120)
    False
    """
    if not secret or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    expected = sign(secret, timestamp, body).encode()
    is_signed = hmac.compare_digest(expected, signature.encode(errors='replace'))
    return is_signed and abs(now - int(timestamp)) <= SIGNED_SECONDS
