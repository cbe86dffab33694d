"""Terms: when goods sold in installments are delivered, and how long they are held for an unpaid deposit."""

from odoo import fields, models

DELIVERIES = [
    ('confirmation', "At once"),
    ('deposit', "When the down payment is paid"),
    ('payment', "When everything is paid"),
]


class InstallmentTerms(models.Model):
    _inherit = 'installment.terms'

    delivery_after = fields.Selection(
        DELIVERIES, "Goods are delivered", required=True, default='confirmation',
        help="Goods that wait are reserved: by the down payment, or until it is due.",
    )
    reservation_days = fields.Integer(
        "Held for", default=3, help="Days for which goods are held until the down payment is there. "
        "0: only a paid down payment reserves.",
    )
    needs_stock = fields.Boolean(
        "Only what is in stock", help="An order whose goods cannot be reserved at once is not confirmed.",
    )

    _reservation_days_in_range = models.Constraint(
        'CHECK (reservation_days BETWEEN 0 AND 365)', "Goods are held for 0 to 365 days.",
    )

    def _prepare_plan_vals(self, given, order, partner):
        # EXTENDS installment_sales
        values = super()._prepare_plan_vals(given, order, partner)
        waits = self.delivery_after != 'confirmation' and given.at_start and self.reservation_days
        held_until = fields.Date.add(given.start, days=self.reservation_days) if waits else False
        return {**values, 'delivery_after': self.delivery_after, 'held_until': held_until}

    def _figures(self, given):
        # EXTENDS installment_sales: the customer accepts when the goods come
        return {**super()._figures(given), 'delivery_after': self.delivery_after}
