"""The order page of the portal: the customer compares the ways to pay and chooses one."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import request


class InstallmentChoice(CustomerPortal):

    @http.route('/my/orders/<int:order_id>/installments', type='http', auth='public', website=True, methods=['POST'])
    def choose_installments(self, order_id, access_token=None, terms_id=None, **_others):
        """Put the chosen terms on the own quotation; 0 or nothing pays it as a whole."""
        try:
            order_sudo = self._document_check_access('sale.order', order_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        order_sudo._choose_installments(int(terms_id) if str(terms_id or '').isdecimal() else 0)
        return request.redirect(order_sudo.get_portal_url(anchor='installments'))
