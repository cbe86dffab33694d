"""Links with a referral code: any page of the site opened with ``?ref=CODE`` keeps the code in the session."""

from odoo import models
from odoo.http import request

from .referral_code import KEY


class IrHttp(models.AbstractModel):
    _inherit = 'ir.http'

    @classmethod
    def _frontend_pre_dispatch(cls):
        super()._frontend_pre_dispatch()
        typed = request.httprequest.args.get('ref')
        if typed and KEY not in request.session:
            # sudo: a visitor names a code without reading codes; only one that exists is kept, the first for good
            code_sudo = request.env['referral.code'].sudo()._find(typed, request.website.sudo().company_id)
            if code_sudo:
                request.session[KEY] = code_sudo.code
