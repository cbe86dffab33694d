"""Invoice numbers in blocks: one writer per journal at a time, no gap, no number twice.

Core finds the next free number by trying, one savepoint a number. Several workers on one journal would
try each other's numbers, so they queue at an advisory lock that ends with their transaction. What the
others wrote is read on a cursor opened *after* the lock was granted: the transaction itself still sees
the database as it was when it began.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from odoo.api import Environment

LOCK_CLASS = 19_0_0_1
"""First key of the advisory lock; the second is the journal."""


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """A run of numbers in one series; `first` is not taken yet."""

    format_string: str
    format_values: dict[str, object]
    first: int
    prefix: str

    def name(self, offset: int) -> str:
        return self.format_string.format(**self.format_values, seq=self.first + offset)


def lock_journals(env: Environment, journal_ids: set[int]) -> None:
    """Wait until no other run writes to these journals; released by commit or rollback."""
    for journal_id in sorted(journal_ids):
        env.cr.execute('SELECT pg_advisory_xact_lock(%s, %s)', (LOCK_CLASS, journal_id))


def next_block(env: Environment, journal_id: int, invoice_date: date) -> NumberBlock:
    """Return the series of customer invoices of that journal and date, and its next free number."""
    probe = env['account.move'].new({'journal_id': journal_id, 'move_type': 'out_invoice', 'date': invoice_date})
    format_string, format_values = probe._get_next_sequence_format()
    last = format_values.pop('seq')
    prefix = _prefix(env, format_string.format(**format_values, seq=last + 1))
    return NumberBlock(format_string, format_values, max(last, _last_committed(env, journal_id, prefix)) + 1, prefix)


def _last_committed(env: Environment, journal_id: int, prefix: str) -> int:
    """Return the highest number of a series as other transactions left it by now."""
    with env.registry.cursor() as fresh_cr:
        fresh_cr.execute(
            'SELECT COALESCE(MAX(sequence_number), 0) FROM account_move WHERE journal_id = %s AND sequence_prefix = %s',
            (journal_id, prefix),
        )
        return fresh_cr.fetchone()[0]


def _prefix(env: Environment, name: str) -> str:
    move = env['account.move']
    regex = move._make_regex_non_capturing(move._sequence_fixed_regex.replace(r'?P<seq>', ''))
    return name[:re.match(regex, name).start(1)]


def seed_numbers(env: Environment, moves) -> None:
    """Tell core where each series stands now, so that posting under the lock need not try number by number."""
    cache = env['account.move']._get_sequence_cache()
    for journal_id, invoice_date in {(move.journal_id.id, move.date) for move in moves}:
        block = next_block(env, journal_id, invoice_date)
        key = block.format_string.format(**block.format_values, seq=0), env['account.journal'].browse(journal_id)
        cache.setdefault(key, block.first - 1)
