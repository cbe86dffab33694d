"""One cart of services and products: read, signed, paid what is due now, contracted and told, each once."""

from base64 import b64decode

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .checkout_common import PNG, CheckoutCase


@tagged('post_install', '-at_install')
class TestCheckout(CheckoutCase):

    def _signed(self, *plans, product=False):
        """Return the signed order of a visitor."""
        for plan in plans:
            self._add(plan=plan)
        if product:
            self._add_product()
        self._tell()
        self._sign()
        return self._cart()

    # === CART === #

    def test_services_and_products_share_one_cart(self):
        """A7: several services and products at once, what recurs apart, and what is to be paid now."""
        self._add(options=self.option.id)
        self._add(plan=self.trial_plan)
        self._add_product()
        cart = self._cart()
        self.assertEqual(cart.order_line.service_plan_id, self.plan | self.trial_plan)
        self.assertIn(self.course, cart.order_line.product_id)
        page = self.url_open('/shop/cart')
        self.assertTrue(page.url.endswith('/services/order'))
        summary = cart.sudo()._online_summary()
        self.assertEqual(summary['due'], 85 + 1200, "setup, hosting and backup today, the club after its trial")
        self.assertEqual(sum(summary['recurring'].mapped('price_total')), 65)
        self.assertEqual(sum(summary['once'].mapped('price_total')), 50)
        self.assertEqual([(row['date'], row['amount']) for row in summary['to_come'][:2]],
                         [('2026-04-10', 35.0), ('2026-04-10', 30.0)])
        self.assertIn("1,285.00", page.text)

    def test_a_missing_answer_is_told_and_nothing_typed_is_lost(self):
        """A6, A28: choice, options and the uploaded file are there when one answer was missing, and going back."""
        upload = self.env['service.plan.field'].create({'plan_id': self.plan.id, 'name': "Your logo", 'kind': 'file'})
        answer = self.url_open(
            f'/services/{self.plan.id}/add', {
                'csrf_token': self._csrf(), 'options': self.option.id, f'field_{self.choice.id}': "Kiel"},
            files={f'field_{upload.id}': ('logo.png', b64decode(PNG), 'image/png')}).text
        self.assertIn("“Domain name” is needed", answer)
        self.assertRegex(answer, r'value="Kiel"\s+selected=')
        self.assertRegex(answer, rf'value="{self.option.id}"\s+checked=')
        self.assertIn("logo.png", answer)
        self.assertFalse(self._cart().order_line)
        self._add(options=self.option.id, **{f'field_{self.choice.id}': "Kiel"})
        back = self.url_open(f'/services/{self.plan.id}').text
        self.assertIn("logo.png", back)
        self.assertIn('value="example.org"', back)
        self.assertRegex(back, rf'value="{self.option.id}"\s+checked=')
        self.assertIn("“Server in”: choose one", self._add(**{f'field_{self.choice.id}': "Rome"}).text)

    def test_a_plan_in_the_cart_is_changed_not_doubled(self):
        self._add(options=self.option.id)
        self._add()
        self.assertEqual(self._cart().amount_total, 80)

    def test_a_plan_is_taken_out_with_one_click(self):
        """A27."""
        self._add()
        self.url_open('/services/order/remove', {'csrf_token': self._csrf(), 'plan': self.plan.id})
        self.assertFalse(self._cart().order_line or self._cart().field_value_ids)
        self.assertIn("Your order is empty", self.url_open('/services/order').text)

    def test_the_shop_does_not_change_the_quantity_of_a_service(self):
        self._add()
        line = self._cart().order_line[0]
        answer = self.make_jsonrpc_request('/shop/cart/update', {'line_id': line.id, 'quantity': 7})
        self.assertIn("on its own page", answer['warning'])
        self.assertEqual(line.product_uom_qty, 1)

    def test_the_cart_of_another_session_is_not_reached(self):
        self._add()
        self.authenticate(None, None)
        self.assertIn("Your order is empty", self.url_open('/services/order').text)

    def test_a_visitor_tells_who_contracts_and_may_correct_it(self):
        self._add()
        self.assertIn("Tell us your name", self._tell(email='none').text)
        page = self._tell(name="Evee")
        self.assertIn(f'/my/orders/{self._cart().id}', page.url)
        self.assertIn('value="Evee"', self.url_open('/services/order').text)
        self._tell()
        self.assertRecordValues(self._cart().partner_id, [{'name': "Eve", 'email': 'eve@example.com'}])

    def test_a_visitor_with_the_link_to_a_cart_does_not_change_its_customer(self):
        """G5."""
        self._add()
        self._tell()
        self._cart().partner_id = self.customer
        self._tell(name="Mallory", email='mallory@example.com')
        self.assertEqual(self.customer.email, 'ana@example.com')

    # === SIGN === #

    def test_what_is_signed_is_what_was_shown(self):
        self._add()
        page = self._tell().text
        self._add(plan=self.second)
        self.assertIn("has changed", self._sign(page)['error'])
        self.assertFalse(self._cart().signature)

    def test_a_changed_cart_is_signed_again(self):
        order = self._signed(self.plan)
        self.assertTrue(order.signature)
        self.assertEqual(order.online_due, 80)
        self._add(plan=self.second)
        self.assertFalse(order.signature)

    def test_a_service_without_a_charge_today_begins_with_the_signature(self):
        """A16: a trial costs nothing today."""
        self._add(plan=self.trial_plan)
        self._tell()
        answer = self._sign()
        self.assertIn('/services/done/', answer['redirect_url'])
        contract = self._cart().service_contract_ids
        self.assertRecordValues(contract, [{'state': 'active', 'trial_state': 'running'}])
        self.assertIn("free of charge until", self.url_open(answer['redirect_url']).text)

    def test_plans_of_the_same_terms_share_a_contract_and_others_have_their_own(self):
        """A7, A16: a trial of one plan gives no trial of another."""
        order = self._signed(self.plan, self.second, self.trial_plan)
        self._pay(order)
        contracts = order.service_contract_ids
        self.assertEqual(len(contracts), 2)
        trial = contracts.filtered('date_trial_end')
        self.assertEqual(trial.plan_id, self.trial_plan)
        self.assertEqual((contracts - trial).line_ids.plan_id, self.plan | self.second)
        self.assertEqual((contracts - trial).field_value_ids.mapped('value'), ["example.org"])

    def test_the_trial_of_a_plan_is_given_once(self):
        self.authenticate('ana', 'ana')
        for is_trial in (True, False):
            self._add(plan=self.trial_plan)
            self._tell()
            cart = self._cart()
            self.assertEqual(cart._get_prepayment_required_amount(), 0 if is_trial else 30)
            if is_trial:
                self.assertIn('redirect_url', self._sign())

    # === PAY === #

    def test_what_is_due_now_is_paid_billed_and_settled_at_once(self):
        """A33, G7, G9: products and first charges by card; invoices paid, the card kept, both sides told."""
        order = self._signed(self.plan, product=True)
        self.assertEqual(order.state, 'draft')
        page = self._pay(order)
        self.assertEqual((order.state, order.amount_paid), ('sale', 1280))
        contract = order.service_contract_ids
        invoices = order.transaction_ids.invoice_ids
        self.assertEqual(sum(invoices.mapped('amount_total')), 1280)
        self.assertEqual(set(invoices.mapped('payment_state')), {'paid'})
        self.assertEqual(contract.payment_token_id, order.transaction_ids.token_id)
        self.assertEqual(str(contract.next_charge_date), '2026-04-10')
        for told in ("Hosting", "Course", "04/10/2026", "Register", "Withdraw from a contract"):
            self.assertIn(told, page)
        mail = order.message_ids.filtered(lambda message: "is confirmed" in (message.subject or ''))
        self.assertEqual(len(mail), 1)
        for told in ("04/10/2026", "Choose a password", "/cancel-contract"):
            self.assertIn(told, mail.body)

    def test_the_next_run_does_not_charge_the_first_period_again(self):
        """B20."""
        order = self._signed(self.plan)
        self._pay(order)
        run = self.env['service.billing.run'].create({'company_id': self.company.id, 'date': '2026-03-10'})
        run.action_start()
        self.assertFalse(run.entry_ids)
        self.assertFalse(order._bill_first_charges())

    def test_installments_are_chosen_read_signed_and_begun_with_their_first_payment(self):
        """A21, A22: with the full disclosure, the deposit paid at once, and the card kept for the installments."""
        self._add(plan=self.plan)
        self._add_product()
        self._tell()
        order = self._cart()
        self.url_open(f'/my/orders/{order.id}/installments', {
            'csrf_token': self._csrf(), 'access_token': order.access_token, 'terms_id': self.terms.id})
        page = self.url_open(order.get_portal_url()).text
        self.assertIn("Annual percentage rate", page)
        self.assertIn("380.00", page, "a quarter of the course, and the first charges of hosting")
        self._sign(page)
        self.assertEqual(order.online_due, 380)
        self._pay(order)
        plan = order.installment_plan_ids
        self.assertEqual(plan.amount_residual, 900)
        self.assertEqual(plan.payment_token_id, order.transaction_ids.token_id)
        self.assertEqual(plan.accepted_by, "Eve")

    def test_products_alone_may_be_paid_in_installments_too(self):
        self._add_product()
        order = self._cart()
        self.assertFalse(order.is_online_contract)
        self.assertTrue(order._installment_choices())
        order._choose_installments(self.terms.id)
        self.assertTrue(order.is_online_contract and order._has_to_be_signed())

    def test_a_contract_is_not_paid_around_its_signature(self):
        """G5: neither by the page of the shop nor by that of the order."""
        self._add()
        self._tell()
        order = self._cart()
        with self.assertRaisesRegex(JsonRpcException, "ValidationError"), mute_logger('odoo.http'):
            self.make_jsonrpc_request(f'/shop/payment/transaction/{order.id}', {'access_token': order.access_token})
        with self.assertRaisesRegex(JsonRpcException, "UserError"), mute_logger('odoo.http'):
            self._begin_payment(order)
        self.assertFalse(order.transaction_ids)

    def test_the_amount_is_what_was_signed_whatever_the_browser_asks(self):
        order = self._signed(self.plan)
        self.assertEqual(self._begin_payment(order, amount=0.01)['amount'], 80)

    def test_two_browsers_pay_one_order_once(self):
        """B8: the same payment begun twice is one transaction; once it is paid, nothing more is taken."""
        order = self._signed(self.plan)
        first, again = self._begin_payment(order), self._begin_payment(order)
        self.assertEqual(first['reference'], again['reference'])
        other = self._begin_payment(order, tokenization_requested=False)
        self.assertNotEqual(first['reference'], other['reference'])
        self.assertEqual(sorted(order.transaction_ids.mapped('state')), ['cancel', 'draft'])
        self._pay(order)
        with self.assertRaisesRegex(JsonRpcException, "UserError|ValidationError"), mute_logger('odoo.http'):
            order.state = 'sent'
            self._begin_payment(order)
        self.assertEqual(order.transaction_ids.mapped('state').count('done'), 1)
        self.assertEqual(len(order.service_contract_ids), 1)

    def test_a_transfer_is_waited_for(self):
        order = self._signed(self.plan)
        begun = self._begin_payment(order)
        self.make_jsonrpc_request('/payment/demo/simulate_payment', {
            'reference': begun['reference'], 'payment_details': '4242', 'simulated_state': 'pending'})
        self.make_jsonrpc_request('/payment/status/poll', {})
        self.assertIn("wait for your payment", self.url_open(order._done_url()).text)
        self.assertFalse(order.service_contract_ids)
        self.assertFalse(self.env['sale.order'].search(order._abandoned_domain()))
        self.assertTrue(order.has_payment_to_come)
        with self.assertRaises(AccessError):
            order.with_user(self.portal_user).action_payment_arrived()
        for _twice in range(2):
            order.action_payment_arrived()
        self.assertEqual(order.service_contract_ids.state, 'active')
        self.assertEqual(set(order.transaction_ids.invoice_ids.mapped('payment_state')), {'paid'})

    # === AFTER === #

    def test_the_visitor_registers_at_the_end(self):
        """A24."""
        order = self._signed(self.trial_plan)
        page = self.url_open(order._register_url())
        self.assertIn('name="password"', page.text)
        self.assertIn('eve@example.com', page.text)
        self.authenticate('ana', 'ana')
        order.partner_id = self.customer
        self.assertEqual(order._register_url(), '')

    def test_a_cart_that_was_left_becomes_one_lead_with_an_activity(self):
        """A19: only one of somebody we can ask."""
        self._add(plan=self.second)
        self._tell()
        order = self._cart()
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET write_date = '2026-03-08' WHERE id = %s", (order.id,))
        order.invalidate_recordset()
        with self.enter_registry_test_mode():
            cron = self.env.ref('customer_portal_ext.ir_cron_follow_abandoned')
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        lead = order.sudo().abandoned_lead_id
        self.assertEqual((lead.partner_id, len(lead.activity_ids)), (order.partner_id, 1))
        self.assertEqual(self.env['crm.lead'].sudo().search_count([('partner_id', '=', order.partner_id.id)]), 1)
