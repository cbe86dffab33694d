"""What belongs to a contract: changed by people while a billing run may be working on the same contract."""

from odoo import api, models


class ServiceContractPartMixin(models.AbstractModel):
    _name = 'service.contract.part.mixin'
    _description = "Part of a Contract"

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.contract_id._claim_for_edit()
        return parts

    def write(self, vals):
        self.contract_id._claim_for_edit()
        return super().write(vals)

    def unlink(self):
        self.contract_id._claim_for_edit()
        return super().unlink()
