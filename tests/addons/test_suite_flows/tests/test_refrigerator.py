"""A shop sells its last refrigerator on deposit and in installments, from quotation to last payment, with stock."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .installment_story import InstallmentStory


@tagged('post_install', '-at_install')
class TestRefrigerator(InstallmentStory):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fridge.is_storable = True
        cls.shelf = cls.env['stock.warehouse'].search([('company_id', '=', cls.company.id)], limit=1).lot_stock_id
        cls.env['stock.quant']._update_available_quantity(cls.fridge, cls.shelf, 1)
        cls.terms = cls._terms(
            name="Deposit and six installments", method='annuity', count=6, interest_rate=9, deposit_type='percent',
            deposit_value=20, fee_fixed=15, delivery_after='deposit', reservation_days=3,
        )

    def _stock_night(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('installment_sales_stock.installment_release_cron').method_direct_trigger()
        self.env.invalidate_all()

    def _sell(self):
        order = self._quote(terms=self.terms, price=1000)
        order.action_confirm()
        return order.installment_plan_ids, order.picking_ids

    def test_the_last_refrigerator_is_held_delivered_and_paid(self):
        """C10, C11, C18: the first customer does not pay the deposit, the second does and gets the goods."""
        (first, first_picking), (second, second_picking) = self._sell(), self._sell()
        self.assertEqual((first_picking.state, second_picking.state), ('assigned', 'confirmed'))

        self._stock_night('2026-01-20')
        self.assertEqual(first_picking.state, 'confirmed')
        self._walk(second, [('2026-01-20', 215.0)])
        self.assertEqual(second_picking.state, 'assigned')
        for picking, is_delivered in ((first_picking, False), (second_picking, True)):
            picking.move_ids.quantity = 1
            picking.move_ids.picked = True
            if is_delivered:
                picking.button_validate()
            else:
                with self.assertRaises(UserError):
                    picking.button_validate()
                picking.move_ids.picked = False
                picking.move_ids.quantity = 0
        self.assertEqual(second_picking.state, 'done')
        self.assertEqual(second.sale_order_id.order_line.qty_delivered, 1)
        self.assertEqual(self.fridge.with_context(location=self.shelf.id).qty_available, 0)

        self._walk(second, [(str(line.date_due), line.amount) for line in second.line_ids.filtered('number')])
        self.assertFinished(second)
        first.action_cancel()
        first.sale_order_id._action_cancel()
        self.assertEqual(first_picking.state, 'cancel')
        self.assertEqual((first.amount_residual, first.deferred_balance), (0.0, 0.0))
        self.env.flush_all()
        ((delivered,),) = self.env['installment.stock.turnover']._read_group(
            [('product_id', '=', self.fridge.id)], aggregates=['delivered_installments:sum'])
        self.assertEqual(delivered, 1.0)
