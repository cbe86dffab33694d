"""The cart of a visitor who contracts: services put in and taken out, who contracts, and the last page."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.service_contracts.models.portal_upload import BODY_BYTES
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .catalog import Catalog
from .pay import _id, _ids


class OrderForm(Catalog):

    @http.route('/services/<string:slug>/add', type='http', auth='public', website=True,
                methods=['POST'], max_content_length=BODY_BYTES)
    def add(self, slug, interval='', **typed):
        """Put a plan into the cart, or its new options; what was typed and uploaded stays when something is missing."""
        plan_sudo = self._published(slug)
        if not plan_sudo:
            return request.redirect('/services')
        options = _ids(','.join(request.httprequest.form.getlist('options')))
        cart_sudo = request.cart or request.website._create_cart()
        if problem := cart_sudo._take_choice(plan_sudo, options, _id(interval), typed, request.httprequest.files):
            return self._service_page(plan_sudo, {**typed, 'options': options, 'interval': _id(interval)}, problem)
        return request.redirect('/services/order')

    @http.route('/services/order', type='http', auth='public', website=True, methods=['GET', 'POST'], sitemap=False)
    def order(self, **typed):
        """Show the cart with what recurs and what is paid once, and take who contracts."""
        cart_sudo, problem = request.cart, ''
        if request.httprequest.method == 'POST' and cart_sudo:
            try:
                with request.env.cr.savepoint():
                    return request.redirect(self._next_step(cart_sudo, typed))
            except UserError as error:
                problem = str(error)
        summary = cart_sudo._online_summary() if cart_sudo else {}
        return request.render('customer_portal_ext.service_order', {
            **summary, 'order': cart_sudo, 'problem': problem or summary.get('problem'),
            'typed': typed or self._known(cart_sudo), 'is_visitor': request.env.user._is_public(),
        })

    def _next_step(self, cart_sudo, typed: dict) -> str:
        """Take who contracts, and tell where the journey goes on: what is shipped needs an address first."""
        cart_sudo._check_cart()
        request.session['sale_last_order_id'] = cart_sudo.id
        if cart_sudo._has_deliverable_products():
            return '/shop/checkout'
        if request.env.user._is_public():
            cart_sudo._take_visitor(typed)
        return cart_sudo.get_portal_url() if cart_sudo.is_online_contract else '/shop/payment'

    def _known(self, cart_sudo) -> dict:
        """Return what the visitor told before."""
        if not cart_sudo or cart_sudo._is_nobodys() or not cart_sudo._may_correct_customer():
            return {}
        partner = cart_sudo.partner_id
        return {'name': partner.name, 'email': partner.email, 'phone': partner.phone}

    @http.route('/services/order/remove', type='http', auth='public', website=True, methods=['POST'])
    def remove(self, plan='', line='', **_others):
        """Take a plan, or a product, out of the cart."""
        if request.cart:
            request.cart._remove_plan(_id(plan))
            if _id(line):
                request.cart._cart_update_line_quantity(_id(line), 0)
        return request.redirect('/services/order')


class OrderDone(CustomerPortal):

    @http.route('/services/done/<int:order_id>', type='http', auth='public', website=True, methods=['GET'],
                sitemap=False)
    def done(self, order_id, access_token=None, **_others):
        """Tell what both sides owe now, and invite the customer to register; or that the payment failed."""
        try:
            order_sudo = self._document_check_access('sale.order', order_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        return request.render('customer_portal_ext.service_done', {
            'order': order_sudo, 'transaction': order_sudo.get_portal_last_transaction(),
            'is_waiting': bool(order_sudo._payment_on_its_way()),
            **order_sudo._commitments(),
        })
