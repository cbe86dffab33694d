"""The question after contracting: asked once and not of everybody, answered once, and what follows from the answer."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestServiceSatisfaction(PanelPageCase):
    frozen = None  # the links of a rating carry the day of the session

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.portal_ask_days = 14

    def _contract(self, days_ago=14, partner=None):
        today = self.company._service_today()
        contract = self.env['service.contract'].create({
            'partner_id': (partner or self.customer).id, 'company_id': self.company.id,
            'date_start': fields.Date.subtract(today, days=days_ago),
            'line_ids': [Command.create({'product_id': self.hosting.id})]})
        contract.action_activate()
        return contract

    def _asked(self):
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_ask').method_direct_trigger()
        return self.env['service.satisfaction'].search([('company_id', '=', self.company.id)])

    def _answer(self, question, rate, feedback=""):
        self.authenticate(None, None)
        token = question._rating_get_access_token()
        return self.url_open(f'/rate/{token}/submit_feedback', {
            'csrf_token': self._csrf(), 'rate': rate, 'feedback': feedback}).text

    def test_a_customer_is_asked_once_some_days_after_the_contract_began(self):
        contract = self._contract()
        self._contract(days_ago=13)
        self._contract(days_ago=200)
        self._asked()
        question = self._asked()
        self.assertRecordValues(question, [{'contract_id': contract.id, 'state': 'asked'}])
        mails = question.message_ids.filtered(lambda message: "How do you like" in (message.subject or ''))
        self.assertEqual(len(mails), 1)

    def test_who_wants_no_offers_or_no_mail_is_not_asked_and_0_days_ask_nobody(self):
        """G15."""
        self.customer.circular_opt_out = True
        self._contract()
        self._contract(partner=self.neighbour)
        self.env['mail.blacklist'].sudo()._add(self.neighbour.email)
        self.assertFalse(self._asked())
        self.customer.circular_opt_out = False
        self.company.portal_ask_days = 0
        self.assertFalse(self._asked())

    def test_the_panel_asks_too_until_it_is_answered(self):
        self._contract()
        question = self._asked()
        self.authenticate('ana', 'ana')
        self.assertIn(f'/rate/{question._rating_get_access_token()}/5', self.url_open('/my').text)
        self.authenticate('bruno', 'bruno')
        self.assertNotIn('o_panel_satisfaction', self.url_open('/my').text)
        self._answer(question, 5)
        self.authenticate('ana', 'ana')
        self.assertNotIn('o_panel_satisfaction', self.url_open('/my').text)

    def test_an_unhappy_customer_gets_a_case_with_an_activity_and_the_first_answer_counts(self):
        self._contract()
        question = self._asked()
        self._answer(question, 1, "Nobody came.")
        self._answer(question, 5, "All fine.")
        self.assertRecordValues(question.case_id, [{
            'partner_id': self.customer.id, 'contract_id': question.contract_id.id, 'description': "Nobody came."}])
        self.assertEqual(len(question.case_id.activity_ids), 1)
        self.assertEqual((question.state, question.rating_last_value), ('answered', 1))
        with self.assertRaisesRegex(UserError, "not edited"):
            question.state = 'asked'

    def test_a_happy_customer_is_offered_the_referral_link(self):
        """I15."""
        self._contract()
        question = self._asked()
        programme = self.env['referral.programme'].create({
            'name': "Friends bring friends", 'company_id': self.company.id,
            'level_ids': [Command.create({'percent': 10})]})
        code = self.env['referral.code'].create({'programme_id': programme.id, 'partner_id': self.customer.id})
        self.assertIn(f'ref={code.code}', self._answer(question, 5))

    def test_a_customer_who_is_so_so_is_not_asked_to_recommend(self):
        self._contract()
        question = self._asked()
        self.env['referral.programme'].create({
            'name': "Friends bring friends", 'company_id': self.company.id,
            'level_ids': [Command.create({'percent': 10})]})
        self.assertNotIn("Friends bring friends", self._answer(question, 3))
        self.assertFalse(question.case_id)

    def test_customers_reach_no_question_by_remote_call(self):
        """G3."""
        for right in ('read', 'write', 'create', 'unlink'):
            self.assertFalse(self.env(user=self.portal_user)['service.satisfaction'].has_access(right))
