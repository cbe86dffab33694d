"""Receivable lines that are installments."""

from odoo import api, fields, models
from odoo.tools import frozendict


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    installment_line_id = fields.Many2one(
        'installment.line', "Installment", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
    )

    _one_receivable_per_installment = models.UniqueIndex(
        "(installment_line_id) WHERE installment_line_id IS NOT NULL AND parent_state = 'posted'",
        "The installment is on an invoice already.",
    )

    @api.depends('installment_line_id.date_planned')
    def _compute_term_key(self):
        # EXTENDS account: the key of a receivable names its installment
        super()._compute_term_key()
        for line in self.filtered(lambda line: line.term_key and line.installment_line_id):
            line.term_key = frozendict({
                **line.term_key, 'installment_line_id': line.installment_line_id.id,
                'date_maturity': line.installment_line_id._planned(),
            })

    def _reconcile_pre_hook(self):
        # EXTENDS account
        return {**super()._reconcile_pre_hook(), 'installment_plans': self.installment_line_id.plan_id}

    def _reconcile_post_hook(self, data):
        # EXTENDS account: whoever waits for a payment of a plan hears of it
        super()._reconcile_post_hook(data)
        # sudo: what follows a payment does not depend on who books it
        data['installment_plans'].sudo()._payment_arrived()
