"""Transfers that the customer reports: the list, the form, and taking one back."""

from odoo import fields, http
from odoo.addons.service_contracts.models.portal_upload import BODY_BYTES
from odoo.exceptions import UserError
from odoo.http import request

from .own_rows import OwnRows, taken_whole
from .pay import _ids

LIST = '/my/transfers'


class Transfers(OwnRows):

    @http.route(LIST, type='http', auth='user', website=True, methods=['GET'])
    def my_transfers(self, **_others):
        """Show the reported transfers, the newest first."""
        reports = request.env['transfer.report'].search(self._own_domain(), limit=self._items_per_page)
        return self._show('portal_transfers', 'transfers', reports=reports)

    @http.route(f'{LIST}/new', type='http', auth='user', website=True, methods=['GET', 'POST'],
                max_content_length=BODY_BYTES)
    def report_transfer(self, **post):
        """Show the form, or take a report; what was typed stays when something is missing."""
        problem = ''
        if request.httprequest.method == 'POST':
            try:
                with taken_whole():
                    report = request.env['transfer.report']._report_from_form(
                        request.env.user.partner_id, post, request.httprequest.files.get('proof'),
                        _ids(','.join(request.httprequest.form.getlist('lines'))))
                return request.redirect(f'{LIST}?reported={report.id}')
            except UserError as error:
                problem = str(error)
        return self._show('portal_transfer_form', 'transfers', **self._form_values(post, problem))

    @http.route(f'{LIST}/<int:report_id>/withdraw', type='http', auth='user', website=True, methods=['POST'])
    def withdraw_transfer(self, report_id, **_others):
        """Take back an own report that nobody looked at yet; any other number changes nothing."""
        report = self._own_row('transfer.report', report_id, ('state', '=', 'reported'))
        report.sudo()._withdraw()  # sudo: the customer has no right to write, but may take back the own report
        return request.redirect(LIST)

    def _form_values(self, post: dict, problem: str) -> dict:
        lines = request.env.user.partner_id._open_receivables().filtered(lambda line: line.amount_residual_currency > 0)
        return {
            'problem': problem, 'typed': post,
            'chosen': _ids(','.join(request.httprequest.values.getlist('lines'))),
            'lines': lines, 'currency': lines.currency_id[:1] or request.env.company.currency_id,
            'today': fields.Date.context_today(request.env.user),
        }
