"""One share of common costs as its beneficiary sees it: how it came about, and its PDF."""

from odoo import http
from odoo.http import request

from .contract_page import ID_LIMIT, ContractPage

REPORT = 'service_contracts.service_allocation_report_action'
PAGE = '/my/contracts/<int:contract_id>/costs/<int:share_id>'


class CostSharePage(ContractPage):
    @http.route(PAGE, type='http', auth='user', website=True, methods=['GET'])
    def my_cost_share(self, contract_id, share_id, **_others):
        """Show a share of one's own; any other number leads home, whether there is such a share or not."""
        contract_sudo, share_sudo = self._find_share(contract_id, share_id)
        if not share_sudo:
            return request.redirect('/my')
        return request.render('service_contracts.portal_cost_share_page', {
            **self._prepare_portal_layout_values(),
            'page_name': 'service_contract', 'contract': contract_sudo.with_user(request.env.user),
            'share': share_sudo,  # sudo: names of statement and currency; the share itself is one's own
            'rows': share_sudo._explanation_rows(request.env.lang),
        })

    @http.route(f'{PAGE}/pdf', type='http', auth='user', website=True, methods=['GET'])
    def my_cost_share_pdf(self, contract_id, share_id, **_others):
        """Hand out the share as PDF, by the same rule."""
        _contract_sudo, share_sudo = self._find_share(contract_id, share_id)
        if not share_sudo:
            return request.redirect('/my')
        return self._show_report(share_sudo, 'pdf', REPORT, download=True)

    def _find_share(self, contract_id: int, share_id: int) -> tuple:
        """Return contract and share with rights over everything if the user may read both, else None twice."""
        contract_sudo = self._find_contract(contract_id)
        if not contract_sudo or share_id >= ID_LIMIT:
            return None, None
        share = contract_sudo.with_user(request.env.user)._portal_cost_shares([('id', '=', share_id)])
        return (contract_sudo, share.sudo()) if share else (None, None)
