"""The shop's own pages: a cart with services is checked on its own page, signed and paid on the page of its order."""

from odoo import http
from odoo.addons.website_sale.controllers.cart import Cart
from odoo.addons.website_sale.controllers.main import WebsiteSale
from odoo.http import request


class ServiceCart(Cart):

    @http.route()
    def cart(self, id=None, access_token=None, revive_method='', **post):
        # EXTENDS website_sale: quantities and one total say nothing of services
        response = super().cart(id=id, access_token=access_token, revive_method=revive_method, **post)
        if request.cart.is_online_contract and not (id and access_token):
            return request.redirect('/services/order')
        return response


class ServiceCheckout(WebsiteSale):

    @http.route()
    def shop_payment(self, **post):
        # EXTENDS website_sale: a contract is read and signed first
        cart_sudo = request.cart
        if not cart_sudo.is_online_contract:
            return super().shop_payment(**post)
        if redirection := self._check_cart_and_addresses(cart_sudo):
            return redirection
        return request.redirect(cart_sudo.get_portal_url())

    def _get_shop_payment_values(self, order, **kwargs):
        # EXTENDS website_sale: products may be paid in installments
        return {
            **super()._get_shop_payment_values(order, **kwargs),
            'installments_url': order.get_portal_url() if order._installment_choices() else '',
        }
