"""The settings page of the customer panel."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    portal_transfer_journal_id = fields.Many2one(related='company_id.portal_transfer_journal_id', readonly=False)
    portal_transfer_days = fields.Integer(related='company_id.portal_transfer_days', readonly=False)
