"""Prepaid credit: who may see, grant and use it, over the screens, the portal and remote calls."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .test_credit import CreditCase


@tagged('post_install', '-at_install')
class TestCreditAccess(CreditCase, HttpCase):
    """G1, G3, G4, G16, F1."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.clerk = cls._user('clerk', 'service_contracts.group_contract_user', **own)
        cls.manager = cls._user('manager', 'service_contracts.group_contract_manager', **own)
        cls.integrator = cls._user('robot', 'service_contracts.group_contract_integrator', **own)
        cls.bookkeeper = cls._user('books', 'account.group_account_invoice', **own)
        cls.portal = cls._user('ana.portal', 'base.group_portal', partner_id=cls.customer.id, password='ana.portal')
        cls.stranger = cls._user('other', 'service_contracts.group_contract_manager', company_id=cls.other_company.id,
                                 company_ids=[Command.set(cls.other_company.ids)])
        cls.neighbour = cls.env['res.partner'].create({'name': "Bruno", 'ref': 'BRU'})

    def _api(self, user=None):
        return self.Grant.with_user(user or self.integrator).with_company(self.company)

    def test_each_role_does_what_it_may(self):
        grant = self._grant(50)
        for user, rights in (
            (self.clerk, ('read',)), (self.integrator, ('read',)), (self.bookkeeper, ('read',)),
            (self.manager, ('read', 'write', 'create', 'unlink')), (self.portal, ('read',)), (self.stranger, ()),
        ):
            for right in ('read', 'write', 'create', 'unlink'):
                with self.subTest(user=user.login, right=right):
                    self.assertEqual(grant.with_user(user).has_access(right), right in rights)
        for user in (self.clerk, self.portal, self.bookkeeper):
            for name in ('action_cancel', 'action_refund', 'action_invoice'):
                with self.subTest(user=user.login, method=name), self.assertRaises(AccessError):
                    getattr(grant.with_user(user), name)()
            with self.assertRaises(AccessError):
                self._api(user).grant_credit([{'key': 'x', 'partner': 'ANA', 'amount': 5}])
        with self.assertRaises(AccessError):
            self._api(self.portal).close_credit([])

    def test_a_customer_sees_the_own_credit_only(self):
        own, _foreign = self._grant(50), self._grant(60, partner_id=self.neighbour.id)
        self._run(contracts=self._contract())
        for model in ('service.credit.grant', 'service.credit.entry'):
            found = self.env[model].with_user(self.portal).search([])
            self.assertEqual(found.commercial_partner_id, self.customer)
        self.assertEqual(self.Grant.with_user(self.portal).search([]), own)

    def test_the_portal_page_tells_balance_expiry_and_history(self):
        self._grant(65, expiry_date='2099-12-31', priority=99)
        self._grant(60, partner_id=self.neighbour.id, name="Secret of Bruno")
        paid = self._grant(50, 'paid', name="Ten minutes pack")
        move = self._run('2026-03-01', self._contract())
        self.authenticate('ana.portal', 'ana.portal')
        page = self.url_open('/my/credit').text
        for text in ("Welcome", "Ten minutes pack", "2099", move[-1].name):
            self.assertIn(text, page)
        self.assertNotIn("Bruno", page)
        report = self.env['ir.actions.report']
        html = str(report._render_qweb_html('account.report_invoice', paid.entry_ids[-1].move_id.ids)[0])
        self.assertIn("Paid by", html)
        self.assertIn("Ten minutes pack", html)

    def test_credit_is_granted_in_batches_and_once(self):
        batch = [
            {'key': 'A', 'partner': 'ANA', 'amount': 50, 'expiry_date': '2026-12-31', 'name': "Welcome", 'priority': 5},
            {'key': 'B', 'partner': self.customer.id, 'amount': 100.5, 'kind': 'paid'},
            {'key': 'C', 'partner': 'BRU', 'amount': 7, 'kind': 'paid', 'invoice': False},
        ]
        first, second = self._api().grant_credit(batch), self._api().grant_credit(batch)
        self.assertEqual([item['created'] for item in first + second], [True] * 3 + [False] * 3)
        self.assertEqual([item['state'] for item in second], ['active', 'waiting', 'active'])
        self.assertTrue(second[1]['invoice'])
        self.assertEqual([item['id'] for item in first], [item['id'] for item in second])
        answer, = self._api().read_credit(['ANA'])
        self.assertEqual(answer['balances'], {self.company.currency_id.name: 50.0})
        self.assertEqual([item['key'] for item in answer['credits']], ['A', 'B'])
        self._run(contracts=self._contract())
        history = self._api().read_credit_history(['A', 'C'])
        self.assertEqual([(row['key'], row['kind'], row['amount'], row['balance_after']) for row in history],
                         [('A', 'draw', -30.0, 20.0)])
        closed = self._api().close_credit(['A', 'C']) and self._api().close_credit(['A', 'C'])
        self.assertEqual([item['state'] for item in closed], ['cancelled', 'refunded'])

    def test_bad_input_is_refused_in_one_sentence_and_nothing_is_granted(self):
        good = {'key': 'G', 'partner': 'ANA', 'amount': 5}
        for bad in (
            'x', {'key': 'K'}, {**good, 'key': ''}, {**good, 'key': 5}, {**good, 'amount': 'ten'},
            {**good, 'amount': -1}, {**good, 'amount': float('nan')}, {**good, 'amount': 0.001},
            {**good, 'kind': 'gift'}, {**good, 'currency': 'XXX'}, {**good, 'currency': 5},
            {**good, 'expiry_date': 'soon'}, {**good, 'partner': 'NOBODY'}, {**good, 'priority': 1000},
            {**good, 'contract': 'NONE'}, {**good, 'x': 1}, {**good, 'contract': ['x']}, {**good, 'currency': ['EUR']},
        ):
            with self.subTest(bad), self.assertRaises(UserError), self.env.cr.savepoint():
                self._api().grant_credit([{**good, 'key': 'first'}, bad])
        self.assertFalse(self.Grant.search([('external_key', 'in', ('first', 'G', 'K'))]))

    def test_the_double_check_finds_a_cent_in_credit(self):
        free, paid = self._grant(10, priority=1), self._grant(50, 'paid')
        self._run('2026-01-01', self._contract())

        def check():
            self.env.flush_all()
            self.env['service.billing.check'].sudo()._check_by_query(self.company, False)
            return self.env['service.billing.finding'].search([('company_id', '=', self.company.id)])
        self.assertFalse(check().filtered(lambda finding: finding.kind != 'gap').mapped('display_name'))
        self.env.flush_all()
        for query in (
            f'UPDATE service_credit_grant SET balance = balance + 0.01 WHERE id = {free.id}',
            f"UPDATE service_credit_entry SET amount = amount + 0.01, signed_amount = signed_amount - 0.01 "
            f"WHERE grant_id = {free.id}",
            f'UPDATE account_move_line SET debit = debit + 0.01 WHERE move_id = {paid.entry_ids.settlement_id.id} '
            f'AND debit > 0',
        ):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(set(check().mapped('kind')), {'credit_balance', 'credit_use', 'credit_payment'})
