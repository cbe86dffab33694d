"""The customer's own statement in the portal, and nobody else's whatever the address says."""

import io
import zipfile

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import DunningCase

ADDRESSES = ('/my/statement', '/my/statement/pdf', '/my/statement/xlsx')


@tagged('post_install', '-at_install')
class TestStatementPage(DunningCase, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._invoice(100, due='2026-02-20')
        cls._pay(cls.own, 40, '2026-03-01')
        cls.foreign = cls._invoice(777, due='2026-02-20', partner=cls.neighbour)
        cls.portal = cls._user('ana', 'base.group_portal', partner_id=cls.customer.id, password='ana')

    def setUp(self):
        super().setUp()
        self.authenticate('ana', 'ana')

    def _get(self, address, **params):
        return self.url_open(address, params=params, allow_redirects=False)

    def test_the_page_shows_the_own_account(self):
        """G2."""
        page = self._get('/my/statement').text
        self.assertIn(self.own.name, page)
        self.assertIn('60.00', page)
        self.assertNotIn(self.foreign.name, page)

    def test_an_earlier_day_shows_what_was_open_then(self):
        page = self._get('/my/statement', as_of='2026-02-28').text
        self.assertIn('100.00', page)
        self.assertNotIn('60.00', page)

    def test_split_by_kind_of_service(self):
        """G1."""
        page = self._get('/my/statement', group_by='service_type').text
        self.assertIn(self.service.categ_id.display_name or "Without kind of service", page)

    def test_the_workbook_holds_the_own_account(self):
        content = self._get('/my/statement/xlsx').content
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            text = ''.join(book.read(name).decode() for name in book.namelist() if name.endswith('.xml'))
        self.assertIn(self.own.name, text)
        self.assertNotIn(self.foreign.name, text)

    def _ask_for_mail(self, **typed):
        return self.url_open('/my/statement/email', {'csrf_token': Request.csrf_token(self), **typed})

    def test_the_statement_is_sent_to_the_user_and_once(self):
        """G3."""
        self.assertIn("on its way to ana@example.com", self._ask_for_mail(group_by='service_type').text)
        self._ask_for_mail(group_by='service_type')
        run = self.env['account.statement.run'].search([('partner_ids', 'in', self.customer.ids)])
        self.assertRecordValues(run, [{'group_by': 'service_type', 'state': 'running'}])
        self.assertRecordValues(run.delivery_ids, [{'email': 'ana@example.com', 'state': 'queued'}])

    def test_asking_again_and_again_sends_no_flood(self):
        """G13."""
        answers = [self._ask_for_mail(date_from=f'2026-01-0{day}').text for day in range(1, 8)]
        self.assertIn("asked for several", answers[-1])
        self.assertEqual(self.env['account.statement.run'].search_count(
            [('partner_ids', 'in', self.customer.ids)]), 5)

    def test_no_address_opens_the_account_of_another(self):
        """G1, G5, G20: ids, days and groupings that make no sense show the own account or nothing."""
        values = (str(self.neighbour.id), '-1', '9' * 20, 'None', '[]', 'ünïcödé', '2026-13-45', '0001-01-01')
        for value in values:
            for name in ('partner_id', 'id', 'as_of', 'date_from', 'group_by', 'company_id', 'wizard_id'):
                answer = self._get('/my/statement', **{name: value})
                with self.subTest(name=name, value=value):
                    self.assertEqual(answer.status_code, 200)
                    self.assertNotIn(self.foreign.name, answer.text)

    def test_without_login_there_is_no_statement(self):
        self.authenticate(None, None)
        for address in ADDRESSES:
            self.assertEqual(self._get(address).status_code, 303)

    def test_customers_do_not_open_what_staff_has_on_screen(self):
        """G1: the workbooks of staff."""
        wizard = self.env['account.statement.wizard'].create({'partner_id': self.neighbour.id})
        for address in (f'/dunning/statement/{wizard.id}/xlsx', '/dunning/statement/99999999999/xlsx',
                        '/dunning/figures/xlsx'):
            self.assertEqual(self._get(address).status_code, 404)
