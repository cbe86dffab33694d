"""The customer's receipts: every amount owed or paid, with its period, due date and one status."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.fields import Domain
from odoo.http import request

LIST = '/my/receipts'
PAGE_ROWS = 40
"""A row tells more than a row of Odoo's list of invoices (80 a page), so that both pages take as long."""


class Receipts(CustomerPortal):

    @http.route([LIST, f'{LIST}/page/<int:page>'], type='http', auth='user', website=True, methods=['GET'])
    def my_receipts(self, page=1, sortby=None, filterby=None, **_others):
        """Show the own receivables; an unknown sorting or filter is read as the first of its kind."""
        sortings, filters = self._receipt_sortings(), self._receipt_filters()
        sortby = sortby if sortby in sortings else next(iter(sortings))
        filterby = filterby if filterby in filters else next(iter(filters))
        Line = request.env['account.move.line']
        if not Line.has_access('read'):
            return request.redirect('/my')
        domain = Line._receivables_domain(request.env.user.partner_id) & filters[filterby]['domain']
        chosen = {'sortby': sortby, 'filterby': filterby}
        pager = portal_pager(url=LIST, total=Line.search_count(domain), page=page, step=PAGE_ROWS,
                             url_args=chosen)
        lines = Line.search(domain, order=sortings[sortby]['order'], limit=PAGE_ROWS,
                            offset=pager['offset'])
        return request.render('customer_portal_ext.portal_receipts', {
            **self._prepare_portal_layout_values(), **chosen, 'page_name': 'receipts', 'default_url': LIST,
            'lines': lines, 'pager': pager, 'searchbar_sortings': sortings, 'searchbar_filters': filters,
        })

    def _receipt_sortings(self) -> dict:
        _ = request.env._
        return {
            'due': {'label': _("Due date"), 'order': 'date_maturity, id'},
            'newest': {'label': _("Newest"), 'order': 'date_maturity desc, id desc'},
            'invoice': {'label': _("Invoice"), 'order': 'move_name, id'},
        }

    def _receipt_filters(self) -> dict:
        _ = request.env._
        return {
            'open': {'label': _("Open"), 'domain': Domain('amount_residual', '!=', 0)},
            'paid': {'label': _("Paid"), 'domain': Domain('amount_residual', '=', 0)},
            'all': {'label': _("All"), 'domain': Domain.TRUE},
        }
