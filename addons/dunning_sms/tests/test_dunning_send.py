"""The outbox: everything sent once, nothing for what was paid, doubts kept as doubts, caps and hours kept."""

import smtplib
from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time
from odoo.addons.base.tests.common import MockSmtplibCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.dunning_gateway import DunningGateway
from ..rules.outbox import Outcome
from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningSend(DunningCase, MockSmtplibCase):

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(100, due='2026-03-07')

    def _notice(self, channel=None, **vals):
        """Return the notice of the customer, by one channel if given."""
        if channel == 'sms':
            self.customer.email = False
        notice = self._plan().sudo()  # the scheduler's rights
        self.env.flush_all()
        return notice

    def _states(self, notice):
        return {delivery.channel: delivery.state for delivery in notice.delivery_ids}

    @contextmanager
    def _gateway(self, *kinds, **more):
        """Let the gateway answer in this order; yield what was handed over."""
        sent, outcomes = [], [kind if isinstance(kind, Outcome) else Outcome(kind, **more) for kind in kinds]

        def send(_gateway, number, text, reference):
            sent.append((number, text, reference))
            return outcomes[min(len(sent), len(outcomes)) - 1]

        with patch.object(DunningGateway, '_send', send):
            yield sent

    def _ask(self):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env['dunning.sender'].with_env(self.env(cr=cr, su=True))._cron_ask()
        self.env.invalidate_all()

    # === MAIL === #

    def test_a_mail_goes_out_once(self):
        """B7: neither the next activation nor the mail queue nor its button sends it again."""
        notice = self._notice()
        with self.mock_smtplib_connection():
            self._send()
            self._send()
            notice.delivery_ids.mail_id.write({'state': 'outgoing'})
            notice.delivery_ids.mail_id.send()
        self.assertEqual(len(self.emails), 1)
        self.assertEqual((notice.state, self._states(notice)['email']), ('sent', 'sent'))
        self.assertIn('ana@example.com', self.emails[0]['msg_to'])
        self.assertIn(notice.delivery_ids.filtered('message_id').message_id, self.emails[0]['message'])

    def test_nothing_goes_out_for_what_was_paid_a_minute_ago(self):
        """B5."""
        notice = self._notice()
        self._pay(self.invoice)
        self.env.flush_all()
        with self.mock_smtplib_connection():
            self._send()
        self.assertFalse(self.emails)
        self.assertEqual((notice.state, notice.cancel_reason), ('cancelled', 'paid'))

    def test_a_part_paid_meanwhile_is_told_anew(self):
        """B5: the old text would be wrong, so it is dropped, and the step may be told again."""
        notice = self._notice()
        self._pay(self.invoice, 30)
        self.env.flush_all()
        with self.mock_smtplib_connection():
            self._send()
        self.assertEqual(notice.cancel_reason, 'changed')
        self.assertEqual(self._plan().amount_total, 70.0)

    def test_an_opt_out_counts_at_the_last_moment(self):
        """G15."""
        notice = self._notice()
        self.env['message.consent']._note(self.customer, 'email', 'refused', 'link')
        self.env.flush_all()
        with self.mock_smtplib_connection(), self._gateway('accepted') as sent:
            self._send()
            self._send()
        self.assertFalse(self.emails)
        self.assertEqual(len(sent), 1, "the fallback stepped in")
        self.assertEqual(self._states(notice), {'email': 'cancelled', 'sms': 'sent'})

    def test_a_mail_server_that_is_down_loses_nothing(self):
        """E1: all stay queued with a pause; the first failed connection ends the batch."""
        others = self.env['res.partner'].create([{'name': f"C{n}", 'email': f'c{n}@example.com'} for n in range(4)])
        for partner in others:
            self._invoice(50, due='2026-03-07', partner=partner)
        notices = self._notice()
        with patch('odoo.addons.base.models.ir_mail_server.IrMail_Server._disable_send', lambda _self: False), \
                patch('odoo.addons.base.models.ir_mail_server.IrMail_Server._connect__',
                      side_effect=ConnectionRefusedError("down")) as connect, \
                self.assertLogs('odoo.addons.dunning_sms.models.dunning_sender', 'WARNING'):
            self._send()
        mails = notices.delivery_ids.filtered(lambda found: found.channel == 'email')
        self.assertEqual(set(mails.mapped('state')), {'queued'})
        self.assertEqual(connect.call_count, 1)
        with freeze_time('2026-03-10 10:06:00'), self.mock_smtplib_connection():
            self._send()
        self.assertEqual(len(self.emails), 5)
        self.assertEqual(set(mails.mapped('state')), {'sent'})

    @mute_logger('odoo.addons.mail.models.mail_mail')
    def test_a_temporary_refusal_is_tried_again_a_final_one_falls_back(self):
        """E2."""
        notice = self._notice()
        answers = [smtplib.SMTPRecipientsRefused({'ana@example.com': (450, b'later')}),
                   smtplib.SMTPRecipientsRefused({'ana@example.com': (550, b'unknown user')})]
        for moment, state in (('2026-03-10 10:00:00', 'queued'), ('2026-03-10 10:06:00', 'failed')):
            with freeze_time(moment), self.mock_smtplib_connection():
                self.testing_smtp_session.send_message = lambda *_args: (_ for _ in ()).throw(answers.pop(0))
                with self._gateway('accepted') as sent:
                    self._send()
            self.assertEqual(self._states(notice)['email'], state)
        self.assertEqual((len(sent), self._states(notice)['sms'], notice.state), (1, 'sent', 'sent'))

    # === TEXT MESSAGES === #

    def test_a_text_message_goes_out_once(self):
        notice = self._notice('sms')
        with self._gateway(Outcome('accepted', reference='P1')) as sent:
            self._send()
            self._send()
        self.assertEqual([number for number, _text, _ref in sent], ['+573001112233'])
        self.assertRecordValues(notice.delivery_ids.filtered('provider_ref'), [
            {'state': 'sent', 'provider_ref': 'P1', 'attempt': 1},
        ])

    def test_an_unclear_outcome_is_asked_for_and_never_repeated(self):
        """E3."""
        notice = self._notice('sms')
        with self._gateway('unclear') as sent:
            self._send()
            with freeze_time('2026-03-10 11:00:00'):
                self._send()
        self.assertEqual((len(sent), self._states(notice)['sms']), (1, 'unclear'))
        with freeze_time('2026-03-10 11:00:00'), \
                patch.object(DunningGateway, '_ask', lambda *_args: Outcome('accepted', state='delivered')):
            self._ask()
        self.assertEqual((notice.state, self._states(notice)['sms']), ('sent', 'delivered'))

    def test_what_the_gateway_never_saw_is_sent_again(self):
        """E3."""
        notice = self._notice('sms')
        with self._gateway('unclear', 'accepted') as sent:
            self._send()
            with freeze_time('2026-03-10 11:00:00'), \
                    patch.object(DunningGateway, '_ask', lambda *_args: Outcome('later', 'unknown')):
                self._ask()
                self._send()
        self.assertEqual((len(sent), self._states(notice)['sms']), (2, 'sent'))
        self.assertEqual(sent[0][2], sent[1][2], "the same reference, so that the gateway can tell")

    def test_too_many_requests_wait(self):
        """E4."""
        notice = self._notice('sms')
        with self._gateway(Outcome('later', 'HTTP 429', wait=3600), 'accepted') as sent:
            self._send()
            with freeze_time('2026-03-10 10:40:00'):
                self._send()
            self.assertEqual(len(sent), 1)
            with freeze_time('2026-03-10 11:01:00'):
                self._send()
        self.assertEqual((len(sent), self._states(notice)['sms']), (2, 'sent'))

    def test_only_people_send_an_unclear_message_once_more(self):
        notice = self._notice('sms')
        with self._gateway('unclear'):
            self._send()
        delivery = notice.delivery_ids.filtered(lambda found: found.channel == 'sms')
        clerk = self._user('clerk', 'dunning_sms.group_dunning_user')
        with self.assertRaises(AccessError):
            delivery.with_user(clerk).action_send_once_more()
        delivery.action_send_once_more()
        self.env.flush_all()
        with self._gateway('accepted') as sent:
            self._send()
        self.assertEqual((len(sent), delivery.state), (1, 'sent'))
        with self.assertRaises(UserError):
            delivery.action_send_once_more()

    def test_a_dead_sender_leaves_doubt_only_about_what_it_called(self):
        """A9: called and not settled is unclear; claimed and not called is queued again."""
        self._invoice(50, due='2026-03-07', partner=self.neighbour)
        (self.customer | self.neighbour).email = False
        deliveries = self._notice().delivery_ids.filtered(lambda found: found.channel == 'sms').sorted('id')
        deliveries._set_state('sending', lease_until='2026-03-10 10:10:00', attempt=1)
        deliveries[0]._passed().called_at = '2026-03-10 10:00:00'
        self.env.flush_all()
        with freeze_time('2026-03-10 10:11:00'), self._gateway('accepted') as sent:
            self._send()
        self.assertEqual(deliveries.mapped('state'), ['unclear', 'sent'])
        self.assertEqual(len(sent), 1)

    def test_a_sender_that_dies_before_the_call_uses_up_no_try(self):
        """A9: after any number of kills, a message has all its tries yet."""
        notice = self._notice('sms')
        delivery = notice.delivery_ids.filtered(lambda found: found.channel == 'sms')
        Sender = self.env['dunning.sender'].sudo()
        for _kill in range(6):
            claimed, _after, _seen = Sender._claim(set(), 0)
            self.assertEqual(claimed, delivery)
            delivery._passed().lease_until = '2026-03-10 09:59:00'
            Sender._release_expired()
        self.env.flush_all()
        with self._gateway(Outcome('later', 'HTTP 429')):
            self._send()
        self.assertRecordValues(delivery, [{'state': 'queued', 'attempt': 1}])

    def test_a_report_that_is_quicker_than_the_answer_stands(self):
        """E7."""
        notice = self._notice('sms')
        delivery = notice.delivery_ids.filtered(lambda found: found.channel == 'sms')
        delivery._set_state('sending')
        delivery._take_report('delivered', '', 'P1')
        self.env['dunning.sender'].sudo()._settle(delivery, Outcome('accepted', reference='P2'))
        self.assertRecordValues(delivery, [{'state': 'delivered', 'provider_ref': 'P1'}])

    def test_a_mail_that_cannot_be_made_holds_up_no_other(self):
        """E1."""
        self._invoice(50, due='2026-03-07', partner=self.neighbour)
        notices = self._notice()
        prepare = type(self.env['dunning.mailer'])._prepare_mail_vals

        def fail_for_ana(mailer, delivery):
            if delivery.partner_id == self.customer:
                raise ValueError("no frame")
            return prepare(mailer, delivery)

        with self.mock_smtplib_connection(), patch.object(
            type(self.env['dunning.mailer']), '_prepare_mail_vals', fail_for_ana,
        ), self.assertLogs('odoo.addons.dunning_sms.models.dunning_mailer', 'ERROR'):
            self._send()
        mails = notices.delivery_ids.filtered(lambda found: found.channel == 'email').sorted('recipient')
        self.assertEqual(mails.mapped('state'), ['queued', 'sent'])

    def test_a_sender_whose_claim_ran_out_calls_nobody(self):
        """B6: another sender may have taken its messages over."""
        notice = self._notice('sms')
        delivery = notice.delivery_ids.filtered(lambda found: found.channel == 'sms')
        Sender = self.env['dunning.sender'].sudo()
        delivery._set_state('sending', lease_until='2026-03-10 10:10:00', attempt=1)
        lease = delivery.lease_until
        self.assertTrue(Sender._is_still_ours(delivery, lease))
        with freeze_time('2026-03-10 10:11:00'):
            self.assertFalse(Sender._is_still_ours(delivery, lease))
        delivery._passed().lease_until = '2026-03-10 10:20:00'
        self.assertFalse(Sender._is_still_ours(delivery, lease), "claimed anew by another one")

    # === WHEN === #

    def test_nothing_leaves_outside_the_hours(self):
        notice = self._notice('sms')
        with self._gateway('accepted') as sent, freeze_time('2026-03-11 01:30:00'):
            self._send()
        self.assertFalse(sent)
        self.assertEqual(notice.cancel_reason, 'stale', "its day has passed, and tomorrow's run decides anew")

    def test_one_message_a_day(self):
        notice = self._notice('sms')
        with self._gateway('accepted') as sent:
            self._send()
            self._invoice(80, due='2026-03-10')
            second = self._plan()
            self.assertFalse(second)
            self.assertEqual(self._reason(), 'day')
        self.assertEqual((len(sent), notice.state), (1, 'sent'))

    def test_a_notice_of_yesterday_is_decided_anew(self):
        notice = self._notice('sms')
        with freeze_time('2026-03-11 10:00:00'), self._gateway('accepted') as sent:
            self._send()
            self.assertEqual((notice.state, notice.cancel_reason), ('cancelled', 'stale'))
            again = self._plan()
            self.assertEqual(again.line_ids.filtered('step_id').occurrence, 1)
            self.env.flush_all()
            self._send()
        self.assertEqual((len(sent), again.state), (1, 'sent'))

    # === RECORDS === #

    def test_what_was_told_cannot_be_changed_or_deleted(self):
        """G7: not by a manager, not with forged context keys."""
        notice = self._notice()
        manager = self._user('manager', 'dunning_sms.group_dunning_manager')
        for record in (notice, notice.line_ids[0], notice.delivery_ids[0]):
            for context in ({}, {'dunning_gate': True}, {'dunning_gate': 'DUNNING_GATE'}):
                with self.assertRaises(AccessError):
                    record.sudo(False).with_user(manager).with_context(**context).write({'state': record.state})
                with self.assertRaises(AccessError):
                    record.sudo().with_context(**context).write({'state': record.state})
            with self.assertRaises(AccessError):
                record.sudo().unlink()

    def test_staff_gets_an_activity(self):
        self.late.route_ids.unlink()
        self.env['dunning.route'].create({
            'step_id': self.late.id, 'channel': 'activity', 'subject': "Call {customer}", 'user_id': self.env.uid,
        })
        notice = self._notice()
        self._send()
        activity = self.customer.activity_ids
        self.assertEqual((activity.summary, activity.user_id), ("Call Ana", self.env.user))
        self.assertEqual(notice.state, 'sent')
