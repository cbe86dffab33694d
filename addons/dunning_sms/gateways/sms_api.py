"""Odoo's seam for SMS providers: ordinary text messages of a company go through its gateway too."""

from odoo.addons.sms.tools.sms_api import SmsApiBase

STATES = {'accepted': 'sent', 'refused': 'wrong_number_format', 'later': 'server_error', 'unclear': 'processing'}
"""What Odoo's queue is told. Unclear counts as on its way: a money reminder must not be sent twice."""


class SmsApiGateway(SmsApiBase):
    PROVIDER_TO_SMS_FAILURE_TYPE = SmsApiBase.PROVIDER_TO_SMS_FAILURE_TYPE

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        """Send one by one; what one message meets does not touch the others. See `sms/tools/sms_api.py`."""
        gateway = self.company.sudo().dunning_gateway_id  # secrets of the gateway are for system users
        results = []
        for message in messages:
            for number in message.get('numbers') or []:
                outcome = gateway._send(number['number'], message.get('content') or '', number['uuid'])
                results.append({
                    'uuid': number['uuid'], 'state': 'success' if outcome.kind == 'accepted' else STATES[outcome.kind],
                    'failure_reason': outcome.reason or False,
                })
        return results
