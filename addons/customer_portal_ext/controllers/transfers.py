"""Transfers that the customer reports: the list, the form, and taking one back."""

from odoo import fields, http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import UserError
from odoo.http import request

from .pay import _ids

LIST = '/my/transfers'


class Transfers(CustomerPortal):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_transfers(self, **_others):
        """Show the reported transfers, the newest first."""
        reports = request.env['transfer.report'].search(self._my_domain(), limit=self._items_per_page)
        return request.render('customer_portal_ext.portal_transfers', {
            **self._prepare_portal_layout_values(), 'page_name': 'transfers', 'reports': reports,
        })

    @http.route(f'{LIST}/new', type='http', auth='user', website=True, methods=['GET', 'POST'])
    def report_transfer(self, **post):
        """Show the form, or take a report; what was typed stays when something is missing."""
        problem = ''
        if request.httprequest.method == 'POST':
            try:
                report = request.env['transfer.report']._report_from_form(
                    request.env.user.partner_id, post, request.httprequest.files.get('proof'),
                    _ids(','.join(request.httprequest.form.getlist('lines'))))
                return request.redirect(f'{LIST}?reported={report.id}')
            except UserError as error:
                problem = str(error)
        return request.render('customer_portal_ext.portal_transfer_form', self._form_values(post, problem))

    @http.route(f'{LIST}/<int:report_id>/withdraw', type='http', auth='user', website=True, methods=['POST'])
    def withdraw_transfer(self, report_id, **_others):
        """Take back an own report that nobody looked at yet; any other number changes nothing."""
        report = request.env['transfer.report'].search(
            [*self._my_domain(), ('id', '=', min(report_id, ID_LIMIT - 1)), ('state', '=', 'reported')])
        report.sudo()._withdraw()  # sudo: the customer has no right to write, but may take back the own report
        return request.redirect(LIST)

    def _my_domain(self) -> list:
        return [('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.id)]

    def _form_values(self, post: dict, problem: str) -> dict:
        lines = request.env.user.partner_id._open_receivables().filtered(lambda line: line.amount_residual_currency > 0)
        return {
            **self._prepare_portal_layout_values(), 'page_name': 'transfers', 'problem': problem, 'typed': post,
            'chosen': _ids(','.join(request.httprequest.values.getlist('lines'))),
            'lines': lines, 'currency': lines.currency_id[:1] or request.env.company.currency_id,
            'today': fields.Date.context_today(request.env.user),
        }
