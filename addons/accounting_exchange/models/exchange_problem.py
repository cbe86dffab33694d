"""A row that was not taken, and why."""

from odoo import fields, models


class ExchangeProblem(models.Model):
    _name = 'exchange.problem'
    _description = "Row Not Taken"
    _order = 'run_id desc, row_number'
    _rec_name = 'reason'
    _log_access = False

    run_id = fields.Many2one('exchange.run', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='run_id.company_id')
    row_number = fields.Integer("Row", readonly=True)
    key = fields.Char(readonly=True)
    reason = fields.Char(required=True, readonly=True)
    content = fields.Json("Row as it came", readonly=True)
