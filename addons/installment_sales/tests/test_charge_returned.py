"""Money of a charge that went back: nothing is taken again by itself, the rest of the plan goes on."""

from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import InstallmentCase
from .provider import SEND, ProviderAnswers


@tagged('post_install', '-at_install')
class TestChargeReturned(ProviderAnswers, AccountPaymentCommon, InstallmentCase):

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.free)
        self.token = self._create_token(partner_id=self.customer.id)
        self.plan.set_payment_token(self.token.id)
        self._cron('2026-02-15')
        self.charge = self.plan.charge_ids
        self.payment = self.charge.transaction_id.payment_id

    def _cron(self, day):
        with freeze_time(day), self.enter_registry_test_mode(), patch(SEND, self._pays):
            self.env.ref('installment_sales.installment_charge_cron').method_direct_trigger()
        self.env.invalidate_all()

    def _refund(self, amount):
        """Give money back as the webhook of a provider does."""
        with freeze_time('2026-02-20'):
            refund = self.charge.transaction_id._create_child_transaction(amount, is_refund=True)
            refund._set_done()
            refund._post_process()

    def _residuals(self):
        return self.plan.line_ids.sorted('number').mapped('amount_residual')

    def test_a_returned_debit_is_open_again_and_not_charged_by_itself(self):
        """2.9: a direct debit comes back after days."""
        self.payment.action_cancel()
        self.assertEqual(self._residuals(), [333.33, 333.33, 333.34])
        self._cron('2026-02-21')
        self.assertEqual(self.plan.charge_ids.mapped('state'), ['returned'])
        self.assertIn("given back", self.plan.activity_ids.note)
        self.assertBalanced(self.plan)

    def test_a_payment_reopened_by_hand_is_not_charged_again(self):
        self.payment.action_draft()
        self._cron('2026-02-21')
        self.assertEqual(self.plan.charge_ids.mapped('state'), ['returned'])

    def test_a_reversed_payment_is_not_charged_again(self):
        self.payment.move_id._reverse_moves([{'date': '2026-02-20'}], cancel=True)
        self._cron('2026-02-21')
        self.assertEqual(self.plan.charge_ids.mapped('state'), ['returned'])

    def test_a_payment_taken_off_its_installment_is_not_charged_again(self):
        self.payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self.plan.amount_residual, 1000.0)
        self._cron('2026-02-21')
        self.assertEqual(self.plan.charge_ids.mapped('state'), ['returned'])

    def test_the_other_installments_are_charged_on_their_days(self):
        self.payment.action_cancel()
        self._cron('2026-03-15')
        self.assertEqual(sorted(self.plan.charge_ids.mapped('state')), ['done', 'returned'])
        self.assertEqual(sum(self._residuals()), 666.67)

    def test_staff_may_have_it_charged_again(self):
        self.payment.action_cancel()
        self._cron('2026-02-21')
        self.plan.set_payment_token(self.token.id)
        self._cron('2026-02-22')
        self.assertEqual(self.plan.charge_ids.sorted('id').mapped('state'), ['returned', 'done'])

    def test_what_the_bank_takes_back_is_tried_again_after_some_days(self):
        """N12: a returned direct debit."""
        with freeze_time('2026-02-20'):
            self.charge.action_taken_back()
        self.assertEqual(self._residuals(), [333.33, 333.33, 333.34])
        self._cron('2026-02-22')
        self.assertEqual(self.plan.charge_ids.mapped('state'), ['declined'])
        self._cron('2026-02-23')
        self.assertEqual(self.plan.charge_ids.sorted('id').mapped('state'), ['declined', 'done'])
        with self.assertRaisesRegex(UserError, "Only what was paid"):
            self.charge.action_taken_back()
        self.assertBalanced(self.plan)

    def test_a_refund_on_its_way_is_no_payment_of_the_next_installment(self):
        self.charge.transaction_id._create_child_transaction(333.33, is_refund=True)._set_pending()
        self.assertEqual(self.plan.line_ids.sorted('number').mapped('state'), ['paid', 'pending', 'pending'])
        self._cron('2026-03-15')
        self.assertEqual(self._residuals(), [0.0, 0.0, 333.34])

    def test_a_refund_of_the_provider_leaves_what_was_paid_and_tells_staff_once(self):
        for amount in (100.0, 233.33):
            self._refund(amount)
            self._cron('2026-02-21')
            self.assertEqual(self.plan.charge_ids.mapped('state'), ['returned'])
            self.assertEqual(len(self.plan.activity_ids), 1)
        self.assertEqual(self._residuals(), [0.0, 333.33, 333.34])
        self.assertBalanced(self.plan)
