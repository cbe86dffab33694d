"""The form of a service in the frame of another site: a signed draft instead of a session, then taken over."""

from odoo import http
from odoo.addons.service_contracts.models.portal_upload import BODY_BYTES
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.misc import hash_sign, verify_hash_signed

from .catalog import Catalog, _embeddable
from .pay import _id, _ids

SCOPE = 'customer_portal_ext.frame'
HOURS = 2
"""For so long a draft may be changed, or taken over."""


class ServiceFrame(Catalog):

    @http.route('/services/<string:slug>/frame', type='http', auth='public', website=True, methods=['POST'],
                csrf=False, save_session=False, max_content_length=BODY_BYTES)
    def frame(self, slug, interval='', carried='', step='', **typed):
        """Take a choice with its answers, and show what it costs and binds to; or the form again, to change it.

        Browsers send no session to a frame, so nothing here reads or writes one: the draft belongs to nobody, and only
        its signed token leads to it.
        """
        plan_sudo = self._published(slug)
        if not plan_sudo:
            return request.redirect('/services')
        draft_sudo = _draft(carried) or request.website._create_framed_draft()
        if step == 'change':
            return self._framed_form(plan_sudo, draft_sudo, draft_sudo._chosen_of(plan_sudo))
        options = _ids(','.join(request.httprequest.form.getlist('options')))
        problem = draft_sudo._take_choice(plan_sudo, options, _id(interval), typed, request.httprequest.files)
        if problem:
            again = {**typed, 'options': options, 'interval': _id(interval)}
            return self._framed_form(plan_sudo, draft_sudo, again, problem)
        return _embeddable(request.render('customer_portal_ext.service_framed', {
            'order': draft_sudo, 'plan': plan_sudo, 'carried': _token(draft_sudo), **draft_sudo._online_summary(),
        }))

    def _framed_form(self, plan_sudo, draft_sudo, typed: dict, problem: str = ''):
        return _embeddable(self._service_page(
            plan_sudo, typed, problem, embed=True, cart_sudo=draft_sudo, carried=_token(draft_sudo)))

    @http.route('/services/framed/<string:token>', type='http', auth='public', website=True, methods=['GET'],
                sitemap=False)
    def take_over(self, token, **_others):
        """Put what was chosen in a frame into the visitor's own cart; the draft is gone then, so it is done once."""
        draft_sudo = _draft(token)
        plan_sudo = draft_sudo.order_line.service_plan_id[:1]
        if plan_sudo:
            cart_sudo = request.cart or request.website._create_cart()
            try:
                with request.env.cr.savepoint():
                    cart_sudo._take_over(draft_sudo)
            except UserError:
                return request.redirect(plan_sudo.website_url)
        return request.redirect('/services/order')


def _token(draft_sudo) -> str:
    return hash_sign(request.env(su=True), SCOPE, draft_sudo.id, expiration_hours=HOURS)


def _draft(token: str):
    """Return the draft that a token of ours names, while it is nobody's and untouched; else nothing."""
    Order_sudo = request.env['sale.order'].sudo()  # sudo: the token is the secret that leads to the draft
    try:
        number = verify_hash_signed(request.env(su=True), SCOPE, token)
    except ValueError:  # no token of ours at all
        number = None
    draft_sudo = Order_sudo.browse(number or 0).exists()
    return draft_sudo.filtered(lambda order: order.state == 'draft' and order._is_nobodys())
