"""The board: circulars for the customer, the newest first, and one that is read."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.http import request

LIST = '/my/circulars'


class Circulars(CustomerPortal):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_circulars(self, **_others):
        """Show the board."""
        circulars = request.env['portal.circular.recipient'].search(self._board_domain(), limit=self._items_per_page)
        return request.render('customer_portal_ext.portal_circulars', {
            **self._prepare_portal_layout_values(), 'page_name': 'circulars', 'rows': circulars,
            'no_offers': request.env.user.partner_id.circular_opt_out,
        })

    @http.route(f'{LIST}/<int:row_id>', type='http', auth='user', website=True, methods=['GET'])
    def my_circular(self, row_id, **_others):
        """Show a circular of one's own and note that it was read; any other number leads back to the board."""
        row = request.env['portal.circular.recipient'].search(
            [*self._board_domain(), ('id', '=', min(row_id, ID_LIMIT - 1))])
        if not row:
            return request.redirect(LIST)
        row.sudo()._mark_read()  # sudo: the customer writes nothing but this proof
        return request.render('customer_portal_ext.portal_circular', {
            **self._prepare_portal_layout_values(), 'page_name': 'circulars', 'row': row,
            'circular': row.sudo().circular_id,  # sudo: the text addressed to the customer
        })

    @http.route(f'{LIST}/offers', type='http', auth='user', website=True, methods=['POST'])
    def choose_offers(self, wanted='', **_others):
        """Take whether the customer wants circulars that are advertising."""
        request.env.user.partner_id.sudo().circular_opt_out = wanted != 'yes'  # sudo: a choice about oneself
        return request.redirect(LIST)

    def _board_domain(self) -> list:
        return request.env['portal.circular.recipient']._board_domain()
