"""Receivable lines that are installments."""

from odoo import api, fields, models
from odoo.tools import frozendict


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    installment_line_id = fields.Many2one(
        'installment.line', "Installment", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
    )

    @api.depends('installment_line_id')
    def _compute_term_key(self):
        # EXTENDS account: the key of a receivable names its installment
        super()._compute_term_key()
        for line in self.filtered(lambda line: line.term_key and line.installment_line_id):
            line.term_key = frozendict({
                **line.term_key, 'installment_line_id': line.installment_line_id.id,
                'date_maturity': line.installment_line_id.date_due,
            })
