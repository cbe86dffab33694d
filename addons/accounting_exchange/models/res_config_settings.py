"""The exchange on the settings screen."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    datev_consultant = fields.Integer(related='company_id.datev_consultant', readonly=False)
    datev_client = fields.Integer(related='company_id.datev_client', readonly=False)
    datev_account_length = fields.Integer(related='company_id.datev_account_length', readonly=False)
    datev_chart = fields.Selection(related='company_id.datev_chart', readonly=False)
    datev_is_fixed = fields.Boolean(related='company_id.datev_is_fixed', readonly=False)
