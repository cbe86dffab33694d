"""Mails about prepaid credit: each customer is told once that little is left, none is left, or some expires."""

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .test_credit import CreditCase


@tagged('post_install', '-at_install')
class TestCreditNotice(CreditCase):
    """N9."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = 'ana@example.com'
        cls.Notice = cls.env['service.credit.notice']

    def _follow(self, times=1):
        for _time in range(times):
            self.Grant._follow_company(self.company)
        return self.Notice.search([('company_id', '=', self.company.id)], order='id')

    def _mails(self):
        return self.env['mail.mail'].search([('model', '=', 'service.credit.notice')], order='id')

    def _level(self, threshold=20, **vals):
        return self.env['service.credit.level'].create({
            'partner_id': self.customer.id, 'threshold': threshold, 'user_id': False, **vals,
        })

    def test_the_level_is_told_once_until_it_was_filled_up(self):
        self._level()
        grant = self._grant(40)
        self.assertFalse(self._follow())
        contract = self._contract()
        self._run(contracts=contract)
        notice = self._follow(2)
        self.assertRecordValues(notice, [{
            'kind': 'low', 'amount': 10.0, 'partner_id': self.customer.id, 'mail_state': 'sent',
            'mailed_to': 'ana@example.com',
        }])
        mail = self._mails()
        self.assertRecordValues(mail, [{'state': 'outgoing', 'recipient_ids': self.customer.ids}])
        self.assertIn("10.00", mail.body_html)
        self.assertIn("/my/credit", mail.body_html)
        more = self._grant(50)
        with freeze_time('2026-03-11'):
            self._follow()
        self._run('2026-02-01', contract)
        self._run('2026-03-01', contract)
        self.assertEqual((grant.balance, more.balance), (0.0, 0.0))
        with freeze_time('2026-03-12'):
            self.assertEqual(self._follow(2).mapped('kind'), ['low', 'used'])

    def test_used_up_credit_is_told_once_with_or_without_a_level(self):
        self._grant(20)
        contract = self._contract()
        self._run(contracts=contract)
        self.assertEqual(self._follow(2).mapped('kind'), ['used'])
        self.assertIn("used up", self._mails().body_html)
        self._grant(20)
        self._run('2026-02-01', contract)
        self.assertEqual(self._follow(2).mapped('kind'), ['used', 'used'])

    def test_expiring_credit_is_told_once_before_each_last_day(self):
        grant = self._grant(20, expiry_date='2026-03-24')
        self._grant(20, expiry_date='2026-03-25')
        self.assertRecordValues(self._follow(2), [{'kind': 'expiring', 'grant_id': grant.id, 'amount': 20.0}])
        self.assertIn("03/24/2026", self._mails().body_html)
        grant.expiry_date = '2026-03-20'
        self.assertEqual(self._follow(2).grant_id, grant)
        self.assertEqual(len(self._mails()), 2)
        self.company.service_credit_notice_days = 0
        grant.expiry_date = '2026-03-18'
        self.assertEqual(len(self._follow()), 2)

    def test_what_the_level_tops_up_is_in_the_mail(self):
        self._level(top_up_amount=200)
        self._grant(25)
        self._grant(1, 'paid')
        self._run(contracts=self._contract([{'price_unit': 10.0}]))
        self._follow()
        self.assertIn("200.00", self._mails().body_html)

    def test_who_has_no_address_is_on_the_list(self):
        self.customer.email = False
        self._grant(20, expiry_date='2026-03-20')
        self.assertEqual(self._follow().mail_state, 'no_address')
        self.assertFalse(self._mails())

    def test_each_role_does_what_it_may(self):
        """G1, G3."""
        self._grant(20, expiry_date='2026-03-20')
        notice = self._follow()
        own = {'company_id': self.company.id, 'company_ids': [Command.set(self.company.ids)]}
        other = {'company_id': self.other_company.id, 'company_ids': [Command.set(self.other_company.ids)]}
        for login, group, vals, may in (
            ('n_clerk', 'service_contracts.group_contract_user', own, True),
            ('n_books', 'account.group_account_invoice', own, True),
            ('n_manager', 'service_contracts.group_contract_manager', own, True),
            ('n_stranger', 'service_contracts.group_contract_manager', other, False),
            ('n_portal', 'base.group_portal', {'partner_id': self.customer.id}, False),
        ):
            user = self._user(login, group, **vals)
            self.assertEqual(notice.with_user(user).has_access('read'), may, login)
            for right in ('write', 'create', 'unlink'):
                self.assertFalse(notice.with_user(user).has_access(right), login)
        with self.assertRaises(AccessError):
            notice.with_user(user).read(['key'])
