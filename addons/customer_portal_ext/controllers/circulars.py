"""The board: circulars for the customer, the newest first, and one that is read."""

from odoo import http
from odoo.http import request

from .own_rows import OwnRows

LIST = '/my/circulars'


class Circulars(OwnRows):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_circulars(self, **_others):
        """Show the board."""
        circulars = request.env['portal.circular.recipient'].search(self._board_domain(), limit=self._items_per_page)
        return self._show('portal_circulars', 'circulars', rows=circulars,
                          no_offers=request.env.user.partner_id.circular_opt_out)

    @http.route(f'{LIST}/<int:row_id>', type='http', auth='user', website=True, methods=['GET'])
    def my_circular(self, row_id, **_others):
        """Show a circular of one's own and note that it was read; any other number leads back to the board."""
        row = self._own_row('portal.circular.recipient', row_id, *self._board_domain())
        if not row:
            return request.redirect(LIST)
        row.sudo()._mark_read()  # sudo: the customer writes nothing but this proof
        # sudo: the text addressed to the customer
        return self._show('portal_circular', 'circulars', row=row, circular=row.sudo().circular_id)

    @http.route(f'{LIST}/offers', type='http', auth='user', website=True, methods=['POST'])
    def choose_offers(self, wanted='', **_others):
        """Take whether the customer wants circulars that are advertising."""
        request.env.user.partner_id.sudo().circular_opt_out = wanted != 'yes'  # sudo: a choice about oneself
        return request.redirect(LIST)

    def _board_domain(self) -> list:
        return request.env['portal.circular.recipient']._board_domain()
