"""The page of the referral programme: the own link to share, who joined, and what was earned."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import UserError
from odoo.http import request

from .own_rows import taken_whole

PAGE = '/my/referrals'


class Referrals(CustomerPortal):

    @http.route(PAGE, type='http', auth='user', website=True, methods=['GET'])
    def my_referrals(self, **_others):
        """Show the programme and, to who takes part, the own link and what came of it."""
        Code_sudo = request.env['referral.code'].sudo()  # sudo: only sums and first names of the own code are shown
        offer = Code_sudo._offer_for(request.env.user.partner_id.sudo(), request.website.sudo().company_id)
        code_sudo = offer['code']
        return request.render('customer_portal_ext.portal_referrals', {
            **self._prepare_portal_layout_values(), 'page_name': 'referrals', **offer,
            **(code_sudo._panel_values() if code_sudo else {}),
        })

    @http.route(f'{PAGE}/join', type='http', auth='user', website=True, methods=['POST'])
    def join_programme(self, **_others):
        """Give the customer a code; a second click changes nothing."""
        try:
            with taken_whole():
                # sudo: a customer creates nothing but the own code
                request.env['referral.code'].sudo()._join(
                    request.env.user.partner_id.sudo(), request.website.sudo().company_id)
        except UserError:
            return request.redirect(PAGE)
        return request.redirect(PAGE)
