"""Pauses or resumes a contract on a day of choice."""

from odoo import api, fields, models

from ..models.service_contract_event import CAUSE_SELECTION
from ..models.service_suspension import BILLING_SELECTION


class ServiceContractPauseWizard(models.TransientModel):
    _name = 'service.contract.pause.wizard'
    _description = "Pause or Resume a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    contract_state = fields.Selection(related='contract_id.state')
    date_start = fields.Date(
        "First day without service", default=lambda self: self.env.company._service_today(),
    )
    date_end = fields.Date("First day with service again", help="Empty: until somebody resumes the contract.")
    cause = fields.Selection(CAUSE_SELECTION, default='request', required=True)
    billing = fields.Selection(
        BILLING_SELECTION, "Charged meanwhile", compute='_compute_billing', store=True, readonly=False, precompute=True,
    )
    gives_back = fields.Boolean(compute='_compute_gives_back', help="Days that are paid already are given back.")
    reason = fields.Char()

    @api.depends('contract_id')
    def _compute_billing(self):
        for wizard in self:
            wizard.billing = wizard.contract_id.plan_id.suspension_billing or 'stop'

    @api.depends('contract_id')
    def _compute_gives_back(self):
        for wizard in self:
            wizard.gives_back = wizard.contract_id._unused_rule() != 'none'

    def action_confirm(self) -> bool:
        """Pause an active contract, or resume a suspended one.

        :raises UserError: if the days overlap another pause or are in the wrong order.
        """
        self.ensure_one()
        if self.contract_state == 'suspended':
            return self.contract_id.action_resume(self.date_end or None)
        return self.contract_id._pause_from(
            self.date_start, self.date_end, self.reason or '', cause=self.cause, billing=self.billing,
        )
