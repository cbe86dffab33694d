"""What happens when nobody pays: announced before, never after a failed notice, lifted when paid; fees once."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import DunningCase


@tagged('post_install', '-at_install')
class TestDunningConsequence(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Action = cls.env['ir.actions.server']
        vals = {'model_id': cls.env['ir.model']._get_id('account.move.line'), 'state': 'code'}
        cls.suspend = Action.create({**vals, 'name': "Suspend", 'code': "records.move_id.write({'ref': 'suspended'})"})
        cls.resume = Action.create({**vals, 'name': "Resume", 'code': "records.move_id.write({'ref': 'resumed'})"})
        cls.late.write({'action_id': cls.suspend.id, 'lift_action_id': cls.resume.id})

    def setUp(self):
        super().setUp()
        self.line = self._receivable(100, due='2026-03-07')

    def _told(self, state='sent', day='2026-03-10'):
        """Return the notice of a day, with its messages in a state."""
        with freeze_time(f'{day} 10:00:00'):
            notice = self._plan().sudo()
            for delivery in notice.delivery_ids.filtered(lambda found: found.state == 'queued'):
                delivery._set_state('sending', called_at=f'{day} 10:00:00')
                delivery._set_state(state, sent_at=f'{day} 10:00:00' if state == 'sent' else False)
            notice._follow_deliveries()
        return notice

    def _act(self, day):
        with freeze_time(f'{day} 12:00:00'), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env['dunning.consequence'].with_env(self.env(cr=cr, su=True))._cron_act()
        self.env.invalidate_all()

    def _assess(self, day):
        with freeze_time(f'{day} 12:00:00'), self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env['dunning.assessor'].with_env(self.env(cr=cr, su=True))._cron_assess()
        self.env.invalidate_all()

    # === CONSEQUENCES === #

    def test_a_service_is_suspended_on_the_day_that_was_told(self):
        notice = self._told()
        self.assertEqual(notice.line_ids.suspension_date, self._day('2026-03-17'))
        self._act('2026-03-16')
        self.assertFalse(self.line.move_id.ref)
        self._act('2026-03-17')
        self.assertEqual(self.line.move_id.ref, 'suspended')
        consequence = self.env['dunning.consequence'].search([('move_line_id', '=', self.line.id)])
        self.assertRecordValues(consequence, [{
            'state': 'done', 'notice_id': notice.id, 'date': self._day('2026-03-17'),
        }])
        self.line.move_id.ref = False
        self._act('2026-03-18')
        self.assertFalse(self.line.move_id.ref, "once")

    def test_nothing_is_suspended_when_every_announcement_failed(self):
        self._told('failed')
        self._act('2026-03-20')
        self.assertFalse(self.line.move_id.ref)

    def test_nothing_is_suspended_that_was_never_announced(self):
        self._act('2026-05-20')
        self.assertFalse(self.line.move_id.ref)

    def test_a_dispute_keeps_the_service(self):
        self._told()
        self.env['dunning.hold'].create({'move_line_id': self.line.id, 'kind': 'dispute'})
        self._act('2026-03-17')
        self.assertFalse(self.line.move_id.ref)

    def test_a_dispute_that_ends_moves_the_day_before_anything_happens(self):
        """Also before the run of that morning has written the corrected notice."""
        self._told()
        self.env['dunning.hold'].create({
            'move_line_id': self.line.id, 'date_from': '2026-03-12', 'date_until': '2026-03-18',
        })
        self._act('2026-03-19')
        self.assertFalse(self.line.move_id.ref, "told for the 17th, seven days on hold: the 24th")
        self._act('2026-03-23')
        self.assertFalse(self.line.move_id.ref)
        self._act('2026-03-24')
        self.assertEqual(self.line.move_id.ref, 'suspended')

    def test_a_consequence_some_days_after_its_notice(self):
        self.late.write({'action_moment': 'notice', 'action_days': 4})
        self._told()
        self._act('2026-03-13')
        self.assertFalse(self.line.move_id.ref)
        self._act('2026-03-14')
        self.assertEqual(self.line.move_id.ref, 'suspended')

    def test_payment_lifts_the_suspension(self):
        """B17."""
        self._told()
        self._act('2026-03-17')
        self._pay(self.line.move_id)
        self.env.flush_all()
        self._act('2026-03-18')
        self.assertEqual(self.line.move_id.ref, 'resumed')
        self.assertEqual(self.env['dunning.consequence'].search([]).state, 'lifted')

    def test_an_action_that_fails_is_parked_with_its_reason(self):
        self.suspend.code = "raise UserError('No contract')"
        self._told()
        with self.assertLogs('odoo.addons.dunning_sms.models.dunning_consequence', 'WARNING'):
            self._act('2026-03-17')
        consequence = self.env['dunning.consequence'].search([])
        self.assertEqual(consequence.state, 'failed')
        self.assertIn("No contract", consequence.failure_reason)
        self.suspend.code = "records.move_id.write({'ref': 'suspended'})"
        consequence.action_retry()
        self.assertEqual((consequence.state, self.line.move_id.ref), ('done', 'suspended'))

    # === FEES AND INTEREST === #

    def test_a_fee_is_charged_once_and_bears_none_itself(self):
        """R1."""
        self.late.write({'fee_amount': 5.0, 'repeat_days': 3, 'repeat_times': 2})
        self._told()
        self._assess('2026-03-10')
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        self._assess('2026-03-13')
        charge = self.env['dunning.charge'].search([])
        self.assertRecordValues(charge, [{'kind': 'fee', 'amount': 5.0, 'state': 'invoiced'}])
        invoice = charge.charge_move_id
        self.assertRecordValues(invoice, [{'amount_total': 5.0, 'state': 'posted', 'is_dunning_charge': True}])
        with freeze_time('2026-03-30 10:00:00'):
            notice = self._plan()
        self.assertIn(invoice, notice.line_ids.move_id)

    def test_a_fee_for_each_late_payment(self):
        self._receivable(60, due='2026-03-07')
        self.late.write({'fee_amount': 40.0, 'fee_scope': 'line'})
        self._told()
        self._assess('2026-03-10')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [40.0, 40.0])

    def test_no_fee_for_a_notice_that_failed(self):
        self.late.fee_amount = 5.0
        self._told('failed')
        self._assess('2026-03-10')
        self.assertFalse(self.env['dunning.charge'].search([]))

    def test_interest_by_segment_stays_after_the_principal_is_paid(self):
        """R7: 10 days on 100, then 6 more on 60 until it is paid."""
        self.policy.interest_rate = 36.5
        self.late.charge_interest = True
        self.line.move_id.button_draft()
        self.line.move_id.unlink()
        line = self._receivable(1000, due='2026-03-02')
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        charge = self.env['dunning.charge'].search([])
        self.assertRecordValues(charge, [{
            'amount': 10.0, 'date_from': self._day('2026-03-03'), 'date_until': self._day('2026-03-13'),
        }])
        with freeze_time('2026-03-20 10:00:00'):
            self._pay(line.move_id, day='2026-03-20')
        self.env.flush_all()
        self._assess('2026-03-21')
        self.assertEqual(self.env['dunning.charge'].search([], order='id').mapped('amount'), [10.0, 7.0])
        self._assess('2026-04-21')
        self.assertEqual(self.env['dunning.charge'].search_count([]), 2)

    def _overdue_with_interest(self):
        """Return a receivable of 1,000 due on 2 March that costs 1 a day for each 1,000."""
        self.policy.interest_rate = 36.5
        self.late.charge_interest = True
        self.line.move_id.button_draft()
        self.line.move_id.unlink()
        return self._receivable(1000, due='2026-03-02')

    def test_a_disputed_part_bears_no_interest_while_the_dispute_is_open(self):
        line = self._overdue_with_interest()
        self.policy.is_interest_on_disputes = False
        hold = self.env['dunning.hold'].create({
            'move_line_id': line.id, 'kind': 'dispute', 'amount': 400, 'date_from': '2026-03-08',
        })
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [8.0], "5 x 1.00, 5 x 0.60")
        with freeze_time('2026-03-18 10:00:00'):
            hold.action_release()
        with freeze_time('2026-03-23 10:00:00'):
            self._pay(line.move_id, day='2026-03-23')
        self.env.flush_all()
        self._assess('2026-03-24')
        self.assertEqual(self.env['dunning.charge'].search([], order='id').mapped('amount'), [8.0, 8.0])

    def test_a_rejected_dispute_bears_interest_from_the_due_date_on_by_setting(self):
        line = self._overdue_with_interest()
        hold = self.env['dunning.hold'].create({
            'move_line_id': line.id, 'kind': 'dispute', 'amount': 400, 'date_from': '2026-03-08',
        })
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        with freeze_time('2026-03-18 10:00:00'):
            hold.action_release()
        with freeze_time('2026-03-23 10:00:00'):
            self._pay(line.move_id, day='2026-03-23')
        self.env.flush_all()
        self._assess('2026-03-24')
        self.assertEqual(self.env['dunning.charge'].search([], order='id').mapped('amount'), [8.0, 12.0], "20 days")

    def test_an_accepted_dispute_bears_no_interest_for_any_day(self):
        line = self._overdue_with_interest()
        hold = self.env['dunning.hold'].create({
            'move_line_id': line.id, 'kind': 'dispute', 'amount': 400, 'date_from': '2026-03-08',
        })
        with freeze_time('2026-03-12 10:00:00'):
            hold.action_accept()
            hold.credit_note_id.action_post()
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [6.0], "10 x 0.60")

    def test_a_credit_nobody_matched_takes_its_amount_out_of_the_interest(self):
        self._overdue_with_interest()
        self._receivable(300, due='2026-03-08', move_type='out_refund')
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [8.5], "5 x 1.00, 5 x 0.70")

    def test_a_promise_pauses_reminders_and_no_interest(self):
        line = self._overdue_with_interest()
        self.env['payment.promise'].create({
            'move_line_id': line.id, 'amount': 400, 'promised_on': '2026-03-03', 'date': '2026-03-20',
        })
        self._told(day='2026-03-13')
        self._assess('2026-03-13')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [10.0])

    def test_a_fee_by_share_leaves_out_what_is_disputed(self):
        self.late.fee_percent = 10
        self.env['dunning.hold'].create({'move_line_id': self.line.id, 'kind': 'dispute', 'amount': 40})
        self._told()
        self._assess('2026-03-10')
        self.assertEqual(self.env['dunning.charge'].search([]).mapped('amount'), [6.0])

    def test_a_charge_can_be_waived_before_it_is_invoiced(self):
        self.late.fee_amount = 5.0
        notice = self._told()
        self.env['dunning.assessor'].sudo()._assess(notice)
        charge = self.env['dunning.charge'].search([])
        charge.action_waive()
        self._assess('2026-03-11')
        self.assertEqual((charge.state, bool(charge.charge_move_id)), ('waived', False))
