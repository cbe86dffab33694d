"""One contract as its customer sees it: services, next charges, term, invoices, messages, and its PDF."""

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

REPORT = 'service_contracts.service_contract_report_action'
ID_LIMIT = 2**31
"""No record has a number from here on, and PostgreSQL refuses to look for one."""


class ContractPage(CustomerPortal):
    @http.route('/my/contracts/<int:contract_id>', type='http', auth='user', website=True, methods=['GET'])
    def my_contract(self, contract_id, **_others):
        """Show a contract of one's own; any other number leads home, whether there is such a contract or not."""
        contract_sudo = self._find_contract(contract_id)
        if not contract_sudo:
            return request.redirect('/my')
        return request.render('service_contracts.portal_contract_page', self._contract_values(contract_sudo))

    @http.route('/my/contracts/<int:contract_id>/pdf', type='http', auth='user', website=True, methods=['GET'])
    def my_contract_pdf(self, contract_id, **_others):
        """Hand out the contract as PDF, by the same rule."""
        contract_sudo = self._find_contract(contract_id)
        if not contract_sudo:
            return request.redirect('/my')
        return self._show_report(contract_sudo, 'pdf', REPORT, download=True)

    def _find_contract(self, contract_id: int):
        """Return the contract with rights over everything if the user may read it, else None."""
        if abs(contract_id) >= ID_LIMIT:
            return None
        try:
            return self._document_check_access('service.contract', contract_id)
        except (AccessError, MissingError):
            return None

    def _contract_values(self, contract_sudo) -> dict:
        contract = contract_sudo.with_user(request.env.user)
        return {
            **self._prepare_portal_layout_values(),
            'page_name': 'service_contract',
            'contract': contract,
            'object': contract,  # for the messages
            'next_charges': contract_sudo._portal_next_charges(),  # sudo: prices and taxes of the own services
            'today': contract_sudo.company_id._service_today(),
            'contact_sudo': contract_sudo.user_id,  # sudo: name and face of the person in charge
            'invoices': contract._portal_invoices(),
            'credits': contract.env['service.credit.grant']._portal_credits(limit=1),
            'cost_shares': contract._portal_cost_shares(),
            # sudo: flats and meters of the own contract
            'has_readings': bool(contract_sudo._readable_meters() or contract_sudo._reported_readings()),
            'performance': contract._portal_performance(),
            'usage_so_far': contract_sudo._usage_so_far(),  # sudo: meters and prices of the own services
            'features': contract_sudo._entitlements()[contract_sudo],  # sudo: what the own contract grants
            'usage_entries': contract_sudo._portal_usage_entries(),  # sudo: the own charges
        }
