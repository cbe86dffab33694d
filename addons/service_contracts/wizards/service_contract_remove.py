"""Removes a contract for good, with its reason."""

from odoo import fields, models


class ServiceContractRemove(models.TransientModel):
    _name = 'service.contract.remove'
    _description = "Remove a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    next_charge_date = fields.Date(related='contract_id.next_charge_date')
    date_removal = fields.Date("On", help="The day on which it is removed. Empty: now.")
    reason = fields.Char(required=True)

    def action_confirm(self) -> bool:
        """Remove the contract, now or on a day to come; nothing more of it is billed then.

        :raises UserError: if its terms do not allow it yet and the user may not waive them.
        """
        self.ensure_one()
        if self.date_removal and self.date_removal > self.contract_id.company_id._service_today():
            return self.contract_id.action_plan_removal(fields.Date.to_string(self.date_removal), self.reason)
        self.contract_id._remove(self.reason)
        return True
