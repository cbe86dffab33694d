"""Expiring cards: the customer is warned 30 days ahead, once, and an expired card is not charged."""

from freezegun import freeze_time
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.tests import tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestCardNotice(AccountPaymentCommon, InstallmentCase):

    def setUp(self):
        super().setUp()
        self.free.auto_charge = True
        self.plan = self._sold(self.free)
        self.token = self._create_token(partner_id=self.customer.id)
        self.token.expires_on = '2026-03-31'
        self.plan.set_payment_token(self.token.id)

    def _cron(self, day, name='card'):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref(f'installment_sales.installment_{name}_cron').method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self):
        return self.env['mail.mail'].search([('model', '=', 'installment.card.notice')])

    def test_the_customer_is_warned_30_days_ahead_once(self):
        """D5, N12: by mail, with an activity for staff."""
        self._cron('2026-02-28')
        self.assertFalse(self._mails())
        for day in ('2026-03-01', '2026-03-01', '2026-03-15'):
            self._cron(day)
        self.assertEqual(len(self._mails()), 1)
        self.assertIn('03/31/2026', self._mails().subject)
        self.assertIn(self.plan.name, self._mails().body_html)
        self.assertEqual(len(self.plan.activity_ids), 1)
        notice = self.env['installment.card.notice'].search([])
        self.assertRecordValues(notice, [{'plan_ids': self.plan.ids, 'partner_id': self.customer.id}])
        self.assertEqual(str(notice.next_date), '2026-04-15')

    def test_a_renewed_card_is_warned_of_again(self):
        self._cron('2026-03-01')
        self.token.expires_on = '2026-04-10'
        self._cron('2026-03-12')
        self.assertEqual(len(self._mails()), 2)

    def test_nobody_is_warned_of_a_card_that_pays_nothing(self):
        self.plan.set_payment_token(None)
        self._cron('2026-03-15')
        self.assertFalse(self._mails())

    def test_an_expired_card_is_not_charged(self):
        self._cron('2026-04-15', 'charge')
        self.assertFalse(self.plan.charge_ids)

    def test_the_provider_tells_when_a_card_expires(self):
        transaction = self._create_transaction('redirect', reference='new card', tokenize=True)
        self.patch(type(transaction), '_extract_token_values', lambda self, data: {'provider_ref': 'x'})
        transaction._tokenize({'card': {'exp_month': 5, 'exp_year': 2027}})
        self.assertEqual(str(transaction.token_id.expires_on), '2027-05-31')

    def test_a_card_stored_in_time_takes_over(self):
        other = self._create_token(partner_id=self.customer.id, provider_ref='new')
        for day, expected in (('2026-02-01', self.token), ('2026-03-10', other)):
            transaction = self._create_transaction(
                'token', amount=1.0, partner_id=self.customer.id, token_id=other.id, reference=f'pays {day}',
                currency_id=self.plan.currency_id.id, invoice_ids=[(6, 0, self.plan.invoice_id.ids)])
            with freeze_time(day):
                transaction._set_done()
                transaction._post_process()
            self.assertEqual(self.plan.payment_token_id, expected)
