"""Two payments of one document: one at a time is open, and if both go through the second is a credit to look at."""

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .checkout_common import CheckoutCase
from .common import PanelCase


@tagged('post_install', '-at_install')
class TestPaidTwice(PanelCase, AccountPaymentCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls._invoice(50, '2026-03-01')

    def _begin(self, reference, amount=50):
        return self._payment(self.line, amount, state='draft', operation='online_redirect', reference=reference)

    def _arrives(self, transaction):
        transaction._set_done()
        transaction._post_process()

    def test_a_payment_that_was_begun_gives_way_to_the_next(self):
        """B8: neither provider knows of the other."""
        first, second = self._begin('first'), self._begin('second')
        self.assertEqual((first.state, second.state), ('cancel', 'draft'))
        self.assertTrue(first.replaced_on)

    def test_a_part_gives_way_too_and_other_invoices_do_not(self):
        part, other = self._begin('part', amount=20), self._payment(
            self._invoice(50, '2026-03-01'), 50, state='draft', operation='online_redirect')
        self._begin('all')
        self.assertEqual((part.state, other.state), ('cancel', 'draft'))

    def test_a_charge_without_the_customer_is_not_given_up(self):
        offline = self._payment(self.line, 50, state='draft', operation='offline')
        self._begin('by hand')
        self.assertEqual(offline.state, 'draft')

    def test_both_go_through_and_the_second_is_kept_as_credit_whichever_it_is(self):
        """B8: late words of two providers, in both orders of arrival."""
        for number, order in enumerate(((0, 1), (1, 0))):
            with self.subTest(order):
                self.line = self._invoice(50, '2026-03-01')
                begun = [self._begin(f'a{number}'), self._begin(f'b{number}')]
                begun[0].is_post_processed = True  # its browser was shown that it is cancelled
                for index in order:
                    self._arrives(begun[index])
                second = begun[order[1]]
                self.assertEqual([one.payment_id.amount for one in begun], [50, 50])
                self.assertEqual((self.line.amount_residual, self.line.move_id.payment_state), (0, 'paid'))
                credit = second.payment_id.move_id.line_ids.filtered(
                    lambda item: item.account_id == self.line.account_id)
                self.assertEqual(credit.amount_residual, -50)
                activity = self.line.move_id.activity_ids
                self.assertEqual(len(activity), 1)
                self.assertIn("Refund", activity.note)
                self.assertIn(begun[order[0]].reference, activity.note)

    def test_what_is_paid_twice_does_not_pay_other_installments_of_the_invoice(self):
        later = self._invoice(30, '2026-04-01')
        first, second = self._begin('first'), self._begin('second')
        second.write({'invoice_ids': [(4, later.move_id.id)]})
        self._arrives(first)
        self._arrives(second)
        self.assertEqual(later.amount_residual, 30)

    def test_parts_that_add_up_are_no_double_payment(self):
        for reference, amount in (('one', 20), ('two', 30)):
            self._arrives(self._begin(reference, amount))
        self.assertEqual(self.line.amount_residual, 0)
        self.assertFalse(self.line.move_id.activity_ids)

    def test_a_word_that_a_given_up_payment_is_under_way_keeps_others_out(self):
        first, _second = self._begin('first'), self._begin('second')
        first._set_pending()
        with self.assertRaisesRegex(UserError, "on its way"):
            self.env(user=self.portal_user)['account.move.line']._choose_to_pay(self.line.ids, lock=True)

    def test_what_was_cancelled_at_the_provider_stays_cancelled(self):
        first = self._begin('first')
        first._set_canceled()
        with self.assertLogs('odoo.addons.payment.models.payment_transaction', 'WARNING'):
            first._set_done()
        self.assertEqual(first.state, 'cancel')


@tagged('post_install', '-at_install')
class TestOrderPaidTwice(CheckoutCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.provider.copy({'name': "Another card", 'state': 'test', 'is_published': True})

    def _redirects(self):
        """Return two payments of one order that were begun at the pages of their providers."""
        self._add()
        self._tell()
        self._sign()
        order = self._cart()
        begun = [
            self._begin_payment(order, provider_id=provider.id, flow='redirect', tokenization_requested=False)
            for provider in (self.provider, self.other)
        ]
        by_reference = {tx.reference: tx for tx in order.transaction_ids}
        return order, [by_reference[one['reference']] for one in begun]

    def test_an_order_is_contracted_once_and_the_second_payment_is_a_credit(self):
        """B8: in both orders of arrival."""
        for arrival in ((0, 1), (1, 0)):
            with self.subTest(arrival), mute_logger('odoo.http'):
                self.authenticate(None, None)
                self.url_open('/services')
                order, begun = self._redirects()
                self.assertEqual([one.state for one in begun], ['cancel', 'draft'])
                for index in arrival:
                    begun[index]._set_done()
                    begun[index]._post_process()
                self.assertEqual(len(order.service_contract_ids), 1)
                receivables = order._bill_services()
                self.assertEqual(sum(receivables.mapped('amount_total')), 80)
                self.assertEqual(set(receivables.mapped('payment_state')), {'paid'})
                second = begun[arrival[1]]
                self.assertEqual(second.payment_id.amount, 80)
                self.assertFalse(second.payment_id.is_reconciled)
                self.assertIn("Refund", order.activity_ids.filtered(lambda one: "twice" in one.summary).note)
