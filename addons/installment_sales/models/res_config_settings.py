"""Settings of installment sales."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    installment_deferred_account_id = fields.Many2one(
        related='company_id.installment_deferred_account_id', readonly=False,
    )
    installment_income_account_id = fields.Many2one(related='company_id.installment_income_account_id', readonly=False)
    installment_transfer_account_id = fields.Many2one(
        related='company_id.installment_transfer_account_id', readonly=False,
    )
    installment_limit = fields.Monetary(
        related='company_id.installment_limit', readonly=False, currency_field='currency_id',
    )
    installment_allocation = fields.Selection(
        related='company_id.installment_allocation', readonly=False, required=True,
    )
    installment_portal_choice = fields.Boolean(related='company_id.installment_portal_choice', readonly=False)
    installment_provider_fee_account_id = fields.Many2one(
        related='company_id.installment_provider_fee_account_id', readonly=False,
    )
