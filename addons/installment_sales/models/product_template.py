"""Products whose down payment differs from that of the terms."""

from odoo import models


class ProductTemplate(models.Model):
    _name = 'product.template'
    _inherit = ['product.template', 'installment.deposit.mixin']

    def _deposit_rule(self):
        """Return the product, or its nearest category, that has a down payment of its own; else nothing."""
        rule = self
        if rule.deposit_type != 'none':
            return rule
        category = self.categ_id
        while category and category.deposit_type == 'none':
            category = category.parent_id
        return category
