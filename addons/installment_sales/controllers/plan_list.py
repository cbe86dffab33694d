"""The customer's plans: their card on /my and the list on /my/installments."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.fields import Domain
from odoo.http import request

LIST = '/my/installments'


class PlanList(CustomerPortal):

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        # Without names the first page asks, whose card shows it at once; else only those whose names were sent.
        if not counters or 'installment_plan_count' in counters:
            values['installment_plan_count'] = self._count_plans(self._my_plans_domain())
        return values

    @http.route([LIST, f'{LIST}/page/<int:page>'], type='http', auth='user', website=True, methods=['GET'])
    def my_installments(self, page=1, filterby=None, **_others):
        """Show the own plans; an unknown filter is read as the first."""
        filters = self._plan_filters()
        filterby = filterby if filterby in filters else next(iter(filters))
        domain = self._my_plans_domain() & filters[filterby]['domain']
        total, step = self._count_plans(domain), self._items_per_page
        pager = portal_pager(url=LIST, total=total, page=page, step=step, url_args={'filterby': filterby})
        plans = request.env['installment.plan']
        if total:
            plans = plans.search(domain, order='next_date, id desc', limit=step, offset=pager['offset'])
        return request.render('installment_sales.portal_plan_list', {
            **self._prepare_portal_layout_values(), 'page_name': 'installment_plan', 'default_url': LIST,
            'plans': plans, 'pager': pager, 'searchbar_filters': filters, 'filterby': filterby,
        })

    def _my_plans_domain(self) -> Domain:
        return Domain('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.id)

    def _count_plans(self, domain: Domain) -> int:
        plans = request.env['installment.plan']
        return plans.search_count(domain) if plans.has_access('read') else 0

    def _plan_filters(self) -> dict:
        _ = request.env._
        return {
            'all': {'label': _("All"), 'domain': Domain.TRUE},
            'open': {'label': _("To pay"), 'domain': Domain('amount_residual', '>', 0)},
            'over': {'label': _("Paid or ended"), 'domain': Domain('amount_residual', '=', 0)},
        }
