"""What tests of contracting online share: plans in the catalog, a product, a sandbox card, the steps of a visitor."""

import re

from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase

PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='


@tagged('post_install', '-at_install')
class CheckoutCase(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('installment_sales.group_installment_manager')
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
        cls.trial_plan = cls.env['service.plan'].create({
            'name': "Club", 'is_published': True, 'trial_count': 1, 'trial_unit': 'month', 'minimum_count': 12,
            'minimum_unit': 'month', 'line_ids': [Command.create({'product_id': cls.hosting.id})],
        })
        cls.course = cls.env['product.product'].create({
            'name': "Course", 'type': 'service', 'list_price': 1200.0, 'taxes_id': [Command.clear()],
            'is_published': True, 'invoice_policy': 'order',
        })
        cls.terms = cls.env['installment.terms'].create({
            'name': "Three times", 'count': 3, 'currency_id': cls.company.currency_id.id, 'company_id': cls.company.id,
            'deposit_type': 'percent', 'deposit_value': 25.0, 'auto_charge': True,
        })
        cls.provider = cls.env.ref('payment.payment_provider_demo').sudo().copy({
            'company_id': cls.company.id, 'name': "Sandbox card", 'state': 'test', 'is_published': True,
        })
        cls.method = cls.env.ref('payment_demo.payment_method_demo')
        cls.second = cls.env['service.plan'].create({
            'name': "Second", 'is_published': True, 'line_ids': [Command.create({'product_id': cls.hosting.id})],
        })

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.url_open('/services')

    # === STEPS === #

    def _add(self, plan=None, **typed):
        plan = plan or self.plan
        answers = {} if plan != self.plan else {f'field_{self.question.id}': "example.org"}
        return self.url_open(f'/services/{plan.id}/add', {'csrf_token': self._csrf(), **answers, **typed})

    def _add_product(self, product=None):
        product = product or self.course
        return self.make_jsonrpc_request('/shop/cart/add', {
            'product_template_id': product.product_tmpl_id.id, 'product_id': product.id, 'quantity': 1})

    def _cart(self):
        return self.env['sale.order'].search([('website_id', '!=', False)], order='id desc', limit=1)

    def _tell(self, name="Eve", email='eve@example.com'):
        """Tell who contracts; return the page that comes next."""
        return self.url_open('/services/order', {'csrf_token': self._csrf(), 'name': name, 'email': email})

    def _sign(self, page=None):
        """Sign the order as its page shows it; return the answer."""
        text = page if page is not None else self.url_open(self._cart().get_portal_url()).text
        address = re.search(r'/my/orders/\d+/accept[^"&]*(?:&amp;[a-z]+=[0-9a-f]*)*', text)[0].replace('&amp;', '&')
        return self.make_jsonrpc_request(address, {'name': "Eve", 'signature': PNG})

    def _begin_payment(self, order, **wanted):
        return self.make_jsonrpc_request(f'/my/orders/{order.id}/transaction', {
            'access_token': order.access_token, 'provider_id': self.provider.id, 'flow': 'direct',
            'payment_method_id': self.method.id, 'token_id': None, 'amount': 1.0, 'tokenization_requested': True,
            'landing_route': '/my', **wanted,
        })

    def _pay(self, order):
        """Pay by the sandbox card; return the last page."""
        begun = self._begin_payment(order)
        self.make_jsonrpc_request('/payment/demo/simulate_payment', {
            'reference': begun['reference'], 'payment_details': '4242', 'simulated_state': 'done'})
        answer = self.make_jsonrpc_request('/payment/status/poll', {})
        return self.url_open(answer['landing_route']).text
