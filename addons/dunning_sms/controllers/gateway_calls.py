"""What gateways call: delivery reports and answers of recipients, signed; nobody else changes anything here."""

import json
import time

from odoo import http
from odoo.http import request

from ..gateways.http_gateway import read_path

LONGEST_BODY = 64 * 1024


class GatewayCalls(http.Controller):
    @http.route(
        '/dunning/sms/<int:gateway_id>/report', type='http', auth='public', methods=['POST'], csrf=False,
        save_session=False, max_content_length=LONGEST_BODY,
    )
    def report(self, gateway_id, **_others):
        """Take a delivery report: {"event", "reference" or "id", "status", "reason"}.

        401 for a wrong or old signature, 403 without a secret, 404 for an unknown message, so that the gateway
        tries again; 200 as well for what was taken before.
        """
        gateway_sudo, body, refused = self._genuine(gateway_id)
        if refused:
            return refused
        event, state = _text(body, 'event'), _text(body, 'status').lower()
        if not event or not state:
            return request.make_response('event and status are needed', status=400)
        taken = request.env['dunning.gateway.event'].sudo()._report(  # the signature decides
            gateway_sudo, event, _text(body, 'reference'), _text(body, 'id'), state, _text(body, 'reason'))
        if taken is None:
            return request.make_response('unknown message', status=404)
        return request.make_response('taken' if taken else 'nothing to do')

    @http.route(
        '/dunning/sms/<int:gateway_id>/answer', type='http', auth='public', methods=['POST'], csrf=False,
        save_session=False, max_content_length=LONGEST_BODY,
    )
    def answer(self, gateway_id, **_others):
        """Take what a recipient answered: {"event", "from", "text"}; STOP in any wording ends text messages."""
        gateway_sudo, body, refused = self._genuine(gateway_id)
        if refused:
            return refused
        event, number = _text(body, 'event'), _text(body, 'from')
        if not event or not number:
            return request.make_response('event and from are needed', status=400)
        gateway_sudo.env['dunning.gateway.event']._answer(gateway_sudo, event, number, _text(body, 'text'))
        return request.make_response('taken')

    def _genuine(self, gateway_id: int) -> tuple:
        """Return the gateway and the body of a call that is signed; else the answer that refuses it."""
        gateway_sudo = request.env['dunning.gateway'].sudo().browse(  # a public caller; the signature decides
            gateway_id if 0 < gateway_id < 2**31 else 0).exists()
        if not gateway_sudo or not (gateway_sudo.report_secret or gateway_sudo.report_secret_old):
            return None, None, request.make_response('refused', status=403)
        raw = request.httprequest.get_data(cache=True)
        headers = request.httprequest.headers
        if not gateway_sudo._is_genuine(
            headers.get('X-Timestamp', ''), raw, headers.get('X-Signature', ''), time.time(),
        ):
            return None, None, request.make_response('refused', status=401)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return None, None, request.make_response('no JSON', status=400)
        return gateway_sudo, body, None


def _text(body, name: str) -> str:
    value = read_path(body, name)
    return str(value).replace('\x00', '')[:1000] if value is not None else ''
