"""What a plan consists of: its services, their quantities and prices."""

from odoo import api, fields, models


class ServicePlanLine(models.Model):
    _name = 'service.plan.line'
    _description = "Service of a Plan"
    _inherit = ['service.item.mixin']
    _order = 'plan_id, sequence, id'
    _check_company_auto = True

    plan_id = fields.Many2one('service.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True)
    currency_id = fields.Many2one(related='plan_id.currency_id')
    product_id = fields.Many2one(required=True)
    price_source = fields.Selection(
        [('pricelist', "Pricelist"), ('fixed', "Fixed")], "Price from", default='pricelist', required=True,
        help="Pricelist: what the customer's pricelist says on the day of the contract. "
             "Fixed: the price given here, in the currency of the contract.",
    )
    tier_ids = fields.One2many('service.price.tier', 'plan_line_id', "Tiers", copy=True)
    price_unit = fields.Float(compute='_compute_price_unit', store=True, readonly=False, precompute=True)

    @api.depends('product_id', 'price_source')
    def _compute_price_unit(self):
        for line in self:
            if line.price_source == 'pricelist' or not line.price_unit:
                line.price_unit = line.product_id.lst_price

    @api.depends('name', 'product_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.product_id.display_name or line.name

    def _prepare_contract_line_vals(self) -> dict:
        """Return the values of a contract line for this service; extend it to hand on further fields."""
        self.ensure_one()
        return {
            'plan_id': self.plan_id.id,
            'plan_line_id': self.id,
            'sequence': self.sequence,
            'product_id': self.product_id.id,
            'name': self.name,
            'quantity': self.quantity,
            'product_uom_id': self.product_uom_id.id,
            'discount': self.discount,
            'kind': self.kind,
            **self._prepare_price_vals(),
        }
