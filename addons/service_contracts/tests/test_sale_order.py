"""A confirmed quotation opens one contract, and the contract bills what the order does not."""

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import ContractCase


class TestSaleOrder(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hosting.service_plan_id = cls.plan
        cls.book = cls.env['product.product'].create({
            'name': "Handbook", 'list_price': 10.0, 'type': 'service', 'invoice_policy': 'order',
            'taxes_id': [Command.set(cls.tax.ids)],
        })

    def _order(self, *products, **vals):
        return self.env['sale.order'].create({
            'partner_id': self.customer.id, **vals,
            'order_line': [Command.create({'product_id': product.id}) for product in products],
        })

    def test_a_confirmed_quotation_opens_a_running_contract(self):
        order = self._order(self.hosting)
        order.order_line.write({
            'price_unit': 25.0, 'discount': 10.0, 'product_uom_qty': 2, 'name': "Hosting of ana.example",
        })
        order.action_confirm()
        contract = order.service_contract_ids
        self.assertRecordValues(contract, [{
            'state': 'active', 'partner_id': self.customer.id, 'plan_id': self.plan.id, 'date_start': date(2026, 3, 10),
            'next_charge_date': date(2026, 3, 10), 'sale_order_count': 1,
        }])
        self.assertRecordValues(contract.line_ids, [{
            'product_id': self.hosting.id, 'name': "Hosting of ana.example", 'quantity': 2.0, 'price_unit': 25.0,
            'discount': 10.0, 'price_subtotal': 45.0, 'kind': 'recurring', 'sale_line_id': order.order_line.id,
            'plan_line_id': self.plan.line_ids[1].id,
        }])
        self.assertEqual(contract.line_ids.tax_ids, order.order_line.tax_ids)
        self.assertEqual(contract.sale_order_ids, order)

    def test_several_services_come_into_one_contract(self):
        """A7 of the capabilities: one contract for several services at once."""
        yearly = self.plan.copy({'name': "Yearly", 'interval_unit': 'year'})
        backup = self.env['product.product'].create({
            'name': "Backup", 'type': 'service', 'service_plan_id': yearly.id,
        })
        order = self._order(self.hosting, backup)
        order.action_confirm()
        self.assertEqual(len(order.service_contract_ids), 1)
        self.assertRecordValues(order.service_contract_ids.line_ids, [
            {'interval_unit': 'month', 'plan_id': self.plan.id}, {'interval_unit': 'year', 'plan_id': yearly.id},
        ])

    def test_confirming_twice_makes_no_second_contract(self):
        order = self._order(self.hosting)
        order.action_confirm()
        order._open_service_contract()
        self.assertEqual(len(order.service_contract_ids.line_ids), 1)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            order.service_contract_ids.line_ids.copy({'sale_line_id': order.order_line.id})

    def test_the_order_leaves_billing_to_the_contract(self):
        order = self._order(self.hosting, self.book)
        order.action_confirm()
        hosting, book = order.order_line
        self.assertRecordValues(hosting + book, [
            {'qty_to_invoice': 0.0, 'invoice_status': 'invoiced', 'untaxed_amount_to_invoice': 0.0},
            {'qty_to_invoice': 1.0, 'invoice_status': 'to invoice', 'untaxed_amount_to_invoice': 10.0},
        ])
        invoice = order._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.product_id, self.book)
        self.assertEqual(order.invoice_status, 'invoiced')

    def test_an_order_of_services_only_has_nothing_to_invoice(self):
        order = self._order(self.hosting)
        order.action_confirm()
        self.assertEqual(order.invoice_status, 'invoiced')
        order._force_lines_to_invoice_policy_order()
        self.assertFalse(order._get_invoiceable_lines())
        with self.assertRaises(UserError):
            order._create_invoices()

    def test_a_plan_that_waits_leaves_a_draft_which_goes_with_the_order(self):
        self.plan.auto_activate = False
        order = self._order(self.hosting)
        order.action_confirm()
        contract = order.service_contract_ids
        self.assertEqual(contract.state, 'draft')
        order._action_cancel()
        self.assertFalse(contract.exists())
        order.action_draft()
        order.action_confirm()
        self.assertEqual(order.service_contract_ids.state, 'draft')

    def test_a_running_contract_outlives_its_order(self):
        order = self._order(self.hosting)
        order.action_confirm()
        contract = order.service_contract_ids
        order._action_cancel()
        self.assertEqual(contract.state, 'active')
        self.assertIn("was cancelled", contract.message_ids[0].body)

    def test_a_plan_adds_its_services_to_the_quotation(self):
        self.plan.line_ids[0].write({'price_source': 'fixed', 'price_unit': 5.0})
        with Form(self.env['sale.order']) as form:
            form.partner_id = self.customer
            form.service_plan_to_add_id = self.plan
            self.assertFalse(form.service_plan_to_add_id)
        order = form.record
        self.assertRecordValues(order.order_line, [
            {'product_id': self.setup.id, 'price_unit': 5.0, 'service_recurrence': False},
            {'product_id': self.hosting.id, 'price_unit': 30.0, 'service_recurrence': "per month"},
        ])
        self.assertEqual(order.service_monthly_total, 30.0)
        order.action_confirm()
        self.assertEqual(order.service_contract_ids.line_ids.mapped('kind'), ['one_time', 'recurring'])

    def test_the_plan_is_added_by_remote_call_too(self):
        order = self._order(self.book)
        order.action_add_service_plan(self.plan.id)
        self.assertEqual(order.order_line.product_id, self.book + self.setup + self.hosting)

    def test_an_unknown_plan_is_refused_in_a_sentence(self):
        """F1: no id, and an id of nothing."""
        for plan_id in (None, 'x', 2**40, -1, [], {}):
            with self.subTest(plan_id), self.assertRaisesRegex(UserError, "There is no plan"):
                self._order(self.book).action_add_service_plan(plan_id)

    def test_what_keeps_a_contract_from_running_does_not_keep_the_customer_from_buying(self):
        order = self._order(self.hosting)
        self.customer.active = False
        order.action_confirm()
        contract = order.service_contract_ids
        self.assertEqual(contract.state, 'draft')
        self.assertIn("archived", contract.activity_ids.note)

    def test_a_line_added_to_a_confirmed_order_joins_its_contract(self):
        order = self._order(self.hosting)
        order.action_confirm()
        order.order_line = [Command.create({'product_id': self.hosting.id})]
        self.assertEqual(len(order.service_contract_ids), 1)
        self.assertEqual(len(order.service_contract_ids.line_ids), 2)

    def test_a_salesperson_without_contract_rights_may_confirm(self):
        seller = self._user('seller', 'sales_team.group_sale_salesman_all_leads')
        order = self._order(self.hosting).with_user(seller)
        order.action_confirm()
        self.assertEqual(order.service_contract_count, 1)
        self.assertEqual(order.sudo().service_contract_ids.state, 'active')

    def test_the_quotation_says_how_often_a_service_is_billed(self):
        order = self._order(self.hosting, self.book)
        html, _type = self.env['ir.actions.report']._render_qweb_html('sale.report_saleorder', order.ids)
        self.assertIn(b'per month', html)

    def test_a_customer_counts_the_contracts_of_its_contacts(self):
        contact = self.env['res.partner'].create({'name': "Office", 'parent_id': self.customer.id})
        self._contract()
        self._contract(partner_id=contact.id)
        self.assertRecordValues(self.customer + contact, [{'service_contract_count': 2}, {'service_contract_count': 1}])
        domain = self.customer.action_view_service_contracts()['domain']
        self.assertEqual(self.env['service.contract'].search_count(domain), 2)
