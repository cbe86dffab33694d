"""What tests of goods in installments share: a refrigerator in stock, and terms with a down payment."""

from odoo.addons.installment_sales.tests.common import InstallmentCase
from odoo.tests import tagged


@tagged('post_install', '-at_install')
class StockCase(InstallmentCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fridge.is_storable = True
        cls.warehouse = cls.env['stock.warehouse'].search([('company_id', '=', cls.company.id)], limit=1)
        cls.deposit = cls._terms(
            name="20 % at once", method='none', count=4, deposit_type='percent', deposit_value=20,
            delivery_after='deposit', reservation_days=3,
        )

    def _stock(self, quantity):
        self.env['stock.quant']._update_available_quantity(self.fridge, self.warehouse.lot_stock_id, quantity)

    def _picking(self, plan):
        return plan.sale_order_id.picking_ids.filtered(lambda picking: picking.picking_type_code == 'outgoing')

    def _held(self, plan):
        """Return how many pieces are held for a plan."""
        return sum(self._picking(plan).move_ids.filtered(lambda move: move.state != 'done').mapped('quantity'))

    def _deliver(self, plan):
        picking = self._picking(plan)
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        picking.button_validate()
        return picking
