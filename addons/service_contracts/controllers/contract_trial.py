"""The customer ends a trial early and begins the paid service."""

from odoo import http
from odoo.http import request

from .contract_page import ContractPage


class ContractTrial(ContractPage):
    @http.route('/my/contracts/<int:contract_id>/end-trial', type='http', auth='user', website=True, methods=['POST'])
    def my_contract_end_trial(self, contract_id, **_others):
        """Begin the paid service of a contract of one's own today; twice changes nothing."""
        contract_sudo = self._find_contract(contract_id)
        if not contract_sudo:
            return request.redirect('/my')
        if contract_sudo.trial_state == 'running' and contract_sudo.state == 'active':
            # sudo: only this step, of a contract the customer may read
            contract_sudo._end_trial(contract_sudo.env._("The customer begins the paid service"))
        return request.redirect(f'/my/contracts/{contract_sudo.id}')
