"""Statements of account from the customer."""

from odoo import models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def action_view_statement(self) -> dict:
        """Open the statement of account of the customer."""
        self.ensure_one()
        wizard = self.env['account.statement.wizard'].create({'partner_id': self.commercial_partner_id.id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Statement of account"),
            'res_model': 'account.statement.wizard',
            'res_id': wizard.id,
            'view_mode': 'form',
        }

    def action_send_statements(self) -> dict:
        """Open a run that sends these customers their statements."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Send statements"),
            'res_model': 'account.statement.run',
            'view_mode': 'form',
            'context': {
                'default_audience': 'chosen', 'default_partner_ids': self.commercial_partner_id.ids,
            },
        }
