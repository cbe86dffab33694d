"""Requests of the customer: shown with their effect, sent, and taken back."""

from odoo import http
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .own_rows import OwnRows, taken_whole

LIST = '/my/requests'
KINDS = ('end', 'change', 'book', 'unbook', 'pause', 'data', 'payment')


class Requests(OwnRows):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_requests(self, **_others):
        """Show the own requests, the newest first."""
        rows = request.env['service.request'].search(self._own_domain(), limit=self._items_per_page)
        return self._show('portal_requests', 'requests', rows=rows)

    @http.route(f'{LIST}/<int:row_id>/withdraw', type='http', auth='user', website=True, methods=['POST'])
    def withdraw_request(self, row_id, **_others):
        """Take back an own request that waits; any other number changes nothing."""
        row = self._own_row('service.request', row_id, ('state', '=', 'sent'))
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
        if kind == 'arrangement':
            return request.redirect(f'/my/arrangement?contract={contract_sudo.id}')
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
                    with taken_whole():
                        Request_sudo._send({**vals, 'effect': values['rows']})
                    return request.redirect(f'{LIST}?sent=1')
            except UserError as error:
                values['problem'] = str(error)
        return self._show('portal_request_form', 'requests', contract=contract_sudo, kind=kind, typed=typed,
                          offers=Request_sudo._offers(contract_sudo), **values)
