"""Cancel and withdraw without login, as German and EU law ask for: one page each, confirmed by a second button."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .own_rows import taken_whole


class Legal(http.Controller):

    @http.route('/cancel-contract', type='http', auth='public', website=True, methods=['GET', 'POST'], sitemap=True)
    def cancel(self, **typed):
        """Take a cancellation and show its receipt."""
        return self._declare('end', 'customer_portal_ext.public_cancel', typed)

    @http.route('/withdraw-from-contract', type='http', auth='public', website=True, methods=['GET', 'POST'],
                sitemap=True)
    def withdraw(self, **typed):
        """Take a withdrawal and show its receipt."""
        return self._declare('withdraw', 'customer_portal_ext.public_withdraw', typed)

    def _declare(self, kind: str, template: str, typed: dict):
        problem = ''
        if request.httprequest.method == 'POST':
            try:
                with taken_whole():
                    declaration = request.env['service.request']._send_public(kind, request.website.company_id, typed)
                return request.render('customer_portal_ext.public_receipt', {'declaration': declaration})
            except UserError as error:
                problem = str(error)
        return request.render(template, {'problem': problem, 'typed': typed})
