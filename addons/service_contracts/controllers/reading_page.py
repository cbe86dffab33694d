"""What the meters of the own flat show, reported by the customer."""

import base64

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.portal_upload import BODY_BYTES
from .contract_page import ContractPage


class ReadingPage(ContractPage):
    @http.route('/my/contracts/<int:contract_id>/readings', type='http', auth='user', website=True,
                methods=['GET', 'POST'], max_content_length=BODY_BYTES)
    def my_readings(self, contract_id, **typed):
        """Show the meters of a contract of one's own and take a reading; any other number leads home."""
        contract_sudo = self._find_contract(contract_id)
        if not contract_sudo:
            return request.redirect('/my')
        problem = ''
        if request.httprequest.method == 'POST':
            try:
                with request.env.cr.savepoint():
                    self._take_reading(contract_sudo, typed)
                return request.redirect(f'/my/contracts/{contract_sudo.id}/readings?sent=1')
            except UserError as error:
                problem = str(error)
        return request.render('service_contracts.portal_readings_page', {
            **self._prepare_portal_layout_values(), 'page_name': 'service_contract',
            'contract': contract_sudo.with_user(request.env.user), 'problem': problem, 'typed': typed,
            'meters': contract_sudo._readable_meters(),  # sudo: flats and meters of the own contract
            'reports': contract_sudo._reported_readings(),  # sudo: what was reported of the own flats
            'today': contract_sudo.company_id._service_today(),
        })

    def _take_reading(self, contract_sudo, typed: dict) -> None:
        photo = request.env['portal.upload.mixin']._checked_picture(typed.get('photo'))
        # sudo: customers report readings of the own flats only, and have no right to write any
        contract_sudo._report_reading(
            str(typed.get('meter')), typed.get('value'), typed.get('date'), request.env.user.partner_id,
            base64.b64encode(photo) if photo else None)
