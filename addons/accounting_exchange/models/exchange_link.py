"""Whose record is whose: the reference of another system and the record here, each reference once."""

from odoo import api, fields, models
from odoo.tools import SQL


class ExchangeLink(models.Model):
    _name = 'exchange.link'
    _description = "External Reference"
    _order = 'id desc'
    _rec_name = 'ref'
    _log_access = False  # one row for each customer, price and payment

    company_id = fields.Many2one('res.company', required=True, readonly=True, ondelete='cascade')
    model = fields.Char(required=True, readonly=True)
    ref = fields.Char("External reference", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field='model', required=True, readonly=True)
    digest = fields.Char(readonly=True, help="Changes with what was sent; the same thing sent again changes nothing.")

    _once = models.UniqueIndex("(company_id, model, ref)", "The reference is known already.")
    _by_record = models.Index("(model, res_id)")

    @api.model
    def _find(self, model: str, refs) -> dict:
        """Return reference → link of those that are known and whose record still is."""
        found = self.search_fetch(
            [('company_id', '=', self.env.company.id), ('model', '=', model), ('ref', 'in', list(refs))],
            ['ref', 'res_id', 'digest'],
        )
        alive = set(self.env[model].browse(found.mapped('res_id')).exists().ids)
        found.filtered(lambda link: link.res_id not in alive).unlink()
        return {link.ref: link for link in found.exists() if link.res_id in alive}

    @api.model
    def _bind(self, model: str, records_by_ref: dict, digests: dict | None = None) -> None:
        """Note which record belongs to which reference; the unique index makes a second one impossible."""
        if not records_by_ref:
            return
        refs = list(records_by_ref)
        # SQL because one statement notes a whole batch; a concurrent one makes PostgreSQL start this one anew
        self.flush_model()
        self.env.execute_query(SQL(
            """INSERT INTO exchange_link (company_id, model, ref, res_id, digest)
               SELECT %s, %s, ref, res_id, digest
                 FROM unnest(%s::text[], %s::int[], %s::text[]) AS v (ref, res_id, digest)
               ON CONFLICT (company_id, model, ref)
               DO UPDATE SET digest = EXCLUDED.digest, res_id = EXCLUDED.res_id RETURNING id""",
            self.env.company.id, model, refs, [records_by_ref[ref].id for ref in refs],
            [(digests or {}).get(ref) for ref in refs],
        ))
        self.invalidate_model(flush=False)
