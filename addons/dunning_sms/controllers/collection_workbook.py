"""The dashboard of collections as a workbook."""

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

from .statement_workbook import XLSX


class CollectionWorkbook(http.Controller):

    @http.route('/dunning/figures/xlsx', type='http', auth='user', methods=['GET'])
    def collection_workbook(self, **_others):
        """Hand out the figures of the user's company; who may not read them finds nothing."""
        try:
            content = request.env['collection.dashboard']._workbook()
        except AccessError:
            raise request.not_found() from None
        name = content_disposition(request.env._("Collections.xlsx"))
        return request.make_response(content, [('Content-Type', XLSX), ('Content-Disposition', name)])
