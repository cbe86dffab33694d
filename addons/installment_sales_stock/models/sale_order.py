"""Orders in installments: which goods may be held for them, and that there are enough."""

from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _installment_plan_now(self):
        """Return the plan by which the order is paid now, the last of rescheduled ones; maybe none."""
        plans_sudo = self.sudo().installment_plan_ids  # sudo: the warehouse need not read plans
        return (plans_sudo - plans_sudo.previous_plan_id).sorted('id')[-1:]

    def _installment_moves(self):
        """Return the moves of the goods that have not left yet."""
        moves = self.order_line.move_ids
        return moves.filtered(lambda move: move.state not in ('draft', 'done', 'cancel'))

    def _installment_may_reserve(self) -> bool:
        """Tell whether goods may be held for the order, before its plan is there as well."""
        self.ensure_one()
        if plan := self._installment_plan_now():
            return plan._may_reserve()
        terms = self.installment_terms_id.sudo()  # sudo: as above
        if not terms or terms.delivery_after == 'confirmation' or not self.installment_at_start:
            return True
        return terms.reservation_days > 0

    def _installment_obstacle(self):
        # EXTENDS installment_sales: goods leave at once, so they are invoiced at once
        obstacle = super()._installment_obstacle()
        goods = self._installment_lines().product_id.filtered('is_storable')
        if not obstacle and goods and self.installment_terms_id.invoicing == 'each':
            return self.env._("%(product)s is kept in stock, so it is invoiced as a whole. Choose terms with one "
                              "invoice.", product=goods[0].display_name)
        return obstacle

    def _action_confirm(self):
        # EXTENDS sale: where the terms ask for it, an order without goods is none
        result = super()._action_confirm()
        for order in self.filtered('installment_terms_id.needs_stock'):
            order._check_goods_are_held()
        return result

    def _check_goods_are_held(self) -> None:
        missing = self._installment_moves().filtered(
            lambda move: move.state != 'assigned' and move.product_id.is_storable and not move.move_orig_ids)
        if missing and self._installment_may_reserve():
            raise UserError(self.env._(
                "%(product)s is not in stock any more. Choose something else, or terms that do not ask for stock.",
                product=missing[0].product_id.display_name,
            ))
