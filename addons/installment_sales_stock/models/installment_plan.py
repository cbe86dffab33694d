"""Plans: what the customer's payments let go, and goods that nobody paid for in time."""

from odoo import api, fields, models
from odoo.fields import Domain

from .installment_terms import DELIVERIES

BATCH = 50


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    delivery_after = fields.Selection(DELIVERIES, "Goods are delivered", readonly=True, default='confirmation')
    held_until = fields.Date(
        readonly=True, help="Until then goods are held for the down payment. Empty: it is paid, or nothing is held.",
    )
    is_released = fields.Boolean(
        "Goods released", readonly=True, help="The down payment did not come in time, so the goods went back to stock.",
    )

    def _may_deliver(self) -> bool:
        """Tell whether goods of the plan may leave."""
        self.ensure_one()
        if self.closing == 'cancelled':
            return False
        if self.delivery_after == 'payment':
            return self.currency_id.is_zero(self.amount_residual)
        return self.delivery_after == 'confirmation' or self._is_deposit_paid()

    def _may_reserve(self) -> bool:
        """Tell whether goods of the plan may be held: paid for by the down payment, or waiting for it in time."""
        self.ensure_one()
        if self.delivery_after == 'confirmation' or self._is_deposit_paid():
            return True
        return bool(self.held_until) and not self.is_released and self.held_until >= self._day()

    def _waiting_for(self) -> str:
        """Return what the delivery waits for, in the words of staff; '' if it may leave."""
        if not self or self._may_deliver():
            return ''
        if self.closing == 'cancelled':
            return self.env._("%s is cancelled.", self.name)
        if self.delivery_after == 'payment':
            return self.env._("%(plan)s: %(amount)s are still to be paid before the goods leave.",
                              plan=self.name, amount=self.currency_id.format(self.amount_residual))
        return self.env._("%s: the down payment has to be paid before the goods leave.", self.name)

    def _payment_arrived(self):
        # EXTENDS installment_sales: the deposit reserves
        super()._payment_arrived()
        waiting = self.filtered(lambda plan: (
            plan.delivery_after != 'confirmation' and plan.closing != 'cancelled' and plan._is_deposit_paid()
        ))
        waiting.write({'held_until': False, 'is_released': False})
        waiting.sale_order_id._installment_moves()._action_assign()

    # === CRON === #

    @api.model
    def _release_domain(self, today) -> Domain:
        return Domain('state', '=', 'active') & Domain('is_released', '=', False) & Domain('held_until', '<', today)

    @api.model
    def _cron_release(self):
        """Give goods back to the stock whose down payment did not come in time, each plan once."""
        today, cron = fields.Date.context_today(self), self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._release_domain(today)))
        while plans := self.search(self._release_domain(today), limit=BATCH):
            plans = plans.try_lock_for_update(allow_referencing=True).filtered_domain(self._release_domain(today))
            if not plans:
                return
            plans._release()
            if not cron._commit_progress(len(plans)):
                return

    def _release(self) -> None:
        paid = self.filtered(lambda plan: plan._is_deposit_paid())
        paid.held_until = False
        for plan in self - paid:
            plan.is_released = True
            plan.sale_order_id._installment_moves()._do_unreserve()
            plan._log(self.env._("The down payment did not come until %s, so the goods are back in stock.",
                                 plan.held_until))
            plan.activity_schedule(
                'mail.mail_activity_data_todo', user_id=plan.user_id.id or self.env.uid,
                summary=self.env._("%s lost its goods: no down payment", plan.name),
            )
