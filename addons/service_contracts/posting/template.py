"""Invoices that core itself made and posted, kept as rows and undone: the mould of the fast way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from odoo.api import Environment
from odoo.fields import Command
from odoo.tools import SQL

from .draft import InvoiceDraft
from .rows import Row, read_rows

LINE_RELATIONS = {
    'account_move_line_account_tax_rel': 'account_move_line_id',
    'account_account_tag_account_move_line_rel': 'account_move_line_id',
}
"""Many-to-many tables of an invoice line that are copied with it."""

QUIET = {
    'tracking_disable': True,
    'mail_create_nolog': True,
    'mail_notrack': True,
    'mail_create_nosubscribe': True,
}
"""Context of every invoice a run makes: its chatter gets one message of our own."""


@dataclass(frozen=True, slots=True)
class InvoiceRows:
    """What one invoice is in the database."""

    move: Row
    lines: list[Row]
    relations: dict[str, list[Row]]


def move_vals(draft: InvoiceDraft) -> dict:
    """Return the values from which core makes the invoice of a draft."""
    return {**draft.vals, 'invoice_line_ids': [Command.create(item.vals) for item in draft.items]}


def core_made_rows(env: Environment, drafts: list[InvoiceDraft]) -> list[InvoiceRows | None]:
    """Return the rows core makes of each draft; nothing of it stays in the database.

    None stands for an invoice that is more than the rows known here, so that it cannot be copied.
    The invoices get numbers outside any series: no other poster waits for them.
    """
    with undone(env):
        vals_list = [{**move_vals(draft), 'name': f'MOULD{index}'} for index, draft in enumerate(drafts)]
        moves = env['account.move'].with_context(**QUIET).create(vals_list)
        moves._post(soft=False)
        env.flush_all()
        rows = [_read_invoice(env, move_id) for move_id in moves.ids]
    return rows


def _read_invoice(env: Environment, move_id: int) -> InvoiceRows | None:
    move, = read_rows(env.cr, 'account_move', 'id', [move_id])
    lines = read_rows(env.cr, 'account_move_line', 'move_id', [move_id])
    line_ids = [line['id'] for line in lines]
    if _has_other_rows(env, move_id, line_ids):
        return None
    relations = {
        table: read_rows(env.cr, table, column, line_ids) for table, column in LINE_RELATIONS.items()
    }
    return InvoiceRows(move, lines, relations)


def _has_other_rows(env: Environment, move_id: int, line_ids: list[int]) -> bool:
    """Tell whether rows of further tables belong to the invoice: analytic items, follow-up of other modules."""
    checks = [
        SQL('EXISTS (SELECT 1 FROM %s WHERE %s = ANY(%s))', SQL.identifier(table), SQL.identifier(column),
            [move_id] if target == 'account_move' else line_ids)
        for table, column, target in _referring_columns(env)
    ]
    checks += [
        SQL("EXISTS (SELECT 1 FROM %s WHERE res_model = 'account.move' AND res_id = %s)", table, move_id)
        for table in (SQL.identifier('mail_followers'), SQL.identifier('mail_activity'))
    ]
    env.cr.execute(SQL('SELECT %s', SQL(' OR ').join(checks)))
    return env.cr.fetchone()[0]


def _referring_columns(env: Environment) -> list[tuple[str, str, str]]:
    """Return (table, column, target) of the foreign keys to invoices and their lines from other tables."""
    env.cr.execute("""
        SELECT source.relname, attname, target.relname
          FROM pg_constraint c
          JOIN pg_class source ON source.oid = c.conrelid
          JOIN pg_class target ON target.oid = c.confrelid
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f'
           AND target.relname IN ('account_move', 'account_move_line')
           AND source.relname NOT IN ('account_move', 'account_move_line')
           AND source.relname <> ALL(%s)
    """, (list(LINE_RELATIONS),))
    return env.cr.fetchall()


@contextmanager
def undone(env: Environment) -> Iterator[None]:
    """Run a block and take back all it did: rows, cache and what it left to do around the commit."""
    cr = env.cr
    env.flush_all()
    hooks = [(callbacks, list(callbacks._funcs), dict(callbacks.data)) for callbacks in (cr.precommit, cr.postcommit)]
    savepoint = cr.savepoint(flush=False)
    try:
        yield
    finally:
        savepoint.close(rollback=True)
        env.invalidate_all(flush=False)
        for callbacks, functions, data in hooks:
            callbacks.clear()
            callbacks._funcs.extend(functions)
            callbacks.data.update(data)
