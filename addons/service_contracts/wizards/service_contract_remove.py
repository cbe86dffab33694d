"""Removes a contract for good, with its reason."""

from odoo import fields, models


class ServiceContractRemove(models.TransientModel):
    _name = 'service.contract.remove'
    _description = "Remove a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    next_charge_date = fields.Date(related='contract_id.next_charge_date')
    reason = fields.Char(required=True)

    def action_confirm(self) -> bool:
        """Remove the contract; nothing more of it is billed.

        :raises UserError: if its terms do not allow it yet and the user may not waive them.
        """
        self.ensure_one()
        self.contract_id._remove(self.reason)
        return True
