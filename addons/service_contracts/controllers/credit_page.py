"""The customer's prepaid credit: what is left until when, and what it was used for."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.http import request

PAGE = '/my/credit'


class CreditPage(CustomerPortal):
    @http.route([PAGE, f'{PAGE}/page/<int:page>'], type='http', auth='user', website=True, methods=['GET'])
    def my_credit(self, page=1, **_others):
        """Show the own credit and its history; without credit it says so."""
        Grant, Entry = request.env['service.credit.grant'], request.env['service.credit.entry']
        owner = [('commercial_partner_id', '=', request.env.user.partner_id.commercial_partner_id.id)]
        total = Entry.search_count(owner) if Entry.has_access('read') else 0
        step = self._items_per_page
        pager = portal_pager(url=PAGE, total=total, page=page, step=step)
        entries = Entry.search(owner, limit=step, offset=pager['offset']) if total else Entry
        grants = Grant._portal_credits()
        return request.render('service_contracts.portal_credit_page', {
            **self._prepare_portal_layout_values(), 'page_name': 'service_credit', 'default_url': PAGE, 'pager': pager,
            'grants': grants, 'balances': grants._portal_balances(), 'entries': entries,
            'entries_sudo': entries.sudo(),  # sudo: numbers of the own invoices and names of the own services
        })
