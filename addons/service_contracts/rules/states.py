"""The one gate of a contract's state: from which state each state may be reached."""

from __future__ import annotations

from .errors import TransitionError

STATES = ('draft', 'active', 'suspended', 'ended', 'removed')
SOURCES: dict[str, tuple[str, ...]] = {
    'draft': (),
    'active': ('draft', 'suspended', 'ended'),
    'suspended': ('active',),
    'ended': ('active', 'suspended'),
    'removed': ('draft', 'active', 'suspended', 'ended'),
}


def allowed_sources(target: str) -> tuple[str, ...]:
    """Return the states from which `target` may be reached, none for an unknown target.

    >>> allowed_sources('suspended')
    ('active',)
    """
    return SOURCES.get(target, ())


def check_transition(source: str, target: str) -> None:
    """Raise TransitionError, naming both states, unless `target` may be reached from `source`.

    >>> check_transition('draft', 'active')
    """
    if source not in allowed_sources(target):
        raise TransitionError(f'A contract cannot go from {source} to {target}')
