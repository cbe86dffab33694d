"""The same log note on many invoices: core writes one, its row is copied for the others."""

from __future__ import annotations

from odoo.api import Environment
from odoo.tools.mail import generate_tracking_message_id

from .rows import column_types, insert_rows, next_ids, read_rows


def log_note_on_invoices(env: Environment, move_ids: list[int], body: str) -> None:
    """Log a note on each invoice."""
    if not move_ids:
        return
    note = env['account.move'].browse(move_ids[0])._message_log(body=body)
    env.flush_all()
    row, = read_rows(env.cr, 'mail_message', 'id', note.ids)
    others = move_ids[1:]
    insert_rows(env.cr, 'mail_message', [
        {
            **row, 'id': message_id, 'res_id': move_id,
            'message_id': generate_tracking_message_id(f'{move_id}-account.move'),
        }
        for message_id, move_id in zip(next_ids(env.cr, 'mail_message', len(others)), others, strict=True)
    ], column_types(env.cr, 'mail_message'))
