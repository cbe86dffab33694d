"""Referral codes that visitors bring: by a link with ``?ref=CODE``, or typed into a form as ``referral_code``."""

from odoo import models
from odoo.http import request

from .referral_code import KEY


class IrHttp(models.AbstractModel):
    _inherit = 'ir.http'

    @classmethod
    def _frontend_pre_dispatch(cls):
        super()._frontend_pre_dispatch()
        linked, typed = request.httprequest.args.get('ref'), request.httprequest.form.get(KEY)
        if typed or (linked and KEY not in request.session):  # of several links the first one counts
            # sudo: a visitor names a code without reading codes; only one that exists is kept
            code_sudo = request.env['referral.code'].sudo()._find(typed or linked, request.website.sudo().company_id)
            if code_sudo:
                request.session[KEY] = code_sudo.code
