"""Customers see their own contracts under /my and nothing of others, whatever they type into the address."""

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException

from .common import ContractCase

LIST_ROUTES = {'/my/contracts', '/my/contracts/page/<int:page>', '/my/credit', '/my/credit/page/<int:page>'}
RECORD_ROUTES = {'/my/contracts/<int:contract_id>', '/my/contracts/<int:contract_id>/pdf'}
POST_ROUTES = {'/my/contracts/<int:contract_id>/end-trial'}
"""Tested where what they do is tested: see test_trial."""
SHARE_ROUTES = {
    '/my/contracts/<int:contract_id>/costs/<int:share_id>', '/my/contracts/<int:contract_id>/costs/<int:share_id>/pdf',
}
"""Tested in test_allocation_access.py."""
FORM_ROUTES = {'/my/contracts/<int:contract_id>/readings'}
"""Tested in test_reading_report.py."""
STAFF_ROUTES = {'/service_contracts/figures.xlsx'}
TOKENS = (None, '', 'None', 'False', '[]', 'ünïcödé', '00000000-0000-4000-8000-000000000000')


@tagged('post_install', '-at_install')
class TestPortal(ContractCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id, password='ana')
        cls.neighbour = cls.env['res.partner'].create({'name': "Bruno Neighbour"})

    def setUp(self):
        super().setUp()
        self.own = self._planned()
        self.foreign = self._contract(partner_id=self.neighbour.id)
        self.env['service.billing.run'].create({'date': '2026-02-28'}).action_start()
        self.authenticate('ana', 'ana')

    def _get(self, address, **params):
        return self.url_open(address, params=params, allow_redirects=False)

    # === PAGES === #

    def test_the_list_shows_the_own_contracts_only(self):
        page = self._get('/my/contracts').text
        self.assertIn(self.own.name, page)
        self.assertIn('Hosting', page)
        self.assertNotIn(self.foreign.name, page)

    def test_the_card_counts_the_own_contracts(self):
        self._planned()
        self.assertRegex(self._get('/my').text, r'2\s*(<span[^>]*>\s*</span>\s*)?<span>Contracts</span>')
        counters = self.make_jsonrpc_request('/my/counters', {'counters': ['service_contract_count']})
        self.assertEqual(counters['service_contract_count'], 2)

    def test_a_contract_shows_services_charges_and_invoices(self):
        page = self._get(f'/my/contracts/{self.own.id}').text
        invoices = self.own.entry_ids.move_id
        self.assertEqual(len(invoices), 2)
        for text in ('Setup', 'per month', '04/01/2026', '04/30/2026', *invoices.mapped('name'), 'Due'):
            self.assertIn(text, page)
        for invoice in invoices:
            self.assertIn(f'{invoice.access_url}?report_type=pdf', page)

    def test_every_state_has_its_page(self):
        contracts = [self._planned() for _state in ('suspended', 'ended', 'removed')]
        contracts[0].action_suspend()
        contracts[1]._end(self.env['service.contract']._fields['date_start'].to_date('2026-03-09'), "Test")
        contracts[2]._remove("Test")
        for contract in contracts:
            with self.subTest(contract.state):
                self.assertEqual(self._get(f'/my/contracts/{contract.id}').status_code, 200)

    def test_no_page_writes_a_token(self):
        """What is in an address gets forwarded; the session is enough."""
        self._get('/my/contracts')
        page = self._get(f'/my/contracts/{self.own.id}').text
        self.assertFalse(self.own.access_token)
        self.assertNotIn('access_token=', page)

    def test_the_number_of_queries_does_not_grow_with_the_contracts(self):
        """H5: the list asks as often for twenty contracts as for one."""
        one = self._queries('/my/contracts')
        for _number in range(20):
            self._planned()
        self.assertLessEqual(self._queries('/my/contracts'), one)

    def _queries(self, address):
        """Return how many queries a page needs once the caches of templates and rights are filled."""
        self._get(address)
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.assertEqual(self._get(address).status_code, 200)
        return self.cr.sql_log_count - before

    # === WHAT IS TYPED INTO THE ADDRESS === #

    def test_a_bad_sorting_filter_page_or_date_shows_the_list(self):
        """G1: core answers these with a server error."""
        for params in (
            {'sortby': 'x'},
            {'filterby': 'x'},
            {'sortby': '', 'filterby': ''},
            {'sortby': '\x00'},
            {'date_begin': 'x'},
            {'date_begin': '2026-99-99', 'date_end': '\x00'},
            {'search': "'"},
            {'page': 'x'},
            {'sortby': 'name; drop table'},
        ):
            with self.subTest(params):
                answer = self._get('/my/contracts', **params)
                self.assertEqual(answer.status_code, 200)
                self.assertIn(self.own.name, answer.text)
        for page, status in (('99999999', 200), (10**20, 200), (0, 200), (-1, 200), ('x', 404)):
            with self.subTest(page):
                self.assertEqual(self._get(f'/my/contracts/page/{page}').status_code, status)

    def test_sorting_and_filters_work(self):
        self.own.action_suspend()
        for sortby in ('next', 'start', 'name', 'state'):
            self.assertIn(self.own.name, self._get('/my/contracts', sortby=sortby).text)
        self.assertIn(self.own.name, self._get('/my/contracts', filterby='running').text)
        self.assertNotIn(self.own.name, self._get('/my/contracts', filterby='over').text)

    def test_every_route_is_tested(self):
        """G1: a new route without a test fails here."""
        routes = {
            rule.rule
            for rule in self.env['ir.http'].routing_map().iter_rules()
            if rule.endpoint.func.__module__.startswith('odoo.addons.service_contracts.')
            or rule.rule in RECORD_ROUTES  # also where another add-on goes further
        }
        self.assertEqual(routes, LIST_ROUTES | RECORD_ROUTES | POST_ROUTES | SHARE_ROUTES | FORM_ROUTES | STAFF_ROUTES)

    def test_what_is_not_ones_own_is_answered_alike(self):
        """G1: foreign, draft, deleted, of another company, never made: no answer tells which."""
        deleted = self._planned(activate=False)
        deleted_id = deleted.id
        deleted.unlink()
        draft = self._planned(activate=False)
        abroad = self._abroad()
        token = self.foreign._portal_ensure_token()
        answers = set()
        for route in RECORD_ROUTES:
            for number in (
                self.foreign.id,
                draft.id,
                deleted_id,
                abroad.id,
                -1,
                0,
                2**31 - 1,
                2**31,
                10**20,
                -(10**20),
            ):
                for access_token in (*TOKENS, token):
                    address = route.replace('<int:contract_id>', str(number))
                    answer = self._get(address, access_token=access_token)
                    answers.add((answer.status_code, answer.headers.get('Location')))
        self.assertEqual(answers, {(303, '/my')})
        for number in ('x', '1.5'):
            self.assertEqual(self._get(f'/my/contracts/{number}').status_code, 404)

    def _abroad(self):
        """Return a contract of the customer with a company the portal user does not belong to."""
        company = self.other_company
        return (
            self.env['service.contract']
            .with_company(company)
            .create(
                {
                    'partner_id': self.customer.id,
                    'company_id': company.id,
                    'date_start': '2026-01-01',
                    'line_ids': [Command.create({'product_id': self.hosting.id})],
                }
            )
        )

    def test_nobody_gets_in_without_logging_in(self):
        self.logout()
        token = self.own._portal_ensure_token()
        for route in LIST_ROUTES | RECORD_ROUTES:
            address = route.replace('<int:contract_id>', str(self.own.id)).replace('<int:page>', '1')
            answer = self._get(address, access_token=token)
            with self.subTest(route):
                self.assertEqual(answer.status_code, 303)
                self.assertIn('/web/login', answer.headers['Location'])

    def test_the_routes_take_nothing_from_a_form(self):
        """G5, G12: they answer GET only, to a logged-in user, and change nothing whatever is sent along."""
        forged = {
            'state': 'removed',
            'partner_id': self.neighbour.id,
            'price_unit': '0',
            'discount': '100',
            'company_id': self.other_company.id,
            'access_token': 'x',
        }
        before = self.own.read() + self.own.line_ids.read()
        for route in LIST_ROUTES | RECORD_ROUTES:
            address = route.replace('<int:contract_id>', str(self.own.id)).replace('<int:page>', '1')
            with self.subTest(route):
                self.assertEqual(self._get(address, **forged).status_code, 200)
                self.assertIn(self.url_open(address, data=forged, allow_redirects=False).status_code, (400, 404, 405))
        self.env.invalidate_all()
        self.assertEqual(self.own.read() + self.own.line_ids.read(), before)

    def test_no_route_is_open_or_without_protection(self):
        """G12: the list of routes without CSRF protection is empty."""
        for rule in self.env['ir.http'].routing_map().iter_rules():
            if rule.rule in LIST_ROUTES | RECORD_ROUTES | POST_ROUTES | SHARE_ROUTES | FORM_ROUTES:
                routing, methods = rule.endpoint.routing, ['POST'] if rule.rule in POST_ROUTES else ['GET']
                methods += ['POST'] if rule.rule in FORM_ROUTES else []
                self.assertEqual((routing['auth'], routing['type'], routing['methods']), ('user', 'http', methods))
                self.assertIsNot(routing.get('csrf'), False)

    # === MESSAGES === #

    def test_a_customer_writes_on_the_own_contract(self):
        def post(contract):
            return self.make_jsonrpc_request(
                '/mail/message/post',
                {
                    'thread_model': 'service.contract',
                    'thread_id': contract.id,
                    'post_data': {
                        'body': "Three more mailboxes, please",
                        'message_type': 'comment',
                        'subtype_xmlid': 'mail.mt_comment',
                    },
                },
            )

        post(self.own)
        self.assertIn("Three more mailboxes", self.own.message_ids[0].body)
        with self.assertRaises(JsonRpcException):
            post(self.foreign)
        self.assertNotIn("Three more", str(self.foreign.message_ids.mapped('body')))
