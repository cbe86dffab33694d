"""What is paid at once: an amount or a share of the price, for terms, products and categories alike."""

from decimal import Decimal

from odoo import fields, models
from odoo.addons.service_contracts.rules.money import round_money, to_decimal


class InstallmentDepositMixin(models.AbstractModel):
    _name = 'installment.deposit.mixin'
    _description = "Down Payment Rule"

    deposit_type = fields.Selection(
        [('none', "None"), ('fixed', "Amount"), ('percent', "Percent")], "Down payment", default='none', required=True,
        help="What a customer who pays in installments pays at once.",
    )
    deposit_value = fields.Float("Down payment value", digits=(16, 4))

    _deposit_value_in_range = models.Constraint(
        "CHECK (deposit_value >= 0 AND (deposit_type != 'percent' OR deposit_value < 100))",
        "A down payment is an amount from 0, or a share from 0 to below 100 percent.",
    )

    def _deposit(self, price: Decimal, quantity: Decimal, digits: int) -> Decimal:
        """Return the down payment for a price, an amount once per piece."""
        if self.deposit_type == 'none':
            return Decimal(0)
        value = to_decimal(self.deposit_value)
        share = price * value / 100 if self.deposit_type == 'percent' else value * quantity
        return round_money(min(share, price), digits)
