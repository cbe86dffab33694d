"""Contract online: the catalog, what a choice costs, the order of a visitor, and the contract that comes of it."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestCatalog(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backup, cls.setup_fee = cls.env['product.product'].create([
            {'name': "Backup", 'type': 'service', 'list_price': 5.0, 'taxes_id': [Command.clear()]},
            {'name': "Setup fee", 'type': 'service', 'list_price': 50.0, 'taxes_id': [Command.clear()]},
        ])
        cls.plan, cls.hidden = cls.env['service.plan'].create([
            {'name': "Hosting online", 'is_published': True, 'line_ids': [
                Command.create({'product_id': cls.setup_fee.id, 'kind': 'one_time'}),
                Command.create({'product_id': cls.hosting.id}),
                Command.create({'product_id': cls.backup.id, 'is_optional': True}),
            ], 'data_field_ids': [
                Command.create({'name': "Domain name"}),
                Command.create({'name': "Server in", 'kind': 'choice', 'choices': "Valencia\nKiel",
                                'is_required': False}),
            ]},
            {'name': "Hidden plan", 'line_ids': [Command.create({'product_id': cls.hosting.id})]},
        ])
        cls.option = cls.plan._optional_lines()
        cls.question, cls.choice = cls.plan.data_field_ids

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _add(self, plan=None, **typed):
        plan = plan or self.plan
        return self.url_open(f'/services/{plan.id}/add', {
            'csrf_token': self._csrf(), f'field_{self.question.id}': "example.org", **typed})

    def _online(self):
        return self.env['sale.order'].search([('is_online_contract', '=', True)], order='id desc', limit=1)

    def test_the_catalog_shows_what_is_published(self):
        page = self.url_open('/services').text
        self.assertIn("Hosting online", page)
        self.assertNotIn("Hidden plan", page)
        self.assertTrue(self.url_open(f'/services/{self.hidden.id}').url.endswith('/services'))

    def test_visitors_read_no_references_of_products(self):
        self.hosting.default_code = 'HOST'
        line = self.plan._included_lines().filtered(lambda line: line.product_id == self.hosting)
        line.name = "[HOST] Hosting\nfor one site"
        self.assertEqual(line._catalog_name(), "Hosting")
        self.assertNotIn("[HOST]", self.url_open(f'/services/{self.plan.id}').text)

    def test_a_choice_is_quoted_as_it_would_be_billed_and_leaves_no_trace(self):
        before = self.env['service.contract'].search_count([])
        quote = self.plan._quote(self.customer, self.company, self.option.ids)
        self.assertEqual(sorted(row['amount'] for row in quote['recurring']), [5, 30])
        self.assertEqual([row['amount'] for row in quote['one_time']], [50])
        self.assertEqual([row['amount'] for row in quote['charges'][:3]], [85, 35, 35])
        self.assertEqual(str(quote['charges'][1]['date']), '2026-04-10')
        self.assertEqual(self.env['service.contract'].search_count([]), before)

    def test_the_calculator_answers_by_remote_call(self):
        answer = self.make_jsonrpc_request(f'/services/{self.plan.id}/quote', {'options': str(self.option.id)})
        self.assertIn("85.00", answer['html'])
        answer = self.make_jsonrpc_request(f'/services/{self.hidden.id}/quote', {})
        self.assertIn("not offered", answer['problem'])

    def test_a_missing_answer_is_told_and_what_was_typed_stays(self):
        """A6, A28: going back never loses what was typed."""
        self.url_open('/services')
        answer = self.url_open(f'/services/{self.plan.id}/add', {
            'csrf_token': self._csrf(), 'options': self.option.id, f'field_{self.choice.id}': "Kiel"}).text
        self.assertIn("“Domain name” is needed", answer)
        self.assertRegex(answer, r'value="Kiel"\s+selected=')
        self.assertIn("“Server in”: choose one", self._add(**{f'field_{self.choice.id}': "Rome"}).text)
        self.assertFalse(self._online().order_line)

    def test_a_visitor_contracts_without_an_account(self):
        """A7, A22, A24: an order of several services, who contracts, then signing on the order's own page."""
        second = self.hidden.copy({'name': "Second", 'is_published': True})
        self.url_open('/services')
        self._add(options=self.option.id)
        self._add(plan=second)
        order = self._online()
        self.assertEqual(len(order.order_line.service_plan_id), 2)
        self.assertEqual(order.amount_total, 115)
        self.assertIn("Tell us your name", self.url_open('/services/order', {
            'csrf_token': self._csrf(), 'name': "Eve", 'email': 'none'}).text)
        signing = self.url_open('/services/order', {
            'csrf_token': self._csrf(), 'name': "Eve", 'email': 'eve@example.com'})
        self.assertIn(f'/my/orders/{order.id}', signing.url)
        self.assertRecordValues(order.partner_id, [{'name': "Eve", 'email': 'eve@example.com'}])
        order.action_confirm()
        contract = order.service_contract_ids
        self.assertEqual(contract.state, 'active')
        self.assertEqual(contract.field_value_ids.mapped('value'), ["example.org"])
        self.assertEqual(sorted(contract.line_ids.mapped('price_unit')), [5, 30, 30, 50])

    def test_a_service_is_taken_out_with_one_click(self):
        self.url_open('/services')
        self._add()
        self.url_open('/services/order/remove', {'csrf_token': self._csrf(), 'plan': self.plan.id})
        self.assertFalse(self._online().order_line)
        self.assertFalse(self._online().field_value_ids)
        self.assertIn("Your order is empty", self.url_open('/services/order').text)

    def test_the_order_of_another_session_is_not_reached(self):
        self.url_open('/services')
        self._add()
        self.authenticate(None, None)
        self.assertIn("Your order is empty", self.url_open('/services/order').text)

    def test_only_what_can_be_delivered_is_sold(self):
        """A26: a plan with one place is contracted once."""
        self.plan.capacity = 1
        contract = self.env['service.contract'].create(
            {'partner_id': self.customer.id, 'plan_id': self.plan.id, 'company_id': self.company.id})
        contract.action_load_plan()
        contract.action_activate()
        self.assertTrue(self.plan.is_sold_out)
        self.assertIn("All places are taken", self.url_open(f'/services/{self.plan.id}').text)
        with self.assertRaisesRegex(UserError, "as many customers"):
            self.plan._check_contractable()

    def test_another_site_shows_the_form_in_a_frame_only_if_it_is_named(self):
        """A31."""
        page = f'/services/{self.plan.id}?embed=1'
        self.assertEqual(self.url_open(page).headers['Content-Security-Policy'], "frame-ancestors 'self'")
        self.company.portal_embed_origins = 'https://shop.example.com'
        self.assertIn('https://shop.example.com', self.url_open(page).headers['Content-Security-Policy'])

    def test_an_order_that_was_left_becomes_one_lead_with_an_activity(self):
        order = self.env['sale.order'].sudo()._start_online(self.customer, self.env['website'].get_current_website())
        order._add_plan(self.hidden_published(), [], 0, {}, {})
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET write_date = '2026-03-08' WHERE id = %s", (order.id,))
        order.invalidate_recordset()
        with self.enter_registry_test_mode():
            cron = self.env.ref('customer_portal_ext.ir_cron_follow_abandoned')
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        lead = order.abandoned_lead_id
        self.assertEqual((lead.partner_id, len(lead.activity_ids)), (self.customer, 1))
        self.assertEqual(self.env['crm.lead'].sudo().search_count([('partner_id', '=', self.customer.id)]), 1)

    def hidden_published(self):
        self.hidden.is_published = True
        return self.hidden
