"""Products that are sold under a plan, as part of a contract."""

from odoo import fields, models

RECOGNITION_SELECTION = [('none', "With the invoice"), ('month', "By months"), ('day', "By days")]


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    service_plan_id = fields.Many2one(
        'service.plan', "Sold under plan", check_company=True, ondelete='set null', index='btree_not_null',
        help="A quotation for this product opens a contract that is billed as the plan says.",
    )
    service_recognition = fields.Selection(
        RECOGNITION_SELECTION, "Income of services", help="Empty: as the company does.",
    )
    service_deferred_account_id = fields.Many2one(
        'account.account', "Deferred income", company_dependent=True, check_company=True,
        help="Empty: the account of the company.",
    )
