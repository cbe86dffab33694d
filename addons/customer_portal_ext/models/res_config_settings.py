"""The settings page of the customer panel."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    portal_transfer_journal_id = fields.Many2one(related='company_id.portal_transfer_journal_id', readonly=False)
    portal_transfer_days = fields.Integer(related='company_id.portal_transfer_days', readonly=False)
    portal_auto_end = fields.Boolean(related='company_id.portal_auto_end', readonly=False)
    portal_auto_change = fields.Boolean(related='company_id.portal_auto_change', readonly=False)
    portal_auto_pause = fields.Boolean(related='company_id.portal_auto_pause', readonly=False)
    portal_arrangement_parts = fields.Integer(related='company_id.portal_arrangement_parts', readonly=False)
    portal_arrangement_days = fields.Integer(related='company_id.portal_arrangement_days', readonly=False)
    portal_currency_id = fields.Many2one(related='company_id.currency_id', string="Currency of the panel's limits")
    portal_arrangement_amount = fields.Monetary(
        related='company_id.portal_arrangement_amount', readonly=False, currency_field='portal_currency_id')
    portal_auto_arrangement = fields.Boolean(related='company_id.portal_auto_arrangement', readonly=False)
    portal_card_notice_days = fields.Integer(related='company_id.portal_card_notice_days', readonly=False)
    portal_ask_days = fields.Integer(related='company_id.portal_ask_days', readonly=False)
    portal_embed_origins = fields.Char(related='company_id.portal_embed_origins', readonly=False)
