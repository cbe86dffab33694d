"""The company's settings for service contracts on the settings screen."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    service_fast_posting = fields.Boolean(related='company_id.service_fast_posting', readonly=False)
    service_catch_up_limit = fields.Integer(related='company_id.service_catch_up_limit', readonly=False)
    service_review_days = fields.Integer(related='company_id.service_review_days', readonly=False)
    service_lead_days = fields.Integer(related='company_id.service_lead_days', readonly=False)
    service_check_user_id = fields.Many2one(related='company_id.service_check_user_id', readonly=False)
    service_recognition = fields.Selection(related='company_id.service_recognition', readonly=False, required=True)
    service_deferred_account_id = fields.Many2one(related='company_id.service_deferred_account_id', readonly=False)
    service_recognition_journal_id = fields.Many2one(
        related='company_id.service_recognition_journal_id', readonly=False,
    )
    service_recognition_start = fields.Date(related='company_id.service_recognition_start', readonly=False)
