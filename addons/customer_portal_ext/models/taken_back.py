"""Work out what would happen, and take everything back."""

from collections.abc import Iterator
from contextlib import contextmanager

from odoo.api import Environment

UNTOLD = {
    'tracking_disable': True, 'mail_create_nolog': True, 'mail_create_nosubscribe': True,
    'service_without_analytics': True,
}
"""The context of what is taken back at once: it needs no history and no cost centres."""


class _TakenBack(Exception):
    """Leaves the savepoint, so that nothing of it stays."""


@contextmanager
def taken_back(env: Environment) -> Iterator[None]:
    """Take back what the block writes; its answer has to be plain values. Errors of the block pass."""
    try:
        with env.cr.savepoint():
            yield
            raise _TakenBack
    except _TakenBack:
        env.invalidate_all()
