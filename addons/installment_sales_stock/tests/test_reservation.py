"""Goods in installments: the deposit reserves, delivery waits, what nobody pays for goes back to stock."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import StockCase


@tagged('post_install', '-at_install')
class TestReservation(StockCase):

    def _night(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('installment_sales_stock.installment_release_cron').method_direct_trigger()
        self.env.invalidate_all()

    def test_without_a_setting_goods_leave_at_once(self):
        """C4: immediate access to the product."""
        self._stock(1)
        plan = self._sold(self.free)
        self.assertEqual(self._held(plan), 1)
        self.assertEqual(self._deliver(plan).state, 'done')

    def test_goods_are_held_until_the_deposit_is_due(self):
        """C10, C11."""
        self._stock(1)
        plan = self._sold(self.deposit)
        self.assertEqual((self._held(plan), str(plan.held_until)), (1, '2026-01-18'))
        self.assertIn("down payment", self._picking(plan).installment_wait)
        with self.assertRaisesRegex(UserError, "down payment has to be paid"):
            self._deliver(plan)

    def test_a_paid_deposit_lets_the_goods_go(self):
        self._stock(1)
        plan = self._sold(self.deposit)
        self._pay(plan, 200)
        self.assertFalse(plan.held_until)
        self.assertFalse(self._picking(plan).installment_wait)
        self.assertEqual(self._deliver(plan).state, 'done')

    def test_an_unpaid_deposit_releases_the_goods_on_time(self):
        self._stock(1)
        plan = self._sold(self.deposit)
        self._night('2026-01-18')
        self.assertEqual(self._held(plan), 1)
        for _time in range(2):
            self._night('2026-01-19')
        self.assertEqual((self._held(plan), plan.is_released), (0, True))
        self.assertEqual(len(plan.activity_ids), 1)
        with freeze_time('2026-01-20'):
            self._picking(plan).action_assign()
            self.assertEqual(self._held(plan), 0)

    def test_a_late_deposit_reserves_again_what_is_there(self):
        self._stock(1)
        plan = self._sold(self.deposit)
        self._night('2026-01-19')
        with freeze_time('2026-01-25'):
            self._pay(plan, 200, '2026-01-25')
        self.assertEqual((self._held(plan), plan.is_released), (1, False))

    def test_the_next_customer_gets_what_was_released(self):
        self._stock(1)
        first, second = self._sold(self.deposit), self._sold(self.deposit)
        self.assertEqual((self._held(first), self._held(second)), (1, 0))
        self._night('2026-01-19')
        self._pay(second, 200)
        self._pay(first, 200)
        self.assertEqual((self._held(first), self._held(second)), (0, 1))

    def test_only_a_paid_deposit_reserves_by_setting(self):
        self.deposit.reservation_days = 0
        self._stock(1)
        plan = self._sold(self.deposit)
        self.assertEqual(self._held(plan), 0)
        self._pay(plan, 200)
        self.assertEqual(self._held(plan), 1)

    def test_delivery_waits_for_everything_by_setting(self):
        self.deposit.delivery_after = 'payment'
        self._stock(1)
        plan = self._sold(self.deposit)
        self._pay(plan, 999)
        with self.assertRaisesRegex(UserError, "are still to be paid"):
            self._deliver(plan)
        self._pay(plan, 1)
        self.assertEqual(self._deliver(plan).state, 'done')

    def test_a_payment_taken_back_stops_the_delivery(self):
        self._stock(1)
        plan = self._sold(self.deposit)
        self._pay(plan, 200).move_id.line_ids.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "down payment has to be paid"):
            self._deliver(plan)

    def test_a_cancelled_plan_delivers_nothing(self):
        self._stock(1)
        plan = self._sold(self.free)
        plan.action_cancel()
        with self.assertRaisesRegex(UserError, "is cancelled"):
            self._deliver(plan)

    def test_a_rescheduled_plan_keeps_its_goods(self):
        self._stock(1)
        plan = self._sold(self.deposit)
        self._pay(plan, 200)
        plan._reschedule(self.free, plan._day('2026-01-20'))
        self.assertEqual(self._held(plan), 1)
        self.assertEqual(self._deliver(plan).state, 'done')

    def test_the_last_piece_is_sold_once_where_terms_ask_for_stock(self):
        """A26."""
        self.deposit.needs_stock = True
        self._stock(1)
        self._sold(self.deposit)
        with self.assertRaisesRegex(UserError, "not in stock any more"):
            self._sold(self.deposit)

    def test_goods_are_invoiced_as_a_whole(self):
        with self.assertRaisesRegex(UserError, "invoiced as a whole"):
            self._sold(self._terms(name="Each", method='none', count=2, invoicing='each'))

    def test_an_ordinary_order_is_delivered_as_ever(self):
        self._stock(1)
        order = self._order(self.env['installment.terms'])
        order.action_confirm()
        self.assertEqual(order.picking_ids.move_ids.state, 'assigned')
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        self.assertEqual(order.picking_ids.state, 'done')
