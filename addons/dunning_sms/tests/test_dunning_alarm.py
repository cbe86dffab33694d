"""A silent channel alarms a person, a STOP is confirmed once, and the default policy leaves what is final to people."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models.dunning_gateway import DunningGateway
from ..rules.outbox import Outcome
from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningAlarm(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.responsible = cls._user('responsible', 'dunning_sms.group_dunning_manager')
        cls.gateway.user_id = cls.responsible
        cls.people = cls.env['res.partner'].create([
            {'name': f"C{n}", 'phone': f'+57 300 111224{n}'} for n in range(4)])

    def _deliver(self, kind):
        """Send what waits while the gateway answers so; return the texts it was handed."""
        texts = []

        def send(_gateway, number, text, _reference):
            texts.append((number, text))
            return Outcome(kind)

        with patch.object(DunningGateway, '_send', send):
            self._send()
        return texts

    # === SILENCE === #

    def test_a_silent_gateway_gives_its_responsible_one_activity(self):
        for partner in self.people:
            self._invoice(100, due='2026-03-07', partner=partner)
        self._plan()
        self.env.flush_all()
        with self.assertLogs('odoo.addons.dunning_sms.models.dunning_sender', 'WARNING'):
            self._deliver('unclear')
        self.assertRecordValues(self.gateway.activity_ids, [{'user_id': self.responsible.id}])
        self.env['dunning.alarm']._raise(self.company, 'sms', 3)
        self.assertEqual(len(self.gateway.activity_ids), 1)
        self._deliver('accepted')
        self.assertFalse(self.gateway.activity_ids, "the one that waited was accepted, so the alarm is over")

    def test_a_mail_server_that_is_down_alarms_a_manager(self):
        """E1."""
        self.env['dunning.alarm']._raise(self.company, 'email', 3)
        activity = self.company.partner_id.activity_ids
        self.assertTrue(activity.user_id.has_group('dunning_sms.group_dunning_manager'))
        self.env['dunning.alarm']._clear(self.company, 'email')
        self.assertFalse(self.company.partner_id.activity_ids)

    # === STOP === #

    def _answer(self, event, text):
        self.env['dunning.gateway.event'].sudo()._answer(self.gateway, event, '+573001112233', text)
        self.env.flush_all()

    def test_a_stop_is_confirmed_once(self):
        """G15, FCC: one confirmation text, not one for every STOP and none for the same call again."""
        self._answer('e1', 'STOP')
        self._answer('e1', 'STOP')
        self._answer('e2', 'stop it')
        texts = self._deliver('accepted')
        self.assertEqual([number for number, _text in texts], ['+573001112233'])
        self.assertIn(self.company.name, texts[0][1])
        self.assertFalse(self._deliver('accepted'))
        self._answer('e3', 'START')
        self._answer('e4', 'STOP')
        self.assertEqual(len(self._deliver('accepted')), 1, "a new opt-out is confirmed anew")

    def test_a_confirmation_in_doubt_is_not_repeated(self):
        self._answer('e1', 'STOP')
        self.assertEqual(len(self._deliver('unclear')), 1)
        self.assertFalse(self._deliver('accepted'))
        self.assertEqual(self.env['message.opt.out.receipt'].search([]).state, 'called')

    def test_a_contact_rule_may_forbid_the_confirmation(self):
        self.company.dunning_contact_rule_id = self.env.ref('dunning_sms.dunning_contact_rule_co')
        self._answer('e1', 'STOP')
        self.assertFalse(self.env['message.opt.out.receipt'].search([]))

    # === DEFAULT POLICY === #

    def test_the_default_policy_leaves_the_removal_to_people(self):
        step = self.env.ref('dunning_sms.dunning_step_removal')
        self.assertEqual((step.action_id, step.action_moment), (
            self.env.ref('dunning_sms.action_server_have_staff_decide'), 'removal'))
        line = self._receivable(100, due='2026-01-07')
        step.action_id.with_context(active_model='account.move.line', active_ids=line.ids, active_id=line.id).run()
        self.assertEqual(len(self.customer.activity_ids), 1)
        step.lift_action_id.with_context(active_model='account.move.line', active_ids=line.ids, active_id=line.id).run()
        self.assertFalse(self.customer.activity_ids)

    def test_what_collection_got_is_reminded_of_no_more(self):
        line = self._receivable(100, due='2026-03-07')
        line._hand_to_collection()
        self.assertEqual((len(self.customer.activity_ids), self._reason()), (1, 'nothing_open'))
