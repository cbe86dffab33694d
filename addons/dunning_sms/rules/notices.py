"""The states of a notice, and how they follow from the states of its messages."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import TransitionError

SOURCES: dict[str, tuple[str, ...]] = {
    'planned': (),
    'sent': ('planned', 'failed'),
    'failed': ('planned', 'sent'),
    'cancelled': ('planned', 'failed'),
}


def check_transition(source: str, target: str) -> None:
    """Raise TransitionError unless a notice may go from `source` to `target`.

    >>> check_transition('planned', 'sent')
    """
    if source not in SOURCES.get(target, ()):
        raise TransitionError(f'A notice cannot go from {source} to {target}')


def state_of(deliveries: Iterable[str]) -> str | None:
    """Return the state of a notice from those of its messages; None while nothing is decided.

    >>> state_of(['failed', 'sent']), state_of(['failed', 'cancelled']), state_of(['failed', 'queued'])
    ('sent', 'failed', None)
    """
    states = set(deliveries)
    if states & {'sent', 'delivered'}:
        return 'sent'
    if states & {'queued', 'sending', 'unclear'}:
        return None
    return 'failed' if 'failed' in states else None
