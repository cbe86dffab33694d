"""Webhooks: how a message is signed and checked, and how long to wait after a failure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import timedelta

TOLERANCE = 300
"""Seconds by which the clocks of sender and receiver may differ."""
WAITS = (1, 2, 5, 15, 60, 180, 360, 720)
"""Minutes to wait after each failure; the last one repeats."""


def signature(secrets: Iterable[str], timestamp: int, body: bytes) -> str:
    """Return the header that proves origin and age of a message: one mark for each valid secret.

    >>> signature(['s'], 1767225600, b'{}')[:20]
    't=1767225600,v1=ba91'
    """
    marks = ','.join(f'v1={_mark(secret, timestamp, body)}' for secret in secrets)
    return f't={timestamp},{marks}'


def is_genuine(secret: str, header: str, body: bytes, now: int, tolerance: int = TOLERANCE) -> bool:
    """Tell whether a message was signed with the secret, not longer ago than the tolerance; what receivers do.

    >>> is_genuine('s', signature(['old', 's'], 100, b'{}'), b'{}', now=160)
    True
    """
    parts = [part.split('=', 1) for part in header.split(',') if '=' in part]
    stamps = [value for name, value in parts if name == 't']
    if len(stamps) != 1 or not re.fullmatch(r'\d{1,12}', stamps[0]) or abs(now - int(stamps[0])) > tolerance:
        return False
    expected = _mark(secret, int(stamps[0]), body).encode()
    return any(hmac.compare_digest(expected, value.encode()) for name, value in parts if name == 'v1')


def wait_after(attempt: int) -> timedelta:
    """Return how long to wait after the n-th failure.

    >>> wait_after(1), wait_after(99)
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=43200))
    """
    return timedelta(minutes=WAITS[min(attempt, len(WAITS)) - 1])


def _mark(secret: str, timestamp: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f'{timestamp}.'.encode() + body, hashlib.sha256).hexdigest()
