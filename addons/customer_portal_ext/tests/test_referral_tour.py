"""A customer shares a link, a friend contracts by it and pays, and the customer sees what was earned."""

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .test_referral import ReferralCase


@tagged('post_install', '-at_install')
class TestReferralTour(ReferralCase, HttpCase):
    frozen = None  # the browser would take the session for expired

    def test_a_link_is_shared_a_friend_contracts_and_the_commission_is_seen(self):
        """J11."""
        self.code.unlink()
        self.env['service.plan'].create({
            'name': "Shared hosting", 'is_published': True, 'company_id': self.company.id,
            'line_ids': [Command.create({'product_id': self.hosting.id})]})
        self.start_tour('/my', 'customer_portal_ext_share_link', login='ana')
        code = self.env['referral.code'].search([('partner_id', '=', self.customer.id)])
        code.code = 'ANA-2026'
        self.start_tour('/services?ref=ANA-2026', 'customer_portal_ext_friend_contracts')
        order = self.env['sale.order'].search([('referral_code_id', '=', code.id)])
        order.action_confirm()
        today = self.company._service_today()
        self._pay(self._invoice(30, today, partner=order.partner_id, invoice_date=today), 30, today)
        self._follow()
        self.start_tour('/my/referrals', 'customer_portal_ext_see_friend', login='ana')
