"""A tier of a price: up to which quantity which price per unit and which fee count."""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.pricing import Tier

LIMIT = 10**12


class ServicePriceTier(models.Model):
    _name = 'service.price.tier'
    _description = "Price Tier"
    _inherit = ['service.input.mixin']
    _order = 'up_to, id'

    plan_line_id = fields.Many2one(
        'service.plan.line', "Service of the plan", ondelete='cascade', index='btree_not_null',
    )
    contract_line_id = fields.Many2one(
        'service.contract.line', "Contracted service", ondelete='cascade', index='btree_not_null',
    )
    up_to = fields.Float("Up to and with", help="The last quantity of this tier. 0: no limit, the last tier.")
    price_unit = fields.Float("Price per unit", min_display_digits='Product Price')
    flat_fee = fields.Float("Flat fee", min_display_digits='Product Price')

    # PostgreSQL takes NaN for greater than every number, so the upper bounds keep it and infinity out.
    _tier_in_range = models.Constraint(
        f'CHECK (LEAST(up_to, price_unit, flat_fee) >= 0 AND GREATEST(up_to, price_unit, flat_fee) < {LIMIT})',
        "Bounds and prices of a tier are numbers from 0 up to one million million.",
    )
    _one_owner = models.Constraint(
        'CHECK (num_nonnulls(plan_line_id, contract_line_id) = 1)',
        "A tier belongs to one service, of a plan or of a contract.",
    )

    @api.depends('up_to')
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = self.env._("up to %g", tier.up_to) if tier.up_to else self.env._("above")

    def _input_ranges(self):
        return {**super()._input_ranges(), **dict.fromkeys(('up_to', 'price_unit', 'flat_fee'), (0, LIMIT))}

    def _tier(self) -> Tier:
        """Return the tier as the rules know it.

        :raises RuleError: for a bound or a price below 0.
        """
        self.ensure_one()
        return Tier(_decimal(self.up_to) if self.up_to else None, _decimal(self.price_unit), _decimal(self.flat_fee))

    def _prepare_copy_vals(self) -> dict:
        return {name: self[name] for name in ('up_to', 'price_unit', 'flat_fee')}


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
