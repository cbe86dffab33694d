"""The customer's cases: the list, a new one, and one with its messages."""

from odoo import http
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .own_rows import OwnRows, taken_whole

LIST = '/my/cases'


class Cases(OwnRows):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_cases(self, **_others):
        """Show the own cases, those without an answer first."""
        cases = request.env['support.case'].search(
            self._own_domain(), order='state desc, id desc', limit=self._items_per_page)
        return self._show('portal_cases', 'cases', cases=cases)

    @http.route(f'{LIST}/new', type='http', auth='user', website=True, methods=['GET', 'POST'])
    def new_case(self, **post):
        """Show the form, or take a case; what was typed stays when something is missing."""
        problem = ''
        if request.httprequest.method == 'POST':
            try:
                with taken_whole():
                    case = request.env['support.case']._open_from_form(request.env.user.partner_id, post)
                return request.redirect(case.access_url)
            except UserError as error:
                problem = str(error)
        return self._show('portal_case_form', 'cases', problem=problem, typed=post,
                          **request.env['support.case']._form_choices(request.env.user.partner_id))

    @http.route(f'{LIST}/<int:case_id>', type='http', auth='user', website=True, methods=['GET'])
    def my_case(self, case_id, **_others):
        """Show an own case; any other number leads back to the list."""
        try:
            case_sudo = self._document_check_access('support.case', min(case_id, ID_LIMIT - 1))
        except (AccessError, MissingError):
            return request.redirect(LIST)
        case = case_sudo.with_user(request.env.user)
        return self._show('portal_case', 'cases', case=case, object=case)
