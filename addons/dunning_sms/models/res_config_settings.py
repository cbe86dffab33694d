"""The settings of reminders, those of the company."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    dunning_is_active = fields.Boolean(related='company_id.dunning_is_active', readonly=False)
    dunning_hour = fields.Float(related='company_id.dunning_hour', readonly=False)
    dunning_policy_id = fields.Many2one(related='company_id.dunning_policy_id', readonly=False)
    dunning_contact_rule_id = fields.Many2one(related='company_id.dunning_contact_rule_id', readonly=False)
    dunning_gateway_id = fields.Many2one(related='company_id.dunning_gateway_id', readonly=False)
    dunning_sms_plain = fields.Boolean(related='company_id.dunning_sms_plain', readonly=False)
    dunning_email_from = fields.Char(related='company_id.dunning_email_from', readonly=False)
    dunning_pending_days = fields.Integer(related='company_id.dunning_pending_days', readonly=False)
    dunning_promise_days = fields.Integer(related='company_id.dunning_promise_days', readonly=False)
    dunning_fee_product_id = fields.Many2one(related='company_id.dunning_fee_product_id', readonly=False)
    dunning_interest_product_id = fields.Many2one(related='company_id.dunning_interest_product_id', readonly=False)
    dunning_charge_journal_id = fields.Many2one(related='company_id.dunning_charge_journal_id', readonly=False)
    dunning_card_days = fields.Integer(related='company_id.dunning_card_days', readonly=False)
    dunning_card_step_id = fields.Many2one(related='company_id.dunning_card_step_id', readonly=False)
