"""Stored cards pay installments on their day, and a missing answer is never met with a second charge."""

from unittest.mock import patch

import requests
from freezegun import freeze_time
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import InstallmentCase
from .provider import SEND, ProviderAnswers


@tagged('post_install', '-at_install')
class TestInstallmentCharge(ProviderAnswers, AccountPaymentCommon, InstallmentCase):

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.free)
        self.token = self._create_token(partner_id=self.customer.id)
        self.plan.set_payment_token(self.token.id)
        self.sent = []

    def _cron(self, day, answer):
        """Run the job on a day; `answer` is what the provider does with each transaction."""
        def send(transaction):
            self.sent.append(transaction.reference)
            answer(transaction)

        with freeze_time(day), self.enter_registry_test_mode(), mute_logger(
            'odoo.addons.installment_sales.models.card_charge_mixin',
        ), patch(SEND, send):
            self.env.ref('installment_sales.installment_charge_cron').method_direct_trigger()
        self.env.invalidate_all()

    def _states(self):
        return self.plan.charge_ids.sorted('id').mapped('state')

    def test_a_due_installment_is_charged_and_booked(self):
        self._cron('2026-02-15', self._pays)
        self.assertRecordValues(self.plan.charge_ids, [{'state': 'done', 'amount': 333.33, 'number': 1}])
        self.assertEqual(self.plan.line_ids.sorted('number').mapped('amount_residual'), [0.0, 333.33, 333.34])

    def test_nothing_is_charged_before_its_day_or_twice(self):
        self._cron('2026-02-14', self._pays)
        self.assertFalse(self.sent)
        self._cron('2026-02-15', self._pays)
        self._cron('2026-02-15', self._pays)
        self.assertEqual(self.sent, [f'{self.plan.name}/1-1'])

    def test_a_missing_answer_blocks_every_further_charge(self):
        """2.9: a timeout is never answered by a second charge."""
        self._cron('2026-02-15', self._is_silent)
        self._cron('2026-02-20', self._pays)
        self.assertEqual(self._states(), ['unknown'])
        self.assertEqual(len(self.sent), 1)

    def test_a_provider_that_takes_no_answer_for_a_decline_is_not_believed(self):
        """2.9: after a timeout most providers of Odoo set a transaction to error, as after a word of the bank."""
        outcomes = {
            'a timeout': (requests.exceptions.Timeout(), 'unknown'),
            'no connection': (requests.exceptions.ConnectionError(), 'unknown'),
            'a broken server': (self._answer(503), 'unknown'),
            'the same request is still at work': (self._answer(409), 'unknown'),
            'a word of the bank': (self._answer(402), 'declined'),
        }
        for name, (told, state) in outcomes.items():
            plan = self._sold(self.free)
            plan.set_payment_token(self.token.id)
            with self.subTest(name), patch('requests.request', side_effect=[told]), mute_logger(
                    'odoo.addons.payment.models.payment_provider'):
                with freeze_time('2026-02-15'):
                    charge = self.env['installment.charge'].sudo()._claim(plan.line_ids.sorted('number')[0])
                with patch(SEND, self._asks_as_most_do), mute_logger(
                        'odoo.addons.installment_sales.models.card_charge_mixin'):
                    charge._send()
                self.assertEqual(charge.state, state)

    @staticmethod
    def _answer(status):
        answer = requests.Response()
        answer.status_code, answer._content = status, b'no'
        return answer

    @staticmethod
    def _asks_as_most_do(transaction):
        try:
            transaction._send_api_request('POST', 'payments')
        except ValidationError as error:
            transaction._set_error(str(error))

    def test_a_page_of_odoo_still_reads_a_failed_request(self):
        provider = self.token.provider_id
        with patch('requests.request', side_effect=requests.exceptions.Timeout), self.assertRaises(ValidationError):
            provider._send_api_request('POST', 'payments')

    def test_a_declined_charge_that_went_through_after_all_is_not_made_again(self):
        """2.9: the provider corrects itself before the next attempt."""
        self._cron('2026-02-15', self._declines)
        self.plan.charge_ids.transaction_id._set_done()
        self._cron('2026-02-19', self._pays)
        self.assertEqual((self._states(), len(self.sent)), (['done'], 1))
        self.assertEqual(self.plan.amount_residual, 666.67)

    def test_a_late_answer_books_the_payment(self):
        self._cron('2026-02-15', self._is_silent)
        self.plan.charge_ids.transaction_id._set_done()
        self._cron('2026-02-16', self._pays)
        self.assertEqual(self._states(), ['done'])
        self.assertEqual(self.plan.amount_residual, 666.67)

    def test_a_person_may_release_what_the_provider_denies(self):
        self._cron('2026-02-15', self._is_silent)
        self.plan.charge_ids.action_not_charged()
        self._cron('2026-02-19', self._pays)
        self.assertEqual(self._states(), ['declined', 'done'])
        with self.assertRaisesRegex(UserError, "Only an unknown charge"):
            self.plan.charge_ids.action_not_charged()

    def test_a_declined_charge_is_tried_again_after_some_days(self):
        self._cron('2026-02-15', self._declines)
        self._cron('2026-02-17', self._pays)
        self.assertEqual(self._states(), ['declined'])
        self._cron('2026-02-18', self._pays)
        self.assertEqual(self._states(), ['declined', 'done'])

    def test_an_expired_card_is_not_tried_again_until_it_is_replaced(self):
        """N12: by the class of the decline."""
        self._cron('2026-02-15', lambda transaction: transaction._set_error("The card has expired"))
        self._cron('2026-03-10', self._pays)
        self.assertRecordValues(self.plan.charge_ids, [{'state': 'declined', 'is_final': True, 'next_date': False}])
        self.assertTrue(self.plan.activity_ids)
        self.plan.set_payment_token(self._create_token(partner_id=self.customer.id, provider_ref='new').id)
        self._cron('2026-03-11', self._pays)
        self.assertEqual(self._states(), ['declined', 'done'])

    def test_what_a_killed_worker_left_is_unknown(self):
        """A9: nobody knows whether the provider was asked."""
        with freeze_time('2026-02-15'):
            charge = self.env['installment.charge'].sudo()._claim(self.plan.line_ids.sorted('number')[0])
            self.env.flush_all()
        self.env.cr.execute("UPDATE installment_charge SET write_date = '2026-02-15' WHERE id = %s", [charge.id])
        self._cron('2026-02-16', self._pays)
        self.assertEqual((self._states(), self.sent), (['unknown'], []))

    def test_a_charge_that_is_not_booked_yet_is_no_reason_for_another(self):
        """2.9: the money was taken, only the entry is missing; it is made good, not charged again."""
        with freeze_time('2026-02-15'):
            charge = self.env['installment.charge'].sudo()._claim(self.plan.line_ids.sorted('number')[0])
            charge.transaction_id._set_done()
            charge._follow()
            self.assertFalse(self.env['installment.charge'].sudo()._claim(charge.line_id))
        self._cron('2026-02-16', self._pays)
        self.assertEqual((self._states(), self.sent), (['done'], []))
        self.assertEqual(self.plan.amount_residual, 666.67)

    def test_an_installment_has_one_open_charge(self):
        with freeze_time('2026-02-15'):
            charge = self.env['installment.charge'].sudo()._claim(self.plan.line_ids.sorted('number')[0])
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            charge.copy({'number': 2, 'line_id': charge.line_id.id, 'amount': 1}).flush_recordset()

    def test_an_installment_paid_meanwhile_is_not_charged(self):
        self._pay(self.plan, 333.33)
        self._cron('2026-02-15', self._pays)
        self.assertFalse(self.sent)

    def test_a_payment_on_its_way_is_not_charged_on_top(self):
        transaction = self._create_transaction(
            'redirect', amount=333.33, partner_id=self.customer.id, reference='by-hand',
            currency_id=self.plan.currency_id.id, invoice_ids=[(6, 0, self.plan.invoice_id.ids)])
        transaction._set_pending()
        self.assertEqual(self.plan.line_ids.sorted('number').mapped('state'), ['in_process', 'pending', 'pending'])
        self._cron('2026-02-15', self._pays)
        self.assertFalse(self.sent)

    def test_the_card_of_somebody_else_is_refused(self):
        with self.assertRaisesRegex(UserError, "does not belong"):
            self.plan.set_payment_token(self._create_token(partner_id=self.company.partner_id.id).id)

    def test_a_card_stored_with_a_payment_goes_on_paying(self):
        self.free.auto_charge = True
        self.plan = self._sold(self.free)
        transaction = self._create_transaction(
            'token', amount=333.33, partner_id=self.customer.id, token_id=self.token.id, reference='first',
            currency_id=self.plan.currency_id.id, invoice_ids=[(6, 0, self.plan.invoice_id.ids)])
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.plan.payment_token_id, self.token)
