"""The customer's contracts: their card on /my and the list on /my/contracts."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.fields import Domain
from odoo.http import request

LIST = '/my/contracts'


class ContractList(CustomerPortal):

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        # Without names the first page asks, whose card shows it at once; else only those whose names were sent.
        if not counters or 'service_contract_count' in counters:
            values['service_contract_count'] = self._count_contracts(self._my_contracts_domain())
        return values

    @http.route([LIST, f'{LIST}/page/<int:page>'], type='http', auth='user', website=True, methods=['GET'])
    def my_contracts(self, page=1, sortby=None, filterby=None, **_others):
        """Show the own contracts; an unknown sorting or filter is read as the first of its kind."""
        sortings, filters = self._contract_sortings(), self._contract_filters()
        sortby = sortby if sortby in sortings else next(iter(sortings))
        filterby = filterby if filterby in filters else next(iter(filters))
        domain = self._my_contracts_domain() & filters[filterby]['domain']
        chosen = {'sortby': sortby, 'filterby': filterby}
        total, step = self._count_contracts(domain), self._items_per_page
        pager = portal_pager(url=LIST, total=total, page=page, step=step, url_args=chosen)
        contracts = request.env['service.contract']
        if total:
            contracts = contracts.search(domain, order=sortings[sortby]['order'], limit=step, offset=pager['offset'])
        return request.render('service_contracts.portal_contract_list', {
            **self._prepare_portal_layout_values(), **chosen, 'page_name': 'service_contract', 'default_url': LIST,
            'contracts': contracts, 'pager': pager, 'searchbar_sortings': sortings, 'searchbar_filters': filters,
        })

    def _my_contracts_domain(self) -> Domain:
        """Return the contracts of the user's own company or household; drafts are the office's."""
        family = Domain('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.id)
        return family & Domain('state', '!=', 'draft')

    def _count_contracts(self, domain: Domain) -> int:
        Contract = request.env['service.contract']
        return Contract.search_count(domain) if Contract.has_access('read') else 0

    def _contract_sortings(self) -> dict:
        _ = request.env._
        return {
            'next': {'label': _("Next charge"), 'order': 'next_charge_date, id desc'},
            'start': {'label': _("Newest"), 'order': 'date_start desc, id desc'},
            'name': {'label': _("Number"), 'order': 'name, id'},
            'state': {'label': _("Status"), 'order': 'state, id desc'},
        }

    def _contract_filters(self) -> dict:
        _ = request.env._
        return {
            'all': {'label': _("All"), 'domain': Domain.TRUE},
            'running': {'label': _("Running"), 'domain': Domain('state', 'in', ('active', 'suspended'))},
            'over': {'label': _("Ended"), 'domain': Domain('state', 'in', ('ended', 'removed'))},
        }
