"""Pauses or resumes a contract on a day of choice."""

from odoo import fields, models


class ServiceContractPauseWizard(models.TransientModel):
    _name = 'service.contract.pause.wizard'
    _description = "Pause or Resume a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    contract_state = fields.Selection(related='contract_id.state')
    date_start = fields.Date(
        "First day without service", default=lambda self: self.env.company._service_today(),
    )
    date_end = fields.Date("First day with service again", help="Empty: until somebody resumes the contract.")
    reason = fields.Char()

    def action_confirm(self) -> bool:
        """Pause an active contract, or resume a suspended one.

        :raises UserError: if the days overlap another pause or are in the wrong order.
        """
        self.ensure_one()
        if self.contract_state == 'suspended':
            return self.contract_id.action_resume(self.date_end or None)
        return self.contract_id.action_pause(
            self.date_start or None, self.date_end or None, self.reason or '',
        )
