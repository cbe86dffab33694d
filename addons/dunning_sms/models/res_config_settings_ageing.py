"""The ageing buckets of the company on the settings screen."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    ageing_days_1 = fields.Integer(related='company_id.ageing_days_1', readonly=False)
    ageing_days_2 = fields.Integer(related='company_id.ageing_days_2', readonly=False)
    ageing_days_3 = fields.Integer(related='company_id.ageing_days_3', readonly=False)
    dunning_recovery_days = fields.Integer(related='company_id.dunning_recovery_days', readonly=False)
