"""Inventory turnover: what was delivered against what was in stock, and who may read it."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import StockCase


@tagged('post_install', '-at_install')
class TestTurnover(StockCase):

    def setUp(self):
        super().setUp()
        self.env.flush_all()

    def _moved(self, day, quantity, source, dest):
        """Let pieces move on a day, without the paper around it."""
        move = self.env['stock.move'].create({
            'product_id': self.fridge.id, 'product_uom_qty': quantity, 'company_id': self.company.id,
            'location_id': source.id, 'location_dest_id': dest.id,
        })
        move._action_confirm()
        move.quantity, move.picked = quantity, True
        move._action_done()
        move.write({'date': day})
        move.move_line_ids.write({'date': day})
        self.env.flush_all()

    def _story(self):
        shelf = self.warehouse.lot_stock_id
        supplier, customer = (self.env.ref(f'stock.stock_location_{name}') for name in ('suppliers', 'customers'))
        self._moved('2025-11-05', 10, supplier, shelf)
        self._moved('2025-12-10', 4, shelf, customer)

    def test_stock_is_counted_month_by_month(self):
        """C18."""
        self._story()
        rows = self.env['installment.stock.turnover'].search([('product_id', '=', self.fridge.id)], order='month')
        self.assertRecordValues(rows[:3], [
            {'delivered': 0.0, 'closing': 10.0, 'average': 5.0, 'turnover': 0.0},
            {'delivered': 4.0, 'closing': 6.0, 'average': 8.0, 'turnover': 0.5},
            {'delivered': 0.0, 'closing': 6.0, 'average': 6.0, 'turnover': 0.0},
        ])

    def test_the_ratio_of_a_group_comes_from_its_sums(self):
        self._story()
        domain = [('product_id', '=', self.fridge.id), ('month', '<', '2026-01-01')]
        ((turnover, days),) = self.env['installment.stock.turnover']._read_group(
            domain, aggregates=['turnover:avg', 'days_in_stock:avg'])
        self.assertAlmostEqual(turnover, 4 / 6.5)
        self.assertAlmostEqual(days, 2 * 365 / 12 / (4 / 6.5))

    def test_what_went_in_installments_is_told_apart(self):
        self._stock(1)
        self._deliver(self._sold(self.free))
        self.env.flush_all()
        ((delivered, share),) = self.env['installment.stock.turnover']._read_group(
            [('product_id', '=', self.fridge.id)], aggregates=['delivered_installments:sum', 'installment_share:avg'])
        self.assertEqual((delivered, share), (1.0, 1.0))

    def test_who_may_read_it(self):
        company = {'company_ids': [Command.set(self.company.ids)], 'company_id': self.company.id}
        report = self.env['installment.stock.turnover']
        for group in ('installment_sales.group_installment_user', 'stock.group_stock_manager'):
            report.with_user(self._user(group, group, **company)).search([])
        for group in ('base.group_user', 'base.group_portal'):
            with self.assertRaises(AccessError):
                report.with_user(self._user(group, group, **company)).search([])
