"""What was handed over: one row for each journal item, so that nothing goes twice."""

from odoo import api, fields, models
from odoo.tools import SQL


class DatevHandover(models.Model):
    _name = 'datev.handover'
    _description = "Journal Item Handed Over to DATEV"
    _log_access = False  # one row for each journal item, never changed but to take it back
    _order = 'id'

    item_key = fields.Integer("Journal item", required=True, readonly=True)
    move_key = fields.Integer("Entry", required=True, readonly=True, index=True)
    file_id = fields.Many2one('datev.export.file', required=True, readonly=True, ondelete='restrict', index=True)
    fingerprint = fields.Char(required=True, readonly=True)
    handed_on = fields.Datetime(required=True, readonly=True)
    is_live = fields.Boolean(readonly=True, help="Not taken back since.")

    _once = models.UniqueIndex("(item_key) WHERE is_live", "The journal item was handed over already.")

    @api.model
    def _insert(self, file, rows: list[tuple[int, int, str]]) -> None:
        """Note that items were handed over: (item, entry, fingerprint of the entry).

        The unique index refuses what was handed over before, also by a user who does it at this moment.
        """
        if not rows:
            return
        self.flush_model()
        items, moves, prints = zip(*rows, strict=True)
        # SQL because there is a row for each of some ten thousand journal items
        self.env.execute_query(SQL(
            """INSERT INTO datev_handover (item_key, move_key, fingerprint, file_id, handed_on, is_live)
               SELECT item, move, print, %s, %s, TRUE
                 FROM unnest(%s::int[], %s::int[], %s::text[]) AS v (item, move, print) RETURNING id""",
            file.id, fields.Datetime.now(), list(items), list(moves), list(prints),
        ))
        self.invalidate_model(flush=False)

    @api.model
    def _take_back(self, move_keys: list[int]) -> None:
        """Let items of these entries go again."""
        self.search([('move_key', 'in', move_keys), ('is_live', '=', True)]).write({'is_live': False})

    @api.model
    def _fingerprints(self, company, start, end) -> dict[int, str]:
        """Return entry → fingerprint of what was handed over in a period and is still valid."""
        self.flush_model()
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT handover.move_key, handover.fingerprint
                 FROM datev_handover AS handover JOIN datev_export_file AS file ON file.id = handover.file_id
                WHERE handover.is_live AND file.company_id = %s AND file.date_from >= %s AND file.date_to <= %s""",
            company.id, start, end,
        ))
        return dict(rows)

    @api.model
    def _live_keys(self, move_ids: list[int]) -> set[int]:
        """Return those of the entries that were handed over."""
        self.flush_model()
        rows = self.env.execute_query(SQL(
            'SELECT DISTINCT move_key FROM datev_handover WHERE is_live AND move_key = ANY(%s)', move_ids,
        ))
        return {move_key for move_key, in rows}
