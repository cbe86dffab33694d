"""Customers see their own usage with its price before the invoice comes, and nothing of others."""

from odoo.tests import HttpCase, tagged

from .usage import GRADUATED, UsageCase


@tagged('post_install', '-at_install')
class TestUsagePortal(UsageCase, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user('ana', 'base.group_portal', partner_id=cls.customer.id, password='ana')

    def setUp(self):
        super().setUp()
        self.line = self._metered(GRADUATED)
        self._use(self.line, 150)
        self._run('2026-03-01')
        self._use(self.line, 42, moment='2026-03-05 12:00:00')
        self.authenticate('ana', 'ana')

    def test_the_page_shows_usage_so_far_and_how_billed_usage_came_about(self):
        page = self.url_open(f'/my/contracts/{self.line.contract_id.id}').text
        for text in ("42 min", "4.20", "Billed usage", "100 min × ", "1 records of Minutes (Sum)"):
            self.assertIn(text, page)

    def test_a_contract_without_usage_has_no_such_section(self):
        page = self.url_open(f'/my/contracts/{self._contract().id}').text
        self.assertNotIn("o_service_portal_usage", page)

    def test_usage_of_others_leads_home(self):
        foreign = self._metered(contract={'partner_id': self.other_company.partner_id.id})
        page = self.url_open(f'/my/contracts/{foreign.contract_id.id}', allow_redirects=False)
        self.assertEqual(page.status_code, 303)
