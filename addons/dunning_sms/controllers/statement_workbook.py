"""The statement that somebody has on screen, as a workbook."""

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
ID_LIMIT = 2**31


class StatementWorkbook(http.Controller):

    @http.route('/dunning/statement/<int:wizard_id>/xlsx', type='http', auth='user', methods=['GET'])
    def statement_workbook(self, wizard_id, **_others):
        """Hand out the statement that the user opened; any other number is not found."""
        wizard = request.env['account.statement.wizard'].browse(wizard_id if wizard_id < ID_LIMIT else 0)
        try:
            wizard.check_access('read')
            content = self._workbook(wizard)
        except (AccessError, MissingError):
            raise request.not_found() from None
        return request.make_response(content, [
            ('Content-Type', XLSX), ('Content-Disposition', content_disposition(wizard._file_name('xlsx'))),
        ])

    def _workbook(self, wizard) -> bytes:
        Statement = request.env['account.statement'].with_company(wizard.company_id)
        return Statement._workbook([wizard._shown_values()])
