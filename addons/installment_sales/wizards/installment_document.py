"""Keeps documents with a plan: the signed paper, an identity card, a policy."""

from odoo import fields, models


class InstallmentDocument(models.TransientModel):
    _name = 'installment.document'
    _description = "Keep Documents"

    plan_id = fields.Many2one('installment.plan', required=True, readonly=True, ondelete='cascade')
    attachment_ids = fields.Many2many('ir.attachment', string="Documents", required=True)

    def action_confirm(self) -> dict:
        """Keep the documents with the plan.

        :raises AccessError: for others than managers.
        """
        self.ensure_one()
        self.plan_id._check_manager()
        # sudo: decided by a manager
        self.plan_id.sudo()._keep_document(self.attachment_ids.sudo())
        return {'type': 'ir.actions.act_window_close'}
