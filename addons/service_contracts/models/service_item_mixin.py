"""One service with its quantity and price, as offered in a plan or agreed in a contract."""

from odoo import api, fields, models

LIMIT = 10**12


class ServiceItemMixin(models.AbstractModel):
    _name = 'service.item.mixin'
    _description = "Priced Service"
    _inherit = ['service.price.mixin']

    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        'product.product', "Service", ondelete='restrict', check_company=True, index='btree_not_null',
        domain="[('sale_ok', '=', True), ('type', '!=', 'combo')]",
    )
    name = fields.Text(
        "Description", compute='_compute_name', store=True, readonly=False, required=True, precompute=True,
    )
    quantity = fields.Float(digits='Product Unit', default=1.0, required=True)
    product_uom_id = fields.Many2one(
        'uom.uom', "Unit", compute='_compute_product_uom_id', store=True, readonly=False, precompute=True,
        ondelete='restrict',
    )
    price_unit = fields.Float("Unit price", min_display_digits='Product Price')
    discount = fields.Float("Discount (%)", digits='Discount', default=0.0)
    kind = fields.Selection(
        [('recurring', "Recurring"), ('one_time', "One time"), ('usage', "Usage")], default='recurring', required=True,
        help="Recurring: billed every period. One time: billed once, on the first day. "
             "Usage: what was used in a period is billed after it, as counted by a meter.",
    )

    # PostgreSQL takes NaN for greater than every number, so the upper bounds keep it and infinity out.
    _quantity_in_range = models.Constraint(
        f'CHECK (quantity >= 0 AND quantity < {LIMIT})',
        "A quantity is a number from 0 up to one million million.",
    )
    _price_unit_in_range = models.Constraint(
        f'CHECK (price_unit > -{LIMIT} AND price_unit < {LIMIT})',
        "A unit price is a finite number below one million million.",
    )
    _discount_in_range = models.Constraint(
        'CHECK (discount >= 0 AND discount <= 100)',
        "A discount lies between 0 and 100 percent.",
    )

    @api.depends('product_id')
    def _compute_name(self):
        for item in self:
            if item.product_id:
                item.name = item._product_description()
            elif not item.name:
                item.name = ''

    @api.depends('product_id')
    def _compute_product_uom_id(self):
        for item in self:
            item.product_uom_id = item.product_id.uom_id

    def _input_ranges(self):
        return {**super()._input_ranges(), 'quantity': (0, LIMIT), 'discount': (0, 100)}

    def _product_description(self) -> str:
        """Return the words that describe the product on documents."""
        return self.product_id.get_product_multiline_description_sale()
