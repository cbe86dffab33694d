"""A financed sale by whose setting the order waits for the deposit."""

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_financing import FinancingCase


@tagged('post_install', '-at_install')
class TestFinancingDeposit(AccountPaymentCommon, FinancingCase):

    def setUp(self):
        super().setUp()
        self.annuity.financing_provider_id.waits_for_deposit = True
        self.application = self._approved()
        self.order = self.application.order_id

    def _approved(self):
        order = self._order(self.annuity)
        order.action_apply_for_financing()
        self._cron()
        return order.financing_application_id

    def test_an_approved_order_waits_for_the_deposit(self):
        """C13: the goods are not given away before the customer has paid the own part."""
        self.assertEqual((self.application.state, self.order.state), ('approved', 'draft'))
        self.assertFalse(self.application.invoice_id)
        self.assertTrue(self.order._has_to_be_paid())
        self.assertEqual(self.order._get_prepayment_required_amount(), 200.0)
        with self.assertRaisesRegex(UserError, "waits for the deposit"):
            self.order.action_confirm()

    def test_the_deposit_confirms_it(self):
        """C13, C14: the customer owes nothing more, the provider what it finances."""
        transaction = self._create_transaction(
            'direct', amount=200.0, partner_id=self.customer.id, currency_id=self.order.currency_id.id,
            sale_order_ids=[(6, 0, self.order.ids)], reference='deposit')
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual((self._owed(self.customer), self._owed(self.bank)), (0.0, 800.0))

    def test_a_manager_confirms_it_when_the_deposit_was_paid_in_cash(self):
        self.application.action_fund()
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual((self._owed(self.customer), self._owed(self.bank)), (200.0, 800.0))

    def test_a_forged_context_confirms_nothing(self):
        """G7."""
        for forged in (True, 'SERVICE_GATE'):
            with self.assertRaisesRegex(UserError, "waits for the deposit"):
                self.order.with_context(financing_without_deposit=forged).action_confirm()
