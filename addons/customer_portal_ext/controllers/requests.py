"""Requests of the customer: shown with their effect, sent, and taken back."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

LIST = '/my/requests'
KINDS = ('end', 'change', 'book', 'unbook', 'pause', 'data', 'payment', 'arrangement')


class Requests(CustomerPortal):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_requests(self, **_others):
        """Show the own requests, the newest first."""
        rows = request.env['service.request'].search(self._my_domain(), limit=self._items_per_page)
        return request.render('customer_portal_ext.portal_requests', {
            **self._prepare_portal_layout_values(), 'page_name': 'requests', 'rows': rows,
        })

    @http.route(f'{LIST}/<int:row_id>/withdraw', type='http', auth='user', website=True, methods=['POST'])
    def withdraw_request(self, row_id, **_others):
        """Take back an own request that waits; any other number changes nothing."""
        row = request.env['service.request'].search(
            [*self._my_domain(), ('id', '=', min(row_id, ID_LIMIT - 1)), ('state', '=', 'sent')])
        row.sudo()._withdraw()  # sudo: the customer may take back the own request, and has no right to write
        return request.redirect(LIST)

    @http.route('/my/contracts/<int:contract_id>/request/<string:kind>', type='http', auth='user', website=True,
                methods=['GET', 'POST'])
    def ask(self, contract_id, kind, step='', **typed):
        """Show the form of a wish, then its effect, then take it; what was typed stays in between."""
        try:
            contract_sudo = self._document_check_access('service.contract', min(contract_id, ID_LIMIT - 1))
        except (AccessError, MissingError):
            return request.redirect('/my/contracts')
        if kind not in KINDS:
            return request.redirect(contract_sudo.access_url)
        # sudo: what a customer may ask follows from the own contract; nothing is written before it is sent
        Request_sudo = request.env['service.request'].sudo()
        values = {'problem': '', 'rows': None}
        if request.httprequest.method == 'POST':
            try:
                vals = Request_sudo._wish_vals(contract_sudo, kind, typed)
                values['rows'] = Request_sudo._effect_rows(contract_sudo, vals)
                if step == 'send':
                    Request_sudo._send({**vals, 'effect': values['rows']})
                    return request.redirect(f'{LIST}?sent=1')
            except UserError as error:
                values['problem'] = str(error)
        return request.render('customer_portal_ext.portal_request_form', {
            **self._prepare_portal_layout_values(), 'page_name': 'requests', 'contract': contract_sudo, 'kind': kind,
            'typed': typed, 'offers': Request_sudo._offers(contract_sudo), **values,
        })

    def _my_domain(self) -> list:
        return [('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.id)]
