"""Ends a contract: shows the earliest day its terms allow and takes the last day of service."""

from odoo import api, fields, models
from odoo.fields import Domain


class ServiceContractEnd(models.TransientModel):
    _name = 'service.contract.end'
    _description = "End a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    date_earliest_end = fields.Date(related='contract_id.date_earliest_end')
    date_end = fields.Date(
        "Last day of service", compute='_compute_date_end', store=True, readonly=False, precompute=True,
        required=True,
    )
    reason = fields.Char()
    is_early = fields.Boolean(compute='_compute_is_early')
    may_end_early = fields.Boolean(compute='_compute_is_early')
    gives_back = fields.Boolean(compute='_compute_billed_until', help="Days that are paid already are given back.")
    billed_until = fields.Date(compute='_compute_billed_until', help="The last day that is billed already.")

    @api.depends('contract_id')
    def _compute_date_end(self):
        for wizard in self:
            wizard.date_end = wizard.date_earliest_end

    @api.depends('date_end', 'date_earliest_end')
    def _compute_is_early(self):
        for wizard in self:
            earliest = wizard.date_earliest_end
            wizard.is_early = bool(wizard.date_end and earliest and wizard.date_end < earliest)
            wizard.may_end_early = wizard.contract_id._may_waive_terms()

    @api.depends('contract_id', 'date_end')
    def _compute_billed_until(self):
        for wizard in self:
            domain = Domain('contract_id', '=', wizard.contract_id.id) & Domain('state', '!=', 'void')
            ((period_end,),) = self.env['service.billing.entry']._read_group(
                domain & Domain('kind', 'in', ('recurring', 'usage')), aggregates=['period_end:max'],
            )
            last_day = period_end and fields.Date.subtract(period_end, days=1)
            is_beyond = last_day and wizard.date_end and last_day > wizard.date_end
            wizard.billed_until = is_beyond and last_day
            wizard.gives_back = wizard.contract_id._unused_rule() != 'none'

    def action_confirm(self) -> bool:
        """Set the last day of service of the contract.

        :raises UserError: if the contract does not run, or ends before its terms allow.
        """
        self.ensure_one()
        self.contract_id._end(self.date_end, self.reason)
        return True
