"""Moves of goods sold in installments: held and delivered as the plan allows."""

from odoo import models
from odoo.exceptions import UserError


class StockMove(models.Model):
    _inherit = 'stock.move'

    def _action_assign(self, force_qty=False):
        # EXTENDS stock: goods are not held for a down payment that is not expected any more
        orders = self.sale_line_id.order_id.filtered('installment_terms_id')
        refused = orders.filtered(lambda order: not order._installment_may_reserve())
        held_back = self.filtered(lambda move: move.sale_line_id.order_id in refused)
        return super(StockMove, self - held_back)._action_assign(force_qty=force_qty)

    def _action_done(self, cancel_backorder=False):
        # EXTENDS stock: goods leave when what was agreed is paid
        for order in self.filtered(lambda move: move._leaves_house()).sale_line_id.order_id:
            if obstacle := order._installment_plan_now()._waiting_for():
                raise UserError(obstacle)
        return super()._action_done(cancel_backorder=cancel_backorder)

    def _leaves_house(self) -> bool:
        return self.picking_type_id.code == 'outgoing' and self.location_dest_id.usage == 'customer'
