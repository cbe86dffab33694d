"""Before a page is made: referral codes that visitors bring (``?ref=CODE``, or ``referral_code`` of a form), how often
a form may be sent, that nobody is sent to another site by a tab in an address, and that no NUL breaks a page.
"""

import re

from odoo import models
from odoo.http import request
from werkzeug.exceptions import TooManyRequests

from .portal_limit import LIMIT
from .referral_code import KEY

LIMITED = {
    **dict.fromkeys((
        '/cancel-contract', '/withdraw-from-contract', '/services/<string:slug>/add', '/services/<string:slug>/frame',
        '/services/order', '/services/order/remove', '/my/cases/new', '/my/transfers/new', '/my/arrangement',
        '/my/call-back',
        '/my/contracts/<int:contract_id>/request/<string:kind>', '/my/contracts/<int:contract_id>/card',
        '/my/contracts/<int:contract_id>/readings', '/my/installments/<int:plan_id>/payoff', '/my/statement/email',
        '/my/orders/<int:order_id>/installments',
    ), LIMIT),
    **dict.fromkeys((
        '/my/orders/<int:order_id>/accept', '/my/orders/<int:order_id>/transaction', '/my/pay/<string:lines>',
    ), 2 * LIMIT),
    '/services/<string:slug>/quote': 10 * LIMIT,
}
"""How often forms may be sent that make work for people or the machine, or send mail; each change of a choice in the
calculator asks for a quote."""
CONTROL = re.compile(r'[\x00-\x1f]')


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

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        if rule.rule in LIMITED and request.httprequest.method == 'POST':
            senders = [f'address {request.httprequest.remote_addr}']
            senders += [] if request.env.user._is_public() else [f'user {request.env.uid}']
            if not request.env['portal.limit.hit']._count(rule.rule, senders, LIMITED[rule.rule]):
                raise TooManyRequests(request.env._("Too many forms in a short time. Try again in ten minutes."))

    @classmethod
    def _dispatch(cls, endpoint):
        # EXTENDS base: no text of PostgreSQL holds a NUL, so that one in any field of a form would be a 500
        request.params = {
            name: value.replace('\0', '') if isinstance(value, str) else value
            for name, value in request.params.items()
        }
        return super()._dispatch(endpoint)

    @classmethod
    def _redirect(cls, location, code=303):
        # EXTENDS base: tabs are dropped on the way, and /<tab>/example.com becomes another site (G11)
        return super()._redirect('/' if CONTROL.search(location) else location, code)
