"""Registering with a referral code, entered or brought by a link."""

from odoo.addons.auth_signup.controllers.main import AuthSignupHome
from odoo.http import request

from ..models.referral_code import KEY


class ReferralSignup(AuthSignupHome):

    def get_auth_signup_qcontext(self):
        # EXTENDS auth_signup: the code of the link stands in the form
        return {'referral_code': request.session.get(KEY, ''), **super().get_auth_signup_qcontext()}

    def _signup_with_values(self, token, values, *args, **kwargs):
        # EXTENDS auth_signup: the customer who was made keeps the code
        typed = request.session.get(KEY)
        result = super()._signup_with_values(token, values, *args, **kwargs)
        if typed and not token:
            Users_sudo = request.env['res.users'].sudo()  # sudo: the account was made a moment ago by this request
            user_sudo = Users_sudo.search([('login', '=', values.get('login'))], limit=1)
            user_sudo.partner_id._note_referral_code(typed, request.website.sudo().company_id)
        return result
