"""What comes in from outside: delivery reports and answers, signed, in any order; links of customers."""

import json
import time

from odoo.tests import HttpCase, tagged

from ..rules.signature import sign
from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningCalls(DunningCase, HttpCase):

    def setUp(self):
        super().setUp()
        self.customer.email = False
        self._invoice(100, due='2026-03-07')
        self.notice = self._plan().sudo()
        self.delivery = self.notice.delivery_ids.filtered(lambda found: found.channel == 'sms')
        self.delivery._set_state('sending', called_at='2026-03-10 10:00:00', gateway_id=self.gateway.id)
        self.delivery._set_state('sent', provider_ref='P1')
        self.gateway.sudo().write({'report_secret': 'new', 'report_secret_old': 'old'})
        self.env.flush_all()

    def _call(self, body, path='report', secret='new', gateway=None, age=0, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(time.time()) - age)
        headers = {'X-Timestamp': stamp, 'X-Signature': sign(secret, stamp, raw), **headers}
        headers = {name: value for name, value in headers.items() if value is not None}
        answer = self.url_open(
            f'/dunning/sms/{gateway or self.gateway.id}/{path}', data=raw,
            headers={'Content-Type': 'application/json', **headers},
        )
        self.env.invalidate_all()
        return answer.status_code

    def _report(self, status, event='e1', **more):
        return self._call({'event': event, 'reference': self.delivery.request_uuid, 'status': status, **more})

    def test_a_report_is_taken_once(self):
        """E7."""
        self.assertEqual([self._report('delivered') for _time in range(3)], [200] * 3)
        self.assertEqual(self.delivery.state, 'delivered')
        self.assertEqual(self.env['dunning.gateway.event'].search_count([]), 1)

    def test_what_was_delivered_stays_delivered(self):
        """E8."""
        for number, status in enumerate(('delivered', 'sent', 'failed', 'queued', 'nonsense')):
            self.assertEqual(self._report(status, f'e{number}'), 200)
        self.assertEqual((self.delivery.state, self.notice.state), ('delivered', 'sent'))

    def test_a_failure_reported_late_makes_the_notice_fail(self):
        self.notice._follow_deliveries()
        self._report('failed', reason='absent subscriber')
        self.assertEqual((self.delivery.state, self.delivery.failure_reason), ('failed', 'absent subscriber'))
        self.assertEqual(self.notice.state, 'failed')

    def test_forged_old_or_unsigned_calls_are_refused(self):
        """E9."""
        body = {'event': 'e1', 'reference': self.delivery.request_uuid, 'status': 'failed'}
        self.assertEqual(self._call(body, secret='other'), 401)
        self.assertEqual(self._call(body, age=400), 401)
        self.assertEqual(self._call(body, age=-400), 401)
        self.assertEqual(self._call(body, **{'X-Signature': 'ñ'.encode().decode('latin-1')}), 401)
        self.assertEqual(self._call(body, **{'X-Signature': None}), 401)
        self.assertEqual(self._call(body, **{'X-Timestamp': 'yesterday'}), 401)
        self.assertEqual(self._call(body, gateway=999999), 403)
        self.gateway.sudo().write({'report_secret': False, 'report_secret_old': False})
        self.env.flush_all()
        self.assertEqual(self._call(body, secret=''), 403)
        self.assertEqual(self.delivery.state, 'sent')

    def test_the_old_secret_holds_while_it_is_changed(self):
        body = {'event': 'e1', 'reference': self.delivery.request_uuid, 'status': 'delivered'}
        self.assertEqual(self._call(body, secret='old'), 200)

    def test_an_unknown_message_is_asked_for_again(self):
        self.assertEqual(self._call({'event': 'e9', 'reference': 'nobody', 'status': 'delivered'}), 404)
        self.assertEqual(self._call({'event': 'e9', 'id': 'P1', 'status': 'delivered'}), 200)
        self.assertEqual(self.delivery.state, 'delivered')

    def test_broken_calls_change_nothing(self):
        """E5."""
        for raw in (b'{', b'[]', b'"x"', b'{"event": {"a": 1}, "status": []}', b'\xff\xfe', b'{"event": null}'):
            self.assertEqual(self._call(raw), 400, raw)
        self.assertIn(self._call(b'x' * 100_000), (400, 413))
        self.assertEqual(self.delivery.state, 'sent')

    def test_another_gateway_reports_nothing_of_this_one(self):
        other = self.env['dunning.gateway'].sudo().create({'name': "Other", 'report_secret': 'new'})
        self.env.flush_all()
        body = {'event': 'e1', 'reference': self.delivery.request_uuid, 'status': 'failed'}
        self.assertEqual(self._call(body, gateway=other.id), 404)
        self.assertEqual(self.delivery.state, 'sent')

    def test_stop_ends_text_messages(self):
        """N16: and START takes it back."""
        self.assertEqual(self._call({'event': 'a1', 'from': '+573001112233', 'text': "Thanks, paid"}, 'answer'), 200)
        self.assertFalse(self.customer.message_consent_ids)
        self.assertEqual(self._call({'event': 'a2', 'from': '573001112233', 'text': "no más mensajes"}, 'answer'), 200)
        self.assertRecordValues(self.customer.message_consent_ids, [
            {'channel': 'sms', 'state': 'refused', 'source': 'answer', 'evidence': "no más mensajes"},
        ])
        self._invoice(80, due='2026-03-10')
        self.assertEqual(self._reason(), 'no_address')
        self._call({'event': 'a3', 'from': '+573001112233', 'text': "START"}, 'answer')
        self.assertEqual(self.customer.message_consent_ids.state, 'granted')

    def test_stop_counts_however_the_provider_writes_the_number(self):
        """N16: without the country code, with 00, with blanks."""
        for event, number in enumerate(('3001112233', '00573001112233', '57 300 111 2233')):
            self._call({'event': f'b{event}', 'from': number, 'text': "Please stop"}, 'answer')
            self.assertEqual(self.customer.message_consent_ids.state, 'refused', number)
            self._call({'event': f'c{event}', 'from': '+573001112233', 'text': "START"}, 'answer')
            self.assertEqual(self.customer.message_consent_ids.state, 'granted')

    # === LINKS === #

    def test_the_link_opens_its_notice_and_no_other(self):
        """G1: the same answer for a wrong secret and for no notice at all."""
        token = self.notice._token(self.notice.id)
        page = self.url_open(f'/my/r/{self.notice.id}/{token}')
        self.assertIn('Reminder of', page.text)
        for path in (f'{self.notice.id}/wrong', f'{self.notice.id + 1}/{token}', f'99999999999/{token}', f'0/{token}'):
            answer = self.url_open(f'/my/r/{path}', allow_redirects=False)
            self.assertEqual(answer.status_code, 303, path)

    def test_messages_end_without_login_only_for_the_owner(self):
        """G15: asking is no answer, posting is."""
        url = f'/my/o/{self.notice.id}/{self.notice._token(self.notice.id)}'
        self.assertEqual(self.url_open(url).status_code, 200)
        self.assertFalse(self.customer.message_consent_ids)
        self.url_open(url, data={'List-Unsubscribe': 'One-Click'})
        self.env.invalidate_all()
        self.assertRecordValues(self.customer.message_consent_ids, [{'channel': 'email', 'state': 'refused'}])
        self.assertFalse(self.neighbour.message_consent_ids)
        self.url_open(f'/my/o/{self.notice.id}/wrong', data={'channel': 'sms'})
        self.env.invalidate_all()
        self.assertEqual(len(self.customer.message_consent_ids), 1)

    def test_customers_see_their_own_notices(self):
        self._user('ana', 'base.group_portal', partner_id=self.customer.id, password='ana-password')
        self._user('bruno', 'base.group_portal', partner_id=self.neighbour.id, password='bruno-password')
        self.env.flush_all()
        self.authenticate('ana', 'ana-password')
        self.assertIn(f'/my/reminders/{self.notice.id}', self.url_open('/my/reminders').text)
        self.assertIn('Reminder of', self.url_open(f'/my/reminders/{self.notice.id}').text)
        self.assertEqual(self.url_open('/my').status_code, 200)
        self.authenticate('bruno', 'bruno-password')
        for number in (self.notice.id, 999999, 10**20):
            answer = self.url_open(f'/my/reminders/{number}', allow_redirects=False)
            self.assertIn(answer.status_code, (303, 404), number)
