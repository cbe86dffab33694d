"""Sales financed by others: applied for once, decided by the provider, which then owes instead of the customer."""

import json
import time
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..rules.financing import sign
from .common import InstallmentCase

QUIET = mute_logger('odoo.addons.installment_sales.models.financing_application')


@tagged('post_install', '-at_install')
class FinancingCase(InstallmentCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env['res.partner'].create({'name': "Credit Bank"})
        cls.provider = cls.env['installment.financing.provider'].create({
            'name': "Credit Bank", 'partner_id': cls.bank.id, 'fee_percent': 3, 'fee_fixed': 2,
        })
        cls.annuity.write({
            'financing_provider_id': cls.provider.id, 'deposit_type': 'percent', 'deposit_value': 20})

    def _apply(self, outcome='approved'):
        self.provider.sandbox_outcome = outcome
        order = self._order(self.annuity)
        order.action_apply_for_financing()
        return order.financing_application_id

    @QUIET
    def _cron(self):
        with self.enter_registry_test_mode():
            self.env.ref('installment_sales.installment_financing_cron').method_direct_trigger()
        self.env.invalidate_all()
        self.env['account.move']._get_sequence_cache().clear()

    def _owed(self, partner):
        items = self.env['account.move.line'].search([
            ('partner_id', '=', partner.id), ('account_type', '=', 'asset_receivable'),
            ('parent_state', '=', 'posted'),
        ])
        return round(sum(items.mapped('amount_residual')), 2)


@tagged('post_install', '-at_install')
class TestFinancing(FinancingCase):

    def test_an_approved_sale_is_owed_by_the_provider(self):
        """C13, C14: the customer owes the deposit, the provider what is financed."""
        application = self._apply()
        self.assertEqual((application.state, application.order_id.state), ('queued', 'draft'))
        self._cron()
        self.assertRecordValues(application, [{'state': 'approved', 'amount': 800.0, 'sandbox_received': 1}])
        self.assertEqual(application.order_id.state, 'sale')
        self.assertFalse(application.order_id.installment_plan_ids)
        self.assertEqual((self._owed(self.customer), self._owed(self.bank)), (200.0, 800.0))
        self.assertEqual(self.customer.installment_exposure, 0.0)

    def test_the_provider_pays_less_its_fee(self):
        application = self._apply()
        self._cron()
        for _time in range(2):
            application.action_sandbox_pay_out()
        self.assertEqual((application.state, application.payment_id.amount), ('paid', 774.0))
        self.assertEqual(self._owed(self.bank), 0.0)
        fees = self.env['account.move.line'].search([
            ('account_id', '=', self.company.installment_provider_fee_account_id.id)])
        self.assertEqual(sum(fees.mapped('balance')), 26.0)

    def test_a_payout_of_another_amount_leaves_the_rest_open(self):
        application = self._apply()
        self._cron()
        application.sudo()._take_message('paid_out', {'amount': '700.00', 'fee': '26.00'})
        self.assertEqual((application.state, self._owed(self.bank)), ('paid', 100.0))
        self.assertTrue(application.activity_ids)

    def test_a_declined_customer_may_choose_again(self):
        application = self._apply('declined')
        order = application.order_id
        self._cron()
        self.assertEqual((application.state, order.state), ('declined', 'draft'))
        self.assertIn("told to decline", application.reason)
        order.installment_terms_id = self.free
        order.action_confirm()
        self.assertTrue(order.installment_plan_ids)

    def test_an_order_waits_for_the_approval(self):
        order = self._order(self.annuity)
        with self.assertRaisesRegex(UserError, "has not approved"):
            order.action_confirm()

    def test_applying_twice_is_one_application(self):
        application = self._apply()
        application.order_id.action_apply_for_financing()
        application.order_id._choose_installments(self.free.id)
        self.assertEqual(application.order_id.installment_terms_id, self.annuity)
        self.assertEqual(len(application.order_id.financing_application_ids), 1)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            application.sudo().copy().flush_recordset()

    def test_a_timeout_is_asked_for_and_never_sent_again(self):
        """2.9: the provider had it, and approved."""
        application = self._apply('silent')
        self._cron()
        self.assertEqual((application.state, application.sandbox_received), ('unknown', 1))
        self._cron()
        self.assertEqual((application.state, application.sandbox_received), ('approved', 1))

    def test_what_the_provider_never_got_is_sent_again_under_the_same_name(self):
        application = self._apply('lost')
        name = application.request_uuid
        self._cron()
        self.assertEqual((application.state, application.sandbox_received), ('unknown', 0))
        self.provider.sandbox_outcome = 'approved'
        self._cron()
        self._cron()
        self.assertEqual((application.state, application.sandbox_received), ('approved', 1))
        self.assertEqual(application.request_uuid, name)

    def test_what_a_killed_worker_left_is_asked_for(self):
        """A9."""
        application = self._apply()
        application.sudo()._move('sent')
        self.env.flush_all()
        self.env.cr.execute("UPDATE installment_financing_application SET write_date = '2026-01-01'")
        self._cron()
        self.assertEqual(application.sandbox_received, 0)
        self.assertIn(application.state, ('unknown', 'queued'))

    def test_a_decision_can_come_later(self):
        application = self._apply('pending')
        self._cron()
        self.assertEqual(application.state, 'pending')
        application.action_sandbox_approve()
        self.assertEqual((application.state, application.order_id.state), ('approved', 'sale'))
        application.action_sandbox_decline()
        self.assertEqual(application.state, 'approved')

    def test_an_order_changed_meanwhile_is_for_a_person(self):
        application = self._apply('pending')
        self._cron()
        self.annuity.amount_max = 10
        application.action_sandbox_approve()
        self.assertEqual((application.state, application.order_id.state), ('approved', 'draft'))
        self.assertTrue(application.activity_ids)
        self.annuity.amount_max = 0
        application.action_fund()
        self.assertEqual(application.order_id.state, 'sale')

    def test_a_sale_taken_back_is_owed_to_the_provider(self):
        application = self._apply()
        self._cron()
        application.action_sandbox_pay_out()
        with self.assertRaisesRegex(UserError, "Cancel the application first"):
            application.order_id._action_cancel()
        application.action_cancel()
        self.assertEqual((application.state, self._owed(self.customer), self._owed(self.bank)),
                         ('cancelled', 0.0, -800.0))
        application.order_id._action_cancel()

    def test_what_waits_for_an_answer_cannot_be_cancelled(self):
        application = self._apply('pending')
        self._cron()
        with self.assertRaisesRegex(UserError, "has not answered"):
            application.action_cancel()

    def test_the_limit_is_the_risk_of_the_provider(self):
        self.company.installment_limit = 10
        application = self._apply()
        self._cron()
        self.assertEqual(application.order_id.state, 'sale')

    def test_who_may_do_what(self):
        application = self._apply('pending')
        company = {'company_ids': [Command.set(self.company.ids)], 'company_id': self.company.id}
        clerk = self._user('clerk', 'installment_sales.group_installment_user', **company)
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id, **company)
        self.assertEqual(application.with_user(clerk).state, 'queued')
        for user in (clerk, portal):
            for action in ('action_ask', 'action_fund', 'action_cancel', 'action_sandbox_approve'):
                with self.assertRaises(AccessError):
                    getattr(application.with_user(user), action)()
            with self.assertRaises(AccessError):
                self.provider.with_user(user).read(['webhook_secret'])
            with self.assertRaises(AccessError):
                application.with_user(user).write({'state': 'approved'})
        other = self.env['res.company'].create({'name': "Other"})
        stranger = self._user('other', 'installment_sales.group_installment_user',
                              company_ids=[Command.set(other.ids)], company_id=other.id)
        self.assertFalse(application.with_user(stranger).search([]))
        self.assertFalse(self.provider.with_user(stranger).search([]))


@tagged('post_install', '-at_install')
class TestFinancingWebhook(FinancingCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.application = self._apply('pending')
        self._cron()
        self.now = int(time.time())

    def _tell(self, message=None, secret=None, timestamp=None, provider=None, **headers):
        body = json.dumps(message or {
            'event_id': 'e1', 'type': 'approved', 'reference': self.application.request_uuid}).encode()
        timestamp = str(self.now if timestamp is None else timestamp)
        headers.setdefault('X-Financing-Signature', sign(secret or self.provider.webhook_secret, timestamp, body))
        with patch('odoo.addons.installment_sales.models.financing_provider.time.time', return_value=self.now):
            return self.url_open(f'/installments/financing/{provider or self.provider.id}', data=body, headers={
                'Content-Type': 'application/json', 'X-Financing-Timestamp': timestamp, **headers}).status_code

    def test_a_signed_message_is_taken_once(self):
        """E7: three times the same message, one change."""
        self.assertEqual([self._tell() for _time in range(3)], [200, 200, 200])
        self.application.invalidate_recordset()
        self.assertEqual((self.application.state, len(self.application.event_ids)), ('approved', 1))

    def test_forged_old_and_foreign_messages_are_refused(self):
        """E9: 403, never 500."""
        self.assertEqual(self._tell(secret='wrong'), 403)
        self.assertEqual(self._tell(timestamp=self.now - 301), 403)
        self.assertEqual(self._tell(**{'X-Financing-Signature': 'zz'}), 403)
        self.assertEqual(self._tell(provider=10**6), 403)
        self.provider.webhook_secret = False
        self.assertEqual(self._tell(secret='x'), 403)
        self.assertEqual(self.application.state, 'pending')

    def test_a_message_that_comes_too_early_is_told_again(self):
        self.assertEqual(self._tell({'event_id': 'e', 'type': 'approved', 'reference': 'not yet'}), 404)

    def test_nonsense_is_refused(self):
        for message in ({'event_id': 'e'}, {'event_id': 'e', 'type': 'x', 'reference': 'y'}, [1]):
            self.assertEqual(self._tell(message), 400)
