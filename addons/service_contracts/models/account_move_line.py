"""Invoice lines that name their service and period, and receivables that name their contract."""

from odoo import api, fields, models
from odoo.tools import frozendict

SERVICE_FIELDS = (
    'service_contract_id', 'service_contract_line_id', 'service_period_start', 'service_period_last_day',
)


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    service_contract_id = fields.Many2one(
        'service.contract', "Contract", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
        check_company=True,
    )
    service_contract_line_id = fields.Many2one(
        'service.contract.line', "Contracted service", readonly=True, copy=False, ondelete='restrict',
    )
    service_period_start = fields.Date("Service from", readonly=True, copy=False)
    service_period_last_day = fields.Date("Service to", readonly=True, copy=False)

    @api.depends('service_contract_id')
    def _compute_term_key(self):
        # EXTENDS account: a due date may have one receivable line per contract
        super()._compute_term_key()
        for line in self.filtered(lambda line: line.term_key and line.service_contract_id):
            line.term_key = frozendict({**line.term_key, 'service_contract_id': line.service_contract_id.id})

    def _copy_data_extend_business_fields(self, values):
        # EXTENDS account: a credit note keeps what it credits; a duplicate made by hand charges no period
        super()._copy_data_extend_business_fields(values)
        for name in SERVICE_FIELDS:
            values[name] = self._fields[name].convert_to_write(self[name], self)
