"""Webhooks: noted with the fact, signed, repeated until received, replayed with the same id."""

import json
from datetime import timedelta
from unittest.mock import patch

import requests
from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ..gateways import safe_http
from ..rules.webhooks import is_genuine
from .common import ExchangeCase


class EventCase(ExchangeCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint = cls.env['exchange.webhook.endpoint'].create({
            'name': "Warehouse", 'url': 'https://hooks.example.com/in',
            'event_filter': 'invoice.*,payment.*,contract.*',
        }).sudo()

    def setUp(self):
        super().setUp()
        self.calls, self.answers = [], []
        self.patch(safe_http, 'call', self._call)

    def _call(self, method, url, _allowed, data=b'', headers=None, **_values):
        self.calls.append((url, data, headers))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer, b''

    def _events(self, **values):
        self.env.flush_all()
        self.env.invalidate_all()
        domain = [(name, '=', value) for name, value in values.items()]
        return self.env['exchange.event'].sudo().search(domain, order='id')

    def _make_due(self):
        """Let everything that waits be due: the database has its own clock."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE exchange_delivery SET next_try_on = '2026-03-01'")
        self.env.invalidate_all()

    def _deliver(self):
        self._make_due()
        while self.endpoint._deliver_next():
            self.env.invalidate_all()

    def _sent(self):
        return [json.loads(body) for _url, body, _headers in self.calls]


class TestFacts(EventCase):

    def test_posting_paying_and_reversing_are_noted(self):
        invoice = self._invoice()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids,
        ).create({})._create_payments()
        other = self._invoice(50.0)
        other._reverse_moves([{'invoice_date': '2026-02-11', 'date': '2026-02-11'}], cancel=True)
        noted = [(event.event_type, event.res_id) for event in self._events() if event.model == 'account.move']
        for fact in (('invoice.posted', invoice.id), ('invoice.paid', invoice.id), ('invoice.reversed', other.id)):
            self.assertEqual(noted.count(fact), 1, noted)
        self.assertEqual(len(self._events(event_type='payment.registered')), 1)

    def test_an_invoice_written_as_a_row_is_noted_too(self):
        """A billing run inserts posted invoices by SQL, past every method."""
        invoice = self._invoice()
        self.env.flush_all()
        (made,), = self.env.execute_query(SQL("""
            INSERT INTO account_move
            SELECT row.* FROM account_move AS old, LATERAL jsonb_populate_record(old, jsonb_build_object(
                'id', nextval('account_move_id_seq'), 'name', 'COPY/1', 'sequence_number', 900)) AS row
             WHERE old.id = %s RETURNING id""", invoice.id))
        self.assertEqual(self._events(res_id=made).mapped('event_type'), ['invoice.posted'])

    def test_a_fact_that_is_rolled_back_was_none(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._invoice()
            self.env.flush_all()
            raise ZeroDivisionError
        self.assertFalse(self._events())

    def test_nothing_is_noted_that_nobody_asked_for(self):
        self.endpoint.event_filter = 'payment.*'
        self.env.flush_all()
        self._invoice()
        self.assertFalse(self._events())
        self.endpoint.active = False
        self.assertFalse(self.env['exchange.event']._emit('payment.registered', self.customer, {}))

    def test_vendor_bills_and_other_companies_are_not_told(self):
        self.endpoint.company_id = self.env['res.company'].create({'name': "Other"})
        self.env.flush_all()
        self._invoice()
        self.assertFalse(self._events())

    def test_states_of_other_models_are_told(self):
        """Contracts and notices are watched the same way where their modules are installed."""
        events = self.env['exchange.event']
        self.endpoint.event_filter = 'export.*,contract.*'
        self.env.flush_all()
        self.addCleanup(delattr, type(self.env['datev.export']), '_exchange_watch')
        type(self.env['datev.export'])._exchange_watch = 'export'
        events._register_hook()
        events._register_hook()
        self._invoice()
        export = self.env['datev.export'].create({'date_from': '2026-02-01', 'date_to': '2026-02-28'})
        export.action_export()
        event = self._events()
        self.assertEqual((event.event_type, event.res_id), ('export.done', export.id))
        self._deliver()
        self.assertEqual(self._sent()[0]['data'], {'id': export.id, 'name': export.name, 'state': 'done'})

    def test_other_modules_note_what_happened(self):
        self.assertTrue(self.env['exchange.event']._emit('contract.suspended', self.customer, {'contract': 'CT/1'}))
        event = self._events()
        self.assertRecordValues(event, [{
            'event_type': 'contract.suspended', 'data': {'contract': 'CT/1'}, 'waiting_count': 1,
        }])


class TestDelivery(EventCase):

    def test_a_message_is_signed_and_tells_the_invoice(self):
        invoice = self._invoice()
        self._deliver()
        (url, body, headers), = self.calls
        message = json.loads(body)
        event = self._events()
        self.assertEqual(url, self.endpoint.url)
        self.assertEqual((message['id'], message['type'], message['data']['number'], message['data']['amount_total']),
                         (event.event_id, 'invoice.posted', invoice.name, '115.00'))
        stamp = int(headers['X-Exchange-Signature'].split(',')[0][2:])
        self.assertTrue(is_genuine(self.endpoint.secret, headers['X-Exchange-Signature'], body, stamp))
        self.assertFalse(is_genuine('wrong', headers['X-Exchange-Signature'], body, stamp))
        self.assertFalse(is_genuine(self.endpoint.secret, headers['X-Exchange-Signature'], body + b' ', stamp))
        self.assertFalse(is_genuine(self.endpoint.secret, headers['X-Exchange-Signature'], body, stamp + 301))
        self.assertEqual(event.delivery_ids.state, 'sent')

    def test_failures_are_repeated_later_with_the_same_id(self):
        self._invoice()
        self.answers = [500, requests.Timeout(), 429, 200]
        event = self._events()
        for attempt in range(4):
            self._deliver()
            self.assertEqual(event.delivery_ids.attempt, attempt + 1)
        self.assertEqual(event.delivery_ids.state, 'sent')
        self.assertEqual({message['id'] for message in self._sent()}, {event.event_id})
        self.assertEqual(len({body for _url, body, _headers in self.calls}), 1, "The message never changes")

    def test_the_wait_grows(self):
        self._invoice()
        self.answers = [503]
        self._deliver()
        delivery = self._events().delivery_ids
        self.assertEqual((str(delivery.next_try_on), delivery.status), ('2026-03-10 00:01:00', 503))
        self.assertTrue(self.endpoint.failing_since)

    def test_order_is_kept_while_the_first_one_fails(self):
        self._invoice()
        self._invoice()
        self.answers = [500]
        self._deliver()
        self.assertEqual(len(self.calls), 1)
        self._deliver()
        self.assertEqual([message['sequence'] for message in self._sent()[1:]], self._events().ids)

    def test_without_order_each_goes_its_own_way(self):
        self.endpoint.is_ordered = False
        self._invoice()
        self._invoice()
        self.answers = [500]
        self._deliver()
        deliveries = self._events().delivery_ids.sorted(lambda delivery: delivery.event_id.id)
        self.assertEqual(deliveries.mapped('state'), ['waiting', 'sent'])

    def test_what_is_given_up_can_be_replayed(self):
        self.endpoint.max_attempts = 1
        self._invoice()
        self.answers = [500]
        self._deliver()
        event = self._events()
        self.assertEqual((event.delivery_ids.state, self.endpoint.dead_count), ('dead', 1))
        self.assertIn("given up", self.endpoint.message_ids[0].body)
        self.endpoint.action_replay_dead()
        self._deliver()
        self.assertEqual(event.delivery_ids.state, 'sent')
        event.action_replay()
        self._deliver()
        self.assertEqual({message['id'] for message in self._sent()}, {event.event_id})
        self.assertEqual(len(self.calls), 3)

    def test_both_secrets_are_valid_while_they_change(self):
        old = self.endpoint.secret
        self.endpoint.action_rotate_secret()
        self._invoice()
        self._deliver()
        (_url, body, headers), = self.calls
        stamp = int(headers['X-Exchange-Signature'].split(',')[0][2:])
        for secret in (old, self.endpoint.secret):
            self.assertTrue(is_genuine(secret, headers['X-Exchange-Signature'], body, stamp))

    def test_the_scheduler_tells_everything_that_waits(self):
        for _number in range(3):
            self._invoice()
        self._make_due()
        with self.enter_registry_test_mode():
            self.env.ref('accounting_exchange.ir_cron_deliver').method_direct_trigger()
        self.assertEqual(len(self.calls), 3)

    def test_a_deleted_record_is_told_as_deleted(self):
        self.env['exchange.event']._emit('contract.ended', self.customer, {})
        event = self._events()
        event.write({'data': False, 'res_id': 2**31 - 2})
        self._deliver()
        self.assertEqual(self._sent()[0]['data'], {'id': 2**31 - 2, 'deleted': True})


class TestOutage(EventCase):
    """A receiver that is gone: others are told, somebody is asked, nothing is lost."""

    def _fail_for_days(self, days):
        self._invoice()
        self.answers = [500]
        self._deliver()
        self.endpoint.failing_since = fields.Datetime.now() - timedelta(days=days)
        self.answers = [500]
        self._deliver()

    def test_an_endpoint_that_fails_for_days_is_paused_and_somebody_is_asked(self):
        self._fail_for_days(4)
        self.assertFalse(self.endpoint.paused_since)
        self._fail_for_days(5)
        activity = self.endpoint.activity_ids
        self.assertEqual((bool(self.endpoint.paused_since), len(activity), activity.user_id.active), (True, 1, True))
        self.assertTrue(activity.user_id.has_group('accounting_exchange.group_exchange_manager'))
        self.assertIn("HTTP 500", activity.note)
        calls = len(self.calls)
        self._deliver()
        self.assertFalse(self.env['exchange.delivery']._due_endpoints())
        self.assertEqual(len(self.calls), calls)

    def test_what_happens_during_the_pause_is_sent_on_resuming(self):
        self._fail_for_days(6)
        self._invoice()
        self.endpoint.action_resume()
        self._deliver()
        self.assertEqual([message['sequence'] for message in self._sent()[-2:]], self._events().ids)
        self.assertFalse(self.endpoint.activity_ids or self.endpoint.paused_since or self.endpoint.failing_since)

    def test_a_clerk_resumes_nothing(self):
        user = self._user('clerk', 'accounting_exchange.group_exchange_user')
        with self.assertRaises(AccessError):
            self.endpoint.sudo(False).with_user(user).action_resume()

    def test_what_the_receiver_says_is_kept_with_the_failure(self):
        self._invoice()
        answer = b'{"error":\n "no such\x00 customer"}' + b'x' * 999
        self.patch(safe_http, 'call', lambda *_args, **_values: (422, answer))
        self._deliver()
        error = self._events().delivery_ids.error
        self.assertEqual((error[:45], len(error)), ('HTTP 422: {"error": "no such customer"}xxxxxx'[:45], 210))

    def test_events_of_long_ago_are_forgotten_but_those_that_still_wait(self):
        other = self.endpoint.copy({'url': 'https://other.example.com/'})
        self._invoice()
        event = self._events()
        event.delivery_ids.filtered(lambda delivery: delivery.endpoint_id == other).state = 'sent'
        event.occurred_on = fields.Datetime.now() - timedelta(days=91)
        event._gc_events()
        self.assertTrue(event.exists())
        self.endpoint.paused_since = fields.Datetime.now()
        event._gc_events()
        self.assertFalse(event.exists())


class TestGuards(EventCase):

    def test_only_public_https_addresses_are_called(self):
        for url in ('http://example.com', 'https://192.168.1.1/x', 'https://[fd00::1]/', 'gopher://x',
                    'https://[::ffff:10.0.0.1]/', 'https://[64:ff9b::a00:1]/', 'https://[2002:a00:1::]/'):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.endpoint.url = url

    def test_a_name_that_leads_into_the_own_network_is_not_called(self):
        self.patch(safe_http, 'call', type(self)._real_call)
        with patch.object(safe_http.socket, 'getaddrinfo', return_value=[(2, 1, 6, '', ('10.0.0.7', 443))]):
            self._invoice()
            self._make_due()
            self.endpoint._deliver_next()
        self.assertIn("private network", self._events().delivery_ids.error)

    def test_filters_that_name_nothing_are_refused(self):
        for text in ('', 'invoice.* ', "x' OR 1=1", 'INVOICE'):
            with self.subTest(text), self.assertRaises(ValidationError):
                self.endpoint.event_filter = text

    def test_screen_and_database_agree_on_what_is_wanted(self):
        for pattern, wanted in (('*', True), ('invoice.*', True), ('invoice.posted', True), ('invoice', False),
                                ('payment.*,invoice.p*', True), ('*.paid', False)):
            self.endpoint.event_filter = pattern
            with self.subTest(pattern):
                self.assertEqual(self.endpoint._wants('invoice.posted'), wanted)
                self.assertEqual(self.env['exchange.event']._emit('invoice.posted', self.customer, {}), wanted)

    def test_the_secret_is_for_managers(self):
        user = self._user('clerk', 'accounting_exchange.group_exchange_user')
        endpoint = self.endpoint.sudo(False).with_user(user)
        self.assertTrue(endpoint.name)
        with self.assertRaises(AccessError):
            endpoint.read(['secret'])
        for attack in (endpoint.action_rotate_secret, endpoint.action_send_test, endpoint.action_replay_dead):
            with self.assertRaises(AccessError):
                attack()
        self._invoice()
        with self.assertRaises(AccessError):
            self._events().sudo(False).with_user(user).action_replay()


TestGuards._real_call = staticmethod(safe_http.call)
