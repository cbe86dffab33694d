"""Customers choose the card that pays their plan by itself, or stop it; nobody else's."""

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.tests import HttpCase, tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestPlanCard(AccountPaymentCommon, InstallmentCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.plan = self._sold(self.free)
        self.card = self._create_token(partner_id=self.customer.id)
        self._user('ana', 'base.group_portal', password='ana-secret', partner_id=self.customer.id)

    def _choose(self, card, plan=None):
        """Send the form of the own page for a plan."""
        page = self.url_open(f'/my/installments/{self.plan.id}').text
        return self.url_open(f'/my/installments/{(plan or self.plan).id}/card', data={
            'csrf_token': page.split('name="csrf_token" value="')[1].split('"')[0], 'card': card})

    def test_a_customer_chooses_a_card_and_stops_it(self):
        """D4, A22."""
        self.authenticate('ana', 'ana-secret')
        self.assertIn('Nothing is charged by itself', self.url_open(f'/my/installments/{self.plan.id}').text)
        self.assertIn('Stop charging', self._choose(self.card.id).text)
        self.assertEqual(self.plan.payment_token_id, self.card)
        self._choose(0)
        self.assertFalse(self.plan.payment_token_id)

    def test_cards_and_plans_of_others_are_out_of_reach(self):
        """G1."""
        stranger = self.customer.copy()
        other_plan = self._sold(self.free, partner_id=stranger.id)
        other_card = self._create_token(partner_id=stranger.id, provider_ref='other')
        self.authenticate('ana', 'ana-secret')
        for card in (other_card.id, 10**20, 'x', '', '-1', '²'):
            self._choose(card)
            self.assertFalse(self.plan.payment_token_id, card)
        self._choose(self.card.id, other_plan)
        self.assertFalse(other_plan.payment_token_id)
        other_plan._choose_card(self.card.id, self.customer)
        self.assertFalse(other_plan.payment_token_id)
