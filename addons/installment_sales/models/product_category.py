"""Categories of products whose down payment differs from that of the terms."""

from odoo import models


class ProductCategory(models.Model):
    _name = 'product.category'
    _inherit = ['product.category', 'installment.deposit.mixin']
