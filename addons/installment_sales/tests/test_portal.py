"""The order page of the portal: the disclosure comes before the signature, and binds it."""

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import InstallmentCase

SIGNATURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='


@tagged('post_install', '-at_install')
class TestPortal(InstallmentCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.annuity.consequences = "<p>The warranty ends.</p>"
        self.order = self._order(self.annuity, require_payment=False)
        self.order.action_quotation_sent()
        self.url = self.order.get_portal_url()

    def _accept(self, fingerprint, signature=SIGNATURE):
        url = f'/my/orders/{self.order.id}/accept?access_token={self.order.access_token}&installments={fingerprint}'
        return self.make_jsonrpc_request(url, {'name': "Ana", 'signature': signature})

    def test_cost_rate_and_consequences_are_shown_before_the_signature(self):
        page = self.url_open(self.url).text
        for text in ('171.07', 'Total cost of the credit', 'The warranty ends.', self.order._installment_fingerprint()):
            self.assertIn(text, page)

    def test_signing_accepts_exactly_the_figures_shown(self):
        shown = self.order._installment_fingerprint()
        self.assertNotIn('error', self._accept(shown))
        self.assertRecordValues(self.order, [{
            'state': 'sale', 'installment_accepted_by': "Ana", 'installment_accepted_hash': shown}])
        self.assertEqual(self.order.installment_accepted_from, '127.0.0.1')
        self.assertEqual(self.order.installment_plan_ids.figures_hash, shown)

    def test_other_figures_are_not_signed(self):
        shown = self.order._installment_fingerprint()
        self.order.order_line.price_unit = 2000
        for fingerprint in (shown, '', 'x'):
            self.assertIn('error', self._accept(fingerprint))
        self.assertRecordValues(self.order, [{'state': 'sent', 'signature': False, 'installment_accepted_hash': False}])

    def test_nothing_is_accepted_without_a_signature(self):
        self.assertIn('error', self._accept(self.order._installment_fingerprint(), signature=''))
        self.assertFalse(self.order.installment_accepted_hash)

    def test_a_limit_stops_the_signature(self):
        self.company.installment_limit = 10
        self.assertIn('limit', self._accept(self.order._installment_fingerprint())['error'])
        self.assertEqual(self.order.state, 'sent')

    @mute_logger('odoo.http')
    def test_a_stranger_cannot_accept(self):
        """G1: without the token of the order."""
        result = self.make_jsonrpc_request(f'/my/orders/{self.order.id}/accept', {
            'name': "Mallory", 'signature': SIGNATURE, 'access_token': 'x'})
        self.assertIn('error', result)

    def test_the_page_shows_the_installments_of_the_plan(self):
        self._accept(self.order._installment_fingerprint())
        page = self.url_open(self.url).text
        self.assertIn(self.order.installment_plan_ids.name, page)
        self.assertIn('Pending', page)
