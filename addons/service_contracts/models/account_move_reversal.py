"""Reversing invoices of contracts: what is billed again comes from the contract, never from a copy."""

from odoo import models
from odoo.exceptions import UserError


class AccountMoveReversal(models.TransientModel):
    _inherit = 'account.move.reversal'

    def reverse_moves(self, is_modify=False):
        # EXTENDS account: the reversal frees the periods, so a copy would charge them beside the next billing
        if is_modify and (billed := self.move_ids.filtered('service_contract_count')):
            raise UserError(self.env._(
                "%(invoice)s bills periods of %(contract)s. Choose “Reverse”, correct the contract, and bill it again: "
                "the periods are due again once the credit note is posted.",
                invoice=billed[0].name, contract=billed[0].invoice_line_ids.service_contract_id[0].display_name,
            ))
        return super().reverse_moves(is_modify)
