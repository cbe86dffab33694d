"""Products that are sold under a plan, as part of a contract."""

from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    service_plan_id = fields.Many2one(
        'service.plan', "Sold under plan", check_company=True, ondelete='set null', index='btree_not_null',
        help="A quotation for this product opens a contract that is billed as the plan says.",
    )
