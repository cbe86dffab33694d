"""The order page of the portal: installments are accepted together with the order, figure by figure."""

from odoo import http
from odoo.addons.sale.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import request


class InstallmentPortal(CustomerPortal):

    @http.route()
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        # EXTENDS sale: what is signed is exactly what was shown
        token = access_token or request.httprequest.args.get('access_token')
        try:
            order_sudo = self._document_check_access('sale.order', order_id, access_token=token)
        except (AccessError, MissingError):
            return super().portal_quote_accept(order_id, access_token, name, signature)
        if not order_sudo.installment_terms_id or not order_sudo._has_to_be_signed():
            return super().portal_quote_accept(order_id, access_token, name, signature)
        return self._accept_with_installments(order_sudo, access_token, name, signature)

    def _accept_with_installments(self, order_sudo, access_token, name, signature):
        obstacle = order_sudo._accept_installments(
            name or '', request.httprequest.remote_addr, request.httprequest.args.get('installments') or '',
        ) or order_sudo._installment_obstacle()
        if obstacle:
            order_sudo._withdraw_acceptance()
            return {'error': obstacle}
        result = super().portal_quote_accept(order_sudo.id, access_token, name, signature)
        if result.get('error'):
            order_sudo._withdraw_acceptance()
        return result
