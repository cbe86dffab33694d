"""Who may see and do what with shared costs: beneficiaries their own shares, companies their own."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .allocation import AllocationCase

MODELS = (
    'service.allocation.group', 'service.allocation.unit', 'service.allocation.occupancy', 'service.allocation.season',
    'service.allocation.reading', 'service.allocation', 'service.allocation.item', 'service.allocation.line',
    'service.reading.report', 'service.allocation.reading.import',
)


@tagged('post_install', '-at_install')
class TestAllocationAccess(AllocationCase, HttpCase):

    def setUp(self):
        super().setUp()
        self._read_all(500, 300, 200)
        self.statement = self._statement(note="Bills can be seen at the office.")
        self.own, self.foreign = self.statement.line_ids[:2]
        self.contract = self.own.contract_id
        self.portal = self._user('tenant', 'base.group_portal', partner_id=self.own.partner_id.id, password='tenant')

    def _page(self, line=None, contract=None, suffix=''):
        line, contract = line or self.own, contract or self.contract
        return f'/my/contracts/{contract.id}/costs/{line.id}{suffix}'

    def test_a_beneficiary_reads_the_own_shares_of_confirmed_statements_only(self):
        """G3: by remote calls, on every model."""
        Line = self.env['service.allocation.line'].with_user(self.portal)
        self.assertFalse(Line.search([]), "a preview is the office's")
        self.statement.action_confirm()
        self.assertEqual(Line.search([]), self.own)
        with self.assertRaises(AccessError):
            self.foreign.with_user(self.portal).read(['cost'])
        for model in MODELS:
            Model = self.env[model].with_user(self.portal)
            with self.subTest(model):
                self.assertEqual(Model.has_access('read'), model == 'service.allocation.line')
                self.assertFalse(any(Model.has_access(right) for right in ('write', 'create', 'unlink')))
        for method in ('action_compute', 'action_confirm', 'action_cancel', 'action_draft', 'action_adjust'):
            with self.assertRaises(AccessError):
                getattr(self.statement.with_user(self.portal), method)()

    def test_the_portal_shows_how_the_own_share_came_about(self):
        self.statement.action_confirm()
        self.authenticate('tenant', 'tenant')
        contract_page = self.url_open(f'/my/contracts/{self.contract.id}').text
        self.assertIn(self._page(), contract_page)
        page = self.url_open(self._page()).text
        for text in ("Costs 2025", "Flat 1", "by consumption", "500 of 1,000 kWh", "Bills can be seen at the office."):
            self.assertIn(text, page)
        self.assertNotIn("Tenant 2", page)
        answer = self.url_open(self._page(suffix='/pdf'))
        self.assertEqual((answer.status_code, answer.headers['Content-Type'].split(';')[0]), (200, 'application/pdf'))

    def test_what_is_not_ones_own_leads_home(self):
        """G1: foreign, not confirmed, of another contract, never made."""
        self.authenticate('tenant', 'tenant')
        preview = self._page()
        self.assertEqual(self.url_open(preview, allow_redirects=False).status_code, 303)
        self.statement.action_confirm()
        for address in (
            self._page(self.foreign), self._page(self.foreign, self.foreign.contract_id),
            self._page(contract=self.foreign.contract_id), f'/my/contracts/{self.contract.id}/costs/0',
            f'/my/contracts/{self.contract.id}/costs/{10**20}',
        ):
            for suffix in ('', '/pdf'):
                answer = self.url_open(address + suffix, allow_redirects=False)
                self.assertEqual((answer.status_code, answer.headers.get('Location')), (303, '/my'))

    def test_a_clerk_works_out_and_a_bookkeeper_looks(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        bookkeeper = self._user('bookkeeper', 'account.group_account_invoice')
        self.statement.with_user(clerk).action_compute()
        self.assertTrue(self.statement.with_user(bookkeeper).line_ids.mapped('explanation_html'))
        for model in MODELS[:-1]:
            Model = self.env[model]
            self.assertTrue(Model.with_user(clerk).has_access('read'))
            if model != 'service.allocation.season':
                self.assertTrue(Model.with_user(bookkeeper).has_access('read'))
            self.assertFalse(Model.with_user(bookkeeper).has_access('write'))

    def test_companies_do_not_see_each_other(self):
        """G16."""
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        records = (self.group, self.flat_1, self.tenants[0], self.statement, self.statement.item_ids, self.own,
                   self.Reading.search([], limit=1))
        for record in records:
            with self.subTest(record._name):
                self.assertFalse(record.with_user(stranger).search([('id', 'in', record.ids)]))
