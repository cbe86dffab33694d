"""Automatic payment on the portal: the customer chooses the card that pays a plan, or stops it."""

from odoo import http
from odoo.http import request

from .plan_page import PAGE, PlanPage


class PlanCard(PlanPage):

    @http.route(f'{PAGE}/card', type='http', auth='user', website=True, methods=['POST'])
    def my_plan_card(self, plan_id, card=None, **_others):
        """Let a stored card of the visitor pay the plan from now on, or none; nonsense changes nothing."""
        plan_sudo = self._find_plan(plan_id, None)
        if not plan_sudo:
            return request.redirect('/my')
        if str(card or '').isdecimal():
            plan_sudo._choose_card(int(card), request.env.user.partner_id)
        return request.redirect(f'{plan_sudo.access_url}#card')
