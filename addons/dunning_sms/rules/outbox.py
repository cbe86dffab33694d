"""The states of a message on its way, what an answer of a gateway means, and when a message is tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import TransitionError

SOURCES: dict[str, tuple[str, ...]] = {
    'queued': ('sending', 'unclear'),
    'sending': ('queued',),
    'sent': ('sending', 'unclear'),
    'delivered': ('sending', 'sent', 'unclear', 'failed'),
    'failed': ('queued', 'sending', 'sent', 'unclear'),
    'unclear': ('sending', 'queued'),
    'cancelled': ('queued',),
}
REACHED = frozenset({'sending', 'sent', 'delivered', 'unclear'})
"""States in which a message reached the customer, or may have."""
BACKOFF = (300, 1800, 7200, 43200)
"""Seconds until the second, third, ... try."""
LONGEST_WAIT = 43200
RETRIED = frozenset({401, 402, 403, 404, 407, 408, 423, 425, 429})
"""Answers that refuse the call itself, not this message: it was surely not accepted and may be tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call: `accepted`, `refused` for good, `later` (surely not accepted) or `unclear`."""

    kind: str
    reason: str = ''
    reference: str = ''
    wait: int | None = None
    state: str = ''


@dataclass(frozen=True, slots=True)
class Move:
    """The state a message takes, and in how many seconds it is looked at again."""

    state: str
    wait: int | None = None


def check_transition(source: str, target: str) -> None:
    """Raise TransitionError unless a message may go from `source` to `target`.

    >>> check_transition('sending', 'sent')
    """
    if source not in SOURCES.get(target, ()):
        raise TransitionError(f'A message cannot go from {source} to {target}')


def after_call(outcome: Outcome, attempt: int, tries: int = len(BACKOFF) + 1) -> Move:
    """Return what a message becomes after its `attempt`-th call.

    >>> after_call(Outcome('later'), 1)
    Move(state='queued', wait=300)
    >>> after_call(Outcome('later', wait=40), 2)
    Move(state='queued', wait=1800)
    >>> after_call(Outcome('later'), 5).state, after_call(Outcome('unclear'), 1).state
    ('failed', 'unclear')
    """
    if outcome.kind == 'accepted':
        return Move(outcome.state or 'sent')
    if outcome.kind == 'refused':
        return Move('failed')
    if outcome.kind == 'unclear':
        return Move('unclear', BACKOFF[0])
    if attempt >= tries:
        return Move('failed')
    pause = BACKOFF[min(attempt, len(BACKOFF)) - 1]
    return Move('queued', max(pause, outcome.wait or 0))


def after_report(source: str, reported: str) -> str | None:
    """Return the state after a delivery report; None if it changes nothing, as for one that comes late or twice.

    >>> after_report('delivered', 'failed'), after_report('sent', 'delivered'), after_report('sending', 'sent')
    (None, 'delivered', 'sent')
    """
    if source == reported or source not in SOURCES.get(reported, ()) or source == 'queued':
        return None
    return reported


def after_lease(was_called: bool) -> str:
    """Return what a message becomes whose sender died: without a call it is queued again, else nobody knows.

    >>> after_lease(False), after_lease(True)
    ('queued', 'unclear')
    """
    return 'unclear' if was_called else 'queued'


def http_outcome(
    status: int, readable: bool, reference: str = '', retry_after: str | None = None,
    now: datetime | None = None, not_accepted: Collection[int] = (), reason: str = '',
) -> Outcome:
    """Return what the answer of an HTTP gateway means.

    :param readable: whether the body could be read and says that the message was taken.
    :param not_accepted: codes of this gateway, 500 and more, that say nothing was accepted.

    >>> http_outcome(200, True, 'm1').kind, http_outcome(200, False).kind, http_outcome(502, False).kind
    ('accepted', 'unclear', 'unclear')
    >>> http_outcome(429, False, retry_after='120').wait, http_outcome(422, False).kind
    (120, 'refused')
    """
    reason = reason or f'HTTP {status}'
    wait = seconds_to_wait(retry_after, now)
    if 200 <= status < 300:
        return Outcome('accepted', '', reference) if readable else Outcome('unclear', reason)
    if status in RETRIED or status in not_accepted or (status == 503 and wait is not None):
        return Outcome('later', reason, wait=wait)
    if 300 <= status < 500:
        return Outcome('refused', reason)
    return Outcome('unclear', reason)


def seconds_to_wait(text: str | None, now: datetime | None = None) -> int | None:
    """Read a Retry-After header, seconds or a date, between one second and twelve hours; None if it says nothing.

    >>> seconds_to_wait('120'), seconds_to_wait('1000000000'), seconds_to_wait('soon'), seconds_to_wait('-5')
    (120, 43200, None, 1)
    >>> seconds_to_wait('Tue, 10 Mar 2026 10:01:00 GMT', datetime(2026, 3, 10, 10))
    60
    """
    text = (text or '').strip()[:64]
    if not text:
        return None
    if text.lstrip('-').isascii() and text.lstrip('-').isdigit():
        return min(max(int(text), 1), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if now is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment - (now if now.tzinfo else now.replace(tzinfo=UTC))).total_seconds()
    return int(min(max(seconds, 1), LONGEST_WAIT))


def smtp_outcome(code: int | None, was_connected: bool, was_handed_over: bool) -> Outcome:
    """Return what a failed delivery by SMTP means; a message that may have been taken is unclear.

    >>> smtp_outcome(None, False, False).kind, smtp_outcome(450, True, True).kind, smtp_outcome(550, True, True).kind
    ('later', 'later', 'refused')
    >>> smtp_outcome(None, True, True).kind
    'unclear'
    """
    reason = f'SMTP {code}' if code else 'no answer'
    if not was_connected or (code and 400 <= code < 500):
        return Outcome('later', reason)
    if code and code >= 500:
        return Outcome('refused', reason)
    return Outcome('unclear' if was_handed_over else 'later', reason)
