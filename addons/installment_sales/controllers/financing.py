"""Where financing providers tell what became of an application; signed, or it is not taken."""

from odoo import http
from odoo.http import request


class FinancingWebhook(http.Controller):

    @http.route('/installments/financing/<int:provider_id>', type='http', auth='public', methods=['POST'], csrf=False,
                save_session=False, max_content_length=64 * 1024)
    def financing_message(self, provider_id):
        """Take one message; 403 without a good signature, 404 so that an early message is told again."""
        # sudo: providers have no user, their signature proves who they are
        provider_sudo = request.env['installment.financing.provider'].sudo().browse(provider_id).exists()
        headers = request.httprequest.headers
        status = provider_sudo._receive(
            headers.get('X-Financing-Timestamp', ''), headers.get('X-Financing-Signature', ''),
            request.httprequest.get_data(),
        ) if provider_sudo else 403
        return request.make_response('', status=status)
