"""Remote calls: batch in, batch out, each thing once, a sentence for every mistake, and no right beyond the methods."""

import json
from inspect import getmembers, isfunction

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from .common import ExchangeCase

CALLS = {
    'upsert_partners': [[]], 'upsert_products': [[]], 'upsert_prices': [[]], 'upsert_invoices': [[]],
    'register_payments': [[]], 'read_transactions': [[]], 'read_receivables': [], 'read_events': [],
    'read_statement': ['C-1', '2026-01-01', '2026-12-31'],
}


class InterfaceCase(ExchangeCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.integrator = cls._user('shop', 'accounting_exchange.group_exchange_integrator',
                                   company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])
        cls.interface = cls.env['exchange.interface'].with_user(cls.integrator).with_company(cls.company)

    def _call(self, method, *values, **named):
        answer = getattr(self.interface, method)(*values, **named)
        json.dumps(answer, allow_nan=False)
        return answer


class TestSend(InterfaceCase):

    def test_customers_are_created_and_brought_up_to_date(self):
        item = {'ref': 'N-1', 'name': "Nora", 'country': 'de', 'is_company': True}
        first = self._call('upsert_partners', [item])
        again = self._call('upsert_partners', [item])
        other = self._call('upsert_partners', [{**item, 'name': "Nora Ltd"}])
        self.assertEqual([answer['taken'][0]['result'] for answer in (first, again, other)],
                         ['created', 'unchanged', 'updated'])
        self.assertEqual(len({answer['taken'][0]['id'] for answer in (first, again, other)}), 1)

    def test_good_items_go_in_and_bad_ones_are_told(self):
        answer = self._call('upsert_partners', [
            {'ref': 'N-1', 'name': "Nora"}, {'ref': 'N-2'}, 5, {'ref': 'N-3', 'name': "X", 'credit_limit': 1},
            {'ref': 'N-4', 'name': "Y", 'country': 'XX'}, {'ref': 'N-1', 'name': "Twice"},
            {'ref': {'a': 1}, 'name': "Z"},
        ])
        self.assertEqual([row['place'] for row in answer['taken']], [1])
        self.assertEqual([row['place'] for row in answer['refused']], [2, 3, 4, 5, 6, 7])
        self.assertIn("“name” is missing", answer['refused'][0]['reason'])

    def test_an_error_of_the_database_refuses_its_item_alone(self):
        self.env.cr.execute("ALTER TABLE res_partner ADD CONSTRAINT no_porto CHECK (city != 'Porto')")
        with mute_logger('odoo.sql_db', 'odoo.addons.accounting_exchange.models.exchange_run'):
            answer = self._call('upsert_partners', [
                {'ref': 'N-1', 'name': "Nora"}, {'ref': 'N-2', 'name': "Bruno", 'city': "Porto"},
            ])
        self.assertEqual([row['place'] for row in answer['taken']], [1])
        self.assertIn("The database refused", answer['refused'][0]['reason'])

    def test_all_or_none(self):
        answer = self._call('upsert_partners', [
            {'ref': 'N-1', 'name': "Nora"}, {'ref': 'N-4', 'name': "Y", 'country': 'XX'},
        ], partial=False)
        self.assertEqual((answer['taken'], [row['place'] for row in answer['refused']]), ([], [2]))
        self.assertFalse(self.env['res.partner'].search([('ref', '=', 'N-1')]))

    def test_products_prices_invoices_and_payments_make_a_sale(self):
        self._call('upsert_products', [{'default_code': 'WEB', 'name': "Hosting", 'list_price': 10}])
        self._call('upsert_prices', [{'product': 'WEB', 'price': 12.5}])
        sent = {'external_ref': 'SHOP-1', 'partner': 'C-1', 'date': '2026-03-01', 'post': True, 'lines': [
            {'product': 'WEB', 'quantity': 2, 'price_unit': 12.5, 'taxes': self.tax.name}, {'description': "Fee",
             'price_unit': 5, 'taxes': ''},
        ]}
        invoice_id = self._call('upsert_invoices', [sent])['taken'][0]['id']
        invoice = self.env['account.move'].browse(invoice_id)
        self.assertEqual((invoice.state, invoice.amount_untaxed), ('posted', 30.0))
        payment = {'external_ref': 'PAY-1', 'partner': 'C-1', 'amount': invoice.amount_total, 'date': '2026-03-02',
                   'invoices': 'SHOP-1'}
        self._call('register_payments', [payment])
        self.assertEqual(invoice.amount_residual, 0.0)
        found = self._call('read_transactions', ['SHOP-1', 'PAY-1', 'NONE'])
        self.assertEqual([(row['found'], row.get('type')) for row in found],
                         [(True, 'invoice'), (True, 'payment'), (False, None)])
        self.assertEqual(found[0]['amount_open'], 0.0)

    def test_a_payment_is_registered_once(self):
        payment = {'external_ref': 'PAY-1', 'partner': 'C-1', 'amount': 10, 'date': '2026-03-02'}
        results = [self._call('register_payments', [payment])['taken'][0] for _time in range(3)]
        self.assertEqual([row['result'] for row in results], ['created', 'unchanged', 'unchanged'])
        self.assertEqual(self.env['account.payment'].search_count([('exchange_ref', '=', 'PAY-1')]), 1)
        refused = self._call('register_payments', [{**payment, 'amount': 11}])['refused']
        self.assertIn("other values", refused[0]['reason'])

    def test_amounts_that_are_none_are_refused(self):
        """F1, F2: NaN, infinity, texts, lists, truth values, too large, negative."""
        for amount in (float('nan'), float('inf'), 1e18, -1, 0, '1e3', '1,5', 'x', True, [1], {'a': 1}, None, ''):
            payment = {'external_ref': 'PAY-1', 'partner': 'C-1', 'amount': amount, 'date': '2026-03-02'}
            with self.subTest(amount):
                answer = self._call('register_payments', [payment])
                self.assertFalse(answer['taken'])
                self.assertTrue(answer['refused'][0]['reason'])

    def test_a_posted_invoice_that_differs_is_refused(self):
        sent = {'external_ref': 'SHOP-1', 'partner': 'C-1', 'date': '2026-03-01', 'post': True,
                'lines': [{'product': 'CARE', 'price_unit': 12.5}]}
        self._call('upsert_invoices', [sent])
        self.assertEqual(self._call('upsert_invoices', [sent])['taken'][0]['result'], 'unchanged')
        refused = self._call('upsert_invoices', [{**sent, 'lines': [{'product': 'CARE', 'price_unit': 1}]}])['refused']
        self.assertIn("Send a credit note", refused[0]['reason'])

    def test_a_draft_is_brought_up_to_date(self):
        sent = {'external_ref': 'SHOP-1', 'partner': 'C-1', 'date': '2026-03-01',
                'lines': [{'product': 'CARE', 'price_unit': 12.5}]}
        first = self._call('upsert_invoices', [sent])['taken'][0]
        second = self._call('upsert_invoices', [{**sent, 'lines': [{'product': 'CARE', 'price_unit': 20}]}])['taken'][0]
        self.assertEqual((second['result'], second['id']), ('updated', first['id']))
        self.assertEqual(self.env['account.move'].browse(first['id']).amount_untaxed, 20.0)

    def test_what_is_no_list_is_refused(self):
        for values in (None, 'x', {}, 5, [{}] * 1001):
            with self.subTest(type(values)), self.assertRaises(UserError):
                self._call('upsert_partners', values)


class TestRead(InterfaceCase):

    def test_receivables_come_in_pages(self):
        invoices = [self._invoice(price) for price in (10.0, 20.0, 30.0)]
        first = self._call('read_receivables', ['C-1'], limit=2)
        second = self._call('read_receivables', ['C-1'], limit=2, after=first['next'])
        rows = first['rows'] + second['rows']
        self.assertEqual([row['number'] for row in rows], [invoice.name for invoice in invoices])
        self.assertEqual(second['next'], 0)
        self.assertEqual(sum(row['amount_open'] for row in rows), 69.0)

    def test_a_statement_adds_up(self):
        self._invoice(100.0, date='2026-01-10')
        self._invoice(10.0, date='2026-02-10')
        self._call('register_payments', [
            {'external_ref': 'PAY-1', 'partner': 'C-1', 'amount': 15, 'date': '2026-02-20'},
        ])
        answer = self._call('read_statement', 'C-1', '2026-02-01', '2026-02-28')
        self.assertEqual((answer['opening'], answer['closing']), (115.0, 111.5))
        self.assertEqual([row['balance'] for row in answer['rows']], [126.5, 111.5])

    def test_events_can_be_fetched(self):
        self.env['exchange.webhook.endpoint'].create({'name': "E", 'url': 'https://example.com'})
        self.env.flush_all()
        invoice = self._invoice()
        self.env.flush_all()
        answer = self._call('read_events')
        self.assertEqual([(row['type'], row['data']['number']) for row in answer['rows']],
                         [('invoice.posted', invoice.name)])
        self.assertFalse(self._call('read_events', after=answer['next'])['rows'])

    def test_unknown_customers_and_days_are_told(self):
        for values in (('X-9', '2026-01-01', '2026-02-01'), ('C-1', '2026-02-30', '2026-03-01'), ('C-1', None, 5)):
            with self.subTest(values), self.assertRaises(UserError):
                self._call('read_statement', *values)


class TestRights(InterfaceCase):

    def test_the_role_reads_no_accounts(self):
        for model in ('account.move', 'account.payment', 'exchange.job', 'exchange.event', 'exchange.link',
                      'exchange.webhook.endpoint', 'datev.export', 'account.journal'):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(self.integrator).has_access('read'))

    def test_others_may_not_call(self):
        """G4: neither employees nor customers, nor whoever runs the exchange by hand."""
        users = [
            self._user('employee', 'base.group_user'), self._user('portal', 'base.group_portal'),
            self._user('manager', 'accounting_exchange.group_exchange_manager'),
        ]
        for user in users:
            for method, values in CALLS.items():
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(self.env['exchange.interface'].with_user(user), method)(*values)

    def test_companies_do_not_see_each_other(self):
        """G16: receivables, transactions and references belong to the company of the caller."""
        invoice = self._invoice()
        other = self._create_company(name="Other")
        stranger = self._user('stranger', 'accounting_exchange.group_exchange_integrator',
                              company_id=other.id, company_ids=[Command.set(other.ids)])
        interface = self.env['exchange.interface'].with_user(stranger).with_company(other)
        self.assertFalse(interface.read_receivables()['rows'])
        self.assertFalse(interface.read_transactions([invoice.name])[0]['found'])
        self.customer.company_id = self.company
        with self.assertRaises(UserError):
            interface.read_statement('C-1', '2026-01-01', '2026-12-31')

    def test_forged_context_opens_no_other_company(self):
        """G7: the company is that of the user, whatever the caller says."""
        other = self._create_company(name="Other")
        interface = self.interface.with_context(allowed_company_ids=other.ids)
        with self.assertRaises(AccessError):
            interface.read_receivables()

    def test_no_method_is_public_by_accident(self):
        """G4: the public methods of our classes are those of the list."""
        for model, names in PUBLIC.items():
            with self.subTest(model):
                found = {
                    name for cls in type(self.env[model]).mro() if getattr(cls, '_module', '') == 'accounting_exchange'
                    for name, method in getmembers(cls, isfunction)
                    if name in vars(cls) and not name.startswith('_') and name not in ('create', 'write', 'init')
                    and not getattr(method, '_api_private', False)
                }
                self.assertEqual(found, names)


PUBLIC = {
    'exchange.interface': set(CALLS),
    'datev.export': {'action_preview', 'action_export', 'action_withdraw', 'action_view_bookings'},
    'datev.export.file': {'action_download', 'action_view_bookings'},
    'datev.booking': set(), 'datev.handover': set(), 'datev.problem': set(), 'datev.person.account': set(),
    'datev.gatherer': set(), 'datev.planner': set(),
    'exchange.job': {'action_preview', 'action_run', 'action_view_runs', 'action_forget'},
    'exchange.column': set(), 'exchange.problem': set(), 'exchange.row.state': set(), 'exchange.link': set(),
    'exchange.run': {'action_deliver_again', 'action_download', 'action_download_refused'},
    'exchange.event': {'action_replay', 'action_open_record'},
    'exchange.delivery': {'action_retry'},
    'exchange.webhook.endpoint': {
        'action_resume', 'action_rotate_secret', 'action_drop_previous_secret', 'action_send_test',
        'action_replay_dead', 'action_view_deliveries',
    },
    'exchange.kind.partners': set(), 'exchange.kind.products': set(), 'exchange.kind.prices': set(),
    'exchange.kind.payments': set(), 'exchange.kind.invoices': set(), 'exchange.kind.receivables': set(),
    'exchange.takeover': {'action_read', 'action_compare', 'action_take_over'},
    'exchange.takeover.line': {'action_accept'}, 'exchange.takeover.oca': set(),
    'account.move': {'action_view_datev_bookings'},
}
"""Every public method this add-on defines."""
