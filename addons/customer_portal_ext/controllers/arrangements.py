"""A payment arrangement: chosen, its payments shown, then sent."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .own_rows import OwnRows, taken_whole
from .pay import _ids

PAGE = '/my/arrangement'


class Arrangements(OwnRows):

    @http.route(PAGE, type='http', auth='user', website=True, methods=['GET', 'POST'])
    def arrange(self, contract='', step='', **typed):
        """Show what may be arranged, then the payments, then take it; what was typed stays in between."""
        Request = request.env['service.request']
        if not request.env['account.move.line'].has_access('read'):
            return request.redirect('/my')
        lines = Request._arrangeable(next(iter(_ids(contract)), 0))
        values = {'problem': '', 'rows': None}
        if request.httprequest.method == 'POST':
            try:
                vals = Request._arrangement_vals(lines, typed)
                values['rows'] = Request._arrangement_rows(lines, vals)
                if step == 'send':
                    with taken_whole():
                        # sudo: a customer has no right to create; the values were checked and are the user's own
                        Request.sudo()._send({**vals, 'effect': values['rows']})
                    return request.redirect('/my/requests?sent=1')
            except UserError as error:
                values['problem'] = str(error)
        company = lines.company_id.sudo() or request.env.company.sudo()  # sudo: the limits stand on the company
        return self._show(
            'portal_arrangement', 'requests', typed=typed, lines=lines, uncovered=lines._uncovered(),
            limits=company._arrangement_limits(), today=company._service_today(), contract_wanted=contract, **values,
        )
