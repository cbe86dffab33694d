"""The page of the referral programme, the shared link, and what a customer contracts by it."""

from odoo.http import root
from odoo.tests import HttpCase, tagged

from .common import PanelPageCase
from .test_referral import ReferralCase


@tagged('post_install', '-at_install')
class TestReferralPage(ReferralCase, HttpCase):

    _csrf = PanelPageCase._csrf

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def test_a_customer_joins_with_one_click_and_gets_one_code(self):
        self.authenticate('bruno', 'bruno')
        self.assertIn("Get my link", self.url_open('/my/referrals').text)
        for _click in range(2):
            self.url_open('/my/referrals/join', {'csrf_token': self._csrf()})
        code = self.env['referral.code'].search([('partner_id', '=', self.neighbour.id)])
        self.assertEqual(len(code), 1)
        self.assertIn(code.link.replace('&', '&amp;'), self.url_open('/my/referrals').text)

    def test_the_page_shows_first_names_and_sums_and_nothing_of_what_friends_pay(self):
        self._bring()
        line = self._invoice(1234, '2026-03-01', partner=self.friend)
        self._pay(line, 1234)
        self._follow()
        self.authenticate('ana', 'ana')
        page = self.url_open('/my/referrals').text
        self.assertIn("Carla", page)
        self.assertIn("123.40", page)
        for secret in ("Diaz", 'carla@', line.move_id.name, "1,234"):
            self.assertNotIn(secret, page)

    def test_the_page_of_another_shows_nothing_of_mine(self):
        """G1."""
        self._bring()
        self.authenticate('bruno', 'bruno')
        page = self.url_open('/my/referrals').text
        self.assertNotIn("Carla", page)
        self.assertNotIn('ANA-2026', page)
        self.authenticate(None, None)
        self.assertIn('/web/login', self.url_open('/my/referrals').url)

    def test_the_code_of_a_link_stays_with_the_session_the_first_for_good(self):
        for code in ('nobody', 'ana-2026', "<script>"):
            self.url_open('/services', params={'ref': code})
        self.assertEqual(root.session_store.get(self.session.sid).get('referral_code'), 'ANA-2026')

    def test_a_visitor_who_came_by_a_link_contracts_and_counts(self):
        """J11: link, order, confirmation, referral."""
        plan = self.env['service.plan'].create({
            'name': "Web", 'is_published': True, 'company_id': self.company.id,
            'line_ids': [(0, 0, {'product_id': self.hosting.id})]})
        self.url_open('/services?ref=ANA-2026')
        self.url_open(f'/services/{plan.id}/add', {'csrf_token': self._csrf()})
        page = self.url_open('/services/order', {
            'csrf_token': self._csrf(), 'name': "Eve", 'email': 'eve@example.com'})
        order = self.env['sale.order'].search([('is_online_contract', '=', True)], limit=1)
        self.assertEqual(order.referral_code_id, self.code, page.url)
        order.action_confirm()
        self.assertEqual(self.env['referral.referral'].search([('partner_id', '=', order.partner_id.id)]).referrer_id,
                         self.customer)

    def test_a_code_typed_into_the_order_counts_over_that_of_a_link(self):
        other = self.env['referral.code'].create({
            'programme_id': self.programme.id, 'partner_id': self.neighbour.id, 'code': 'BRUNO-1'})
        self.url_open('/services?ref=ANA-2026')
        self.url_open('/services/order', {'csrf_token': self._csrf(), 'referral_code': 'bruno-1'})
        self.assertEqual(root.session_store.get(self.session.sid).get('referral_code'), other.code)

    def test_registering_keeps_the_code_that_was_entered(self):
        self.env['ir.config_parameter'].sudo().set_param('auth_signup.invitation_scope', 'b2c')
        self.env['website'].get_current_website().auth_signup_uninvited = 'b2c'
        self.assertIn('name="referral_code"', self.url_open('/web/signup').text)
        self.url_open('/web/signup', {
            'csrf_token': self._csrf(), 'name': "Fay", 'login': 'fay@example.com', 'password': 'Fay-Fay-2026',
            'confirm_password': 'Fay-Fay-2026', 'referral_code': 'ana-2026'})
        partner = self.env['res.users'].search([('login', '=', 'fay@example.com')]).partner_id
        self.assertEqual(partner.referral_code_used_id, self.code)
