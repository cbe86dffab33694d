"""Stock valuation leaves invoices of services alone: they keep the fast way, goods kept in stock step aside."""

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.service_contracts.posting.eligibility import unreviewed_overrides
from odoo.fields import Command
from odoo.tests import tagged


@tagged('post_install', '-at_install')
class TestFastPosting(AccountTestInvoicingCommon):

    def _bill(self, **product):
        """Return the batches of a run that bills one contract for each of two customers."""
        self.env.user.group_ids |= self.env.ref('service_contracts.group_contract_manager')
        sold = self.env['product.product'].create({'name': "Rented", 'list_price': 20, **product})
        contracts = self.env['service.contract'].create([{
            'partner_id': self.env['res.partner'].create({'name': name}).id, 'date_start': '2026-01-01',
            'line_ids': [Command.create({'product_id': sold.id, 'tax_ids': [Command.clear()]})],
        } for name in ("Ana", "Bruno", "Carla")])
        contracts.action_activate()
        run = self.env['service.billing.run'].create({
            'date': '2026-01-01', 'contract_ids': [Command.set(contracts.ids)],
        })
        run.action_start()
        self.assertFalse(any(contracts.mapped('parked_reason')))
        return run.batch_ids

    def test_no_add_on_beside_stands_in_the_way_of_fast_posting(self):
        self.assertEqual(unreviewed_overrides(self.env), [])

    def test_services_are_posted_the_fast_way_beside_stock_valuation(self):
        batches = self._bill(type='service')
        self.assertEqual((sum(batches.mapped('invoice_count')), bool(sum(batches.mapped('fast_count')))), (3, True))

    def test_goods_kept_in_stock_go_the_ordinary_way(self):
        batches = self._bill(type='consu', is_storable=True)
        self.assertEqual((sum(batches.mapped('invoice_count')), sum(batches.mapped('fast_count'))), (3, 0))
