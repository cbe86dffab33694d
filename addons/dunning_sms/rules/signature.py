"""The signature on a gateway's calls: HMAC-SHA256 over time and raw body, old and new secret while they change."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE = 300
"""Seconds by which the time of a call may differ from ours."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a call, in hexadecimal digits.

    >>> len(sign('secret', '1773136800', b'{}'))
    64
    """
    return hmac.new(secret.encode(), timestamp.encode() + b'.' + body, hashlib.sha256).hexdigest()


def is_genuine(secrets: Iterable[str], timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Tell whether a call is signed with one of the secrets and of this moment; without secrets none is.

    >>> stamp = '1773136800'
    >>> is_genuine(['new', 'old'], stamp, b'{}', sign('old', stamp, b'{}'), 1773136900)
    True
    >>> is_genuine([], stamp, b'{}', sign('', stamp, b'{}'), 1773136900)
    False
    >>> is_genuine(['new'], stamp, b'{}', 'ñ', 1773136900)
    False
    """
    timestamp = timestamp.strip()
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 15):
        return False
    if abs(now - int(timestamp)) > TOLERANCE:
        return False
    given = signature.strip().removeprefix('sha256=').encode('utf-8', 'replace')
    return any(
        hmac.compare_digest(sign(secret, timestamp, body).encode(), given) for secret in secrets if secret
    )
