"""The dashboard opens in a browser, with its charts and without an error, also when nothing is owed."""

from odoo.tests import HttpCase, tagged

from .common import DunningCase

COUNT = """
    const found = ['.o_collection_dashboard canvas', '.o_collection_customer', '.o_collection_empty']
        .map((selector) => document.querySelectorAll(selector).length).join();
    console.log(found === '%s' ? 'test successful' : `found ${found}`);
"""
READY = "Boolean(document.querySelector('.o_collection_dashboard'))"


@tagged('post_install', '-at_install')
class TestCollectionDashboard(DunningCase, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user('clerk', 'dunning_sms.group_dunning_user', password='clerk')

    def test_an_empty_company_is_told_what_will_be_here(self):
        self.browser_js('/odoo/collections', COUNT % '0,0,1', READY, login='clerk')

    def test_charts_and_the_first_to_call(self):
        """J10."""
        self._invoice(100, due='2026-02-20')
        self.env['collection.dashboard'].action_refresh()
        self.browser_js('/odoo/collections', COUNT % '4,1,0', READY, login='clerk')
