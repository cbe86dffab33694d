"""The download of the figures as a workbook, for staff."""

from odoo import http
from odoo.http import request

from ..report.figures_workbook import figures_workbook

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'


class FiguresDownload(http.Controller):

    @http.route('/service_contracts/figures.xlsx', type='http', auth='user', readonly=True)
    def figures(self):
        """Send the workbook of the user's company."""
        request.env['service.revenue.figures'].browse().check_access('read')
        content = figures_workbook(request.env, request.env.company)
        return request.make_response(content, headers=[
            ('Content-Type', XLSX), ('Content-Disposition', http.content_disposition('figures.xlsx')),
        ])
