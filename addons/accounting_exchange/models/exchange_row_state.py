"""What a job knows of each row: only what differs from it is taken in or handed out."""

from odoo import api, fields, models
from odoo.tools import SQL


class ExchangeRowState(models.Model):
    _name = 'exchange.row.state'
    _description = "Row Known to an Exchange Job"
    _log_access = False  # one row for each customer and price

    job_id = fields.Many2one('exchange.job', required=True, readonly=True, ondelete='cascade')
    key = fields.Char(required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    run_id = fields.Many2one('exchange.run', readonly=True, ondelete='set null', index='btree_not_null')

    _once = models.UniqueIndex("(job_id, key)", "The row is known already.")

    @api.model
    def _known(self, job, keys) -> dict[str, str]:
        """Return key → digest of the rows that the job knows."""
        self.flush_model()
        return dict(self.env.execute_query(SQL(
            'SELECT key, digest FROM exchange_row_state WHERE job_id = %s AND key = ANY(%s)', job.id, list(keys),
        )))

    @api.model
    def _note(self, run, digests: dict[str, str]) -> None:
        """Note what rows look like now."""
        if digests:
            # SQL because one statement notes a whole batch
            self.env.execute_query(SQL(
                """INSERT INTO exchange_row_state (job_id, key, digest, run_id)
                   SELECT %s, key, digest, %s FROM unnest(%s::text[], %s::text[]) AS v (key, digest)
                   ON CONFLICT (job_id, key) DO UPDATE SET digest = EXCLUDED.digest, run_id = EXCLUDED.run_id
                   RETURNING id""",
                run.job_id.id, run.id, list(digests), list(digests.values()),
            ))
            self.invalidate_model(flush=False)
