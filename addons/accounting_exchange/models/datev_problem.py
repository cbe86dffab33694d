"""An entry that could not be handed over, and why."""

from odoo import fields, models


class DatevProblem(models.Model):
    _name = 'datev.problem'
    _description = "Entry Not Handed Over"
    _order = 'date, id'
    _rec_name = 'reason'

    export_id = fields.Many2one('datev.export', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='export_id.company_id')
    move_id = fields.Many2one('account.move', "Entry", readonly=True, ondelete='cascade')
    date = fields.Date(readonly=True)
    reason = fields.Char(required=True, readonly=True)
