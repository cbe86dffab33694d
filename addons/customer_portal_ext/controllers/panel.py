"""The first page of the panel: what the customer owes, for which period, by when, and what comes next."""

from odoo import fields, http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.http import request


class Panel(CustomerPortal):

    @http.route()
    def home(self, **kw):
        # EXTENDS portal: the overview stands above the cards
        response = super().home(**kw)
        response.qcontext.update(self._panel_values())
        return response

    def _panel_values(self) -> dict:
        """Return what the overview shows; staff without the right to read invoices sees the cards alone."""
        if not request.env['account.move.line'].has_access('read'):
            return {'overview': None}
        partner = request.env.user.partner_id
        today = fields.Date.context_today(request.env.user)
        return {
            'overview': partner._panel_overview(today),
            'upcoming': partner._panel_next_charges(),
            'panel_today': today, 'unread_circulars': self._count_unread(),
        }

    def _count_unread(self) -> int:
        Recipient = request.env['portal.circular.recipient']
        if not Recipient.has_access('read'):
            return 0
        return Recipient.search_count([*Recipient._board_domain(), ('read_on', '=', False)])
