"""Invoice lines that name their service and period, and receivables that name their contract."""

from odoo import api, fields, models
from odoo.tools import frozendict


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    service_contract_id = fields.Many2one(
        'service.contract', "Contract", readonly=True, index='btree_not_null', ondelete='restrict', check_company=True,
    )
    service_contract_line_id = fields.Many2one(
        'service.contract.line', "Contracted service", readonly=True, ondelete='restrict',
    )
    service_period_start = fields.Date("Service from", readonly=True)
    service_period_last_day = fields.Date("Service to", readonly=True)

    @api.depends('service_contract_id')
    def _compute_term_key(self):
        # EXTENDS account: a due date may have one receivable line per contract
        super()._compute_term_key()
        for line in self.filtered(lambda line: line.term_key and line.service_contract_id):
            line.term_key = frozendict({**line.term_key, 'service_contract_id': line.service_contract_id.id})
