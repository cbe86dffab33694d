"""Suspension and removal: by hand, by plan, for non-payment; what is charged meanwhile; and the log of every step."""

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestServiceSuspension(ContractCase):

    def _run(self, contract, day):
        with freeze_time(day):
            self.env['service.billing.run'].create({
                'date': day, 'contract_ids': [Command.set(contract.ids)],
            }).action_start()
        self.assertFalse(contract.filtered('parked_on'))

    def _follow(self, contract, day):
        with freeze_time(day):
            contract._follow_dates()

    def _billed(self, contract):
        entries = contract.entry_ids.filtered(lambda entry: entry.state == 'posted').sorted('id')
        return [(entry.contract_line_id._service_name(), str(entry.period_start), entry.amount_untaxed)
                for entry in entries]

    def _hosted(self, **plan):
        self.plan.line_ids.filtered(lambda line: line.kind == 'one_time').unlink()
        self.plan.write(plan)
        return self._planned(date_start='2026-03-01', payment_term_id=False)

    def _last(self, contract):
        return contract.event_ids.sorted('id')[-1]

    def _receivables(self, contract):
        return contract.entry_ids.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable',
        )

    def _act(self, name, lines):
        self.env.ref(f'service_contracts.action_server_{name}_service').with_context(
            active_model='account.move.line', active_ids=lines.ids, active_id=lines[:1].id,
        ).run()

    def _pay(self, lines, amount=None):
        moves = lines.move_id
        self.env['account.payment.register'].with_context(active_model='account.move', active_ids=moves.ids).create(
            {'amount': amount} if amount else {},
        )._create_payments()

    # === WHAT IS CHARGED === #

    def test_a_suspension_stops_the_charges(self):
        contract = self._hosted()
        contract.action_suspend()
        self.assertFalse(contract.next_charge_date)
        self._run(contract, '2026-04-01')
        self.assertEqual(self._billed(contract), [])

    def test_a_plan_may_go_on_charging_while_suspended(self):
        contract = self._hosted(suspension_billing='charge')
        contract.action_suspend()
        self.assertEqual((contract.state, str(contract.next_charge_date)), ('suspended', '2026-03-01'))
        self._run(contract, '2026-04-01')
        self.assertEqual(self._billed(contract), [('Hosting', '2026-03-01', 30.0), ('Hosting', '2026-04-01', 30.0)])
        contract.action_resume('2026-04-15')
        self._follow(contract, '2026-04-15')
        self._run(contract, '2026-05-01')
        self.assertEqual(self._billed(contract)[2:], [('Hosting', '2026-05-01', 30.0)])

    def test_a_plan_may_charge_a_fee_instead(self):
        contract = self._hosted(suspension_billing='reduced', suspension_product_id=self.setup.id, suspension_price=6,
                                anchor='calendar')
        self._run(contract, '2026-03-01')
        contract.action_suspend()  # on the 10th
        self.assertEqual(contract.recurring_monthly, 36.0)
        self._run(contract, '2026-04-01')
        with freeze_time('2026-04-21'):
            contract.action_resume()
        self._run(contract, '2026-05-01')
        self.assertEqual(self._billed(contract), [
            ('Hosting', '2026-03-01', 30.0), ('Setup', '2026-03-10', 4.26), ('Setup', '2026-04-01', 6.0),
            ('Hosting', '2026-04-21', 10.0), ('Hosting', '2026-05-01', 30.0)])  # 22/31 × 6, 10/30 × 30

    def test_a_fee_needs_a_product_and_a_price(self):
        with self.assertRaisesRegex(ValidationError, "choose its product"):
            self.plan.suspension_billing = 'reduced'

    def test_staff_may_choose_for_one_pause(self):
        contract = self._hosted()
        form = Form(self.env['service.contract.pause.wizard'].with_context(default_contract_id=contract.id))
        form.billing, form.cause, form.reason = 'charge', 'breach', "Spam"
        form.save().action_confirm()
        self.assertRecordValues(contract.pause_ids, [{'billing': 'charge', 'cause': 'breach', 'state': 'running'}])
        self.assertTrue(contract.next_charge_date)
        self.assertRecordValues(self._last(contract), [{'kind': 'suspended', 'cause': 'breach', 'reason': "Spam"}])

    # === DATES === #

    def test_suspension_removal_and_end_have_dates_of_their_own(self):
        """B17: each comes by the calendar on its day."""
        contract = self._hosted()
        contract.action_pause('2026-03-15', reason="Unpaid", cause='nonpayment')
        contract.action_plan_removal('2026-04-15', "Unpaid")
        contract.action_plan_removal('2026-04-15', "Unpaid")
        contract._end(contract._fields['date_end'].to_date('2026-03-31'), "Unpaid")
        self.assertEqual([str(day) for day in (contract.date_suspension, contract.date_end, contract.date_removal)],
                         ['2026-03-15', '2026-03-31', '2026-04-15'])
        for day, state in (('2026-03-14', 'active'), ('2026-03-15', 'suspended'), ('2026-04-01', 'ended'),
                           ('2026-04-14', 'ended'), ('2026-04-15', 'removed')):
            self._follow(contract, day)
            self.assertEqual(contract.state, state, day)
        events = contract.event_ids.sorted('id')
        self.assertEqual(events.mapped('kind'), [
            'activated', 'suspension_planned', 'removal_planned', 'end_planned', 'suspended', 'ended', 'removed'])
        self.assertEqual([str(day) for day in events[1:4].mapped('date_effective')],
                         ['2026-03-15', '2026-04-15', '2026-03-31'])
        self.assertTrue(all(event.user_id and event.date for event in events))

    def test_a_step_holds_from_its_own_day(self):
        contract = self._hosted()
        contract.action_pause('2026-03-05')
        days = {event.kind: str(event.date_effective) for event in contract.event_ids}
        self.assertEqual(days, {'activated': '2026-03-01', 'suspended': '2026-03-05'})

    def test_planned_dates_can_be_taken_back(self):
        contract = self._hosted()
        contract.action_pause('2026-03-15')
        contract.pause_ids.unlink()
        contract.action_plan_removal('2026-04-15', "Unpaid")
        contract.action_plan_removal()
        self._follow(contract, '2026-05-01')
        self.assertRecordValues(contract, [{'state': 'active', 'date_suspension': False, 'date_removal': False}])
        self.assertEqual(contract.event_ids.mapped('kind').count('plan_withdrawn'), 2)

    def test_a_removal_is_not_written_by_hand_nor_planned_for_the_past(self):
        contract = self._hosted(notice_count=3)
        for refused in (
            lambda: contract.write({'date_removal': '2026-04-15'}),
            lambda: contract.action_plan_removal('2026-03-10', "x"),
            lambda: contract.action_plan_removal('2026-04-15', ""),
            lambda: contract.with_user(self._user('clerk', 'service_contracts.group_contract_user'))
                    .action_plan_removal('2026-04-15', "x"),
        ):
            with self.assertRaises(UserError):
                refused()

    def test_the_removal_form_plans_a_day_to_come(self):
        contract = self._hosted()
        form = Form(self.env['service.contract.remove'].with_context(default_contract_id=contract.id))
        form.reason, form.date_removal = "Moved", '2026-04-15'
        form.save().action_confirm()
        self.assertEqual((contract.state, str(contract.date_removal)), ('active', '2026-04-15'))

    # === NON-PAYMENT === #

    def test_a_step_suspends_the_service_and_payment_lifts_it(self):
        """B17: the server actions act on receivable lines, twice changes nothing."""
        contract, other = self._hosted(), self._hosted()
        self._run(contract | other, '2026-03-01')
        lines = self._receivables(contract | other)
        owed = lines.filtered(lambda line: line.service_contract_id == contract)
        for _time in range(2):
            self._act('suspend', owed)
        self.assertEqual((contract.state, other.state), ('suspended', 'active'))
        event = self._last(contract)
        self.assertEqual((event.kind, event.cause), ('suspended', 'nonpayment'))
        self.assertIn(lines.move_id.name, event.reason)
        with freeze_time('2026-03-12'):
            self._pay(lines)
        self.assertEqual(contract.state, 'active')
        self.assertEqual((self._last(contract).kind, self._last(contract).cause), ('resumed', 'nonpayment'))

    def test_a_part_payment_lifts_nothing(self):
        contract = self._hosted()
        self._run(contract, '2026-03-01')
        self._act('suspend', self._receivables(contract))
        self._pay(self._receivables(contract), 5)
        self.assertEqual(contract.state, 'suspended')

    def test_payment_does_not_lift_a_suspension_of_another_cause(self):
        contract = self._hosted()
        self._run(contract, '2026-03-01')
        contract.action_suspend()
        self._pay(self._receivables(contract))
        self.assertEqual(contract.state, 'suspended')

    def test_a_step_lifts_the_suspension_unless_more_is_owed(self):
        contract = self._hosted(suspension_billing='charge')
        self._run(contract, '2026-02-01')
        self._run(contract, '2026-03-01')
        self._act('suspend', self._receivables(contract))
        lines = self._receivables(contract)
        self._act('resume', lines)
        self.assertEqual(contract.state, 'active')

    def test_two_invoices_owed_lift_it_with_the_second(self):
        contract = self._planned(date_start='2026-02-01', payment_term_id=False)
        self._run(contract, '2026-03-01')
        self._act('suspend', self._receivables(contract))
        first, second = self._receivables(contract).sorted('date_maturity')
        self._pay(first)
        self.assertEqual(contract.state, 'suspended')
        self._act('resume', first)
        self.assertEqual(contract.state, 'suspended')
        self._pay(second)
        self.assertEqual(contract.state, 'active')

    def test_a_step_suspends_although_a_pause_was_planned(self):
        contract = self._hosted()
        self._run(contract, '2026-03-01')
        contract.action_pause('2026-03-20', '2026-03-25')
        self._act('suspend', self._receivables(contract))
        self.assertEqual(contract.state, 'suspended')

    def test_a_step_removes_what_nobody_paid(self):
        contract, paid = self._hosted(), self._hosted()
        self._run(contract, '2026-03-01')
        self._run(paid, '2026-03-01')
        self._pay(self._receivables(paid))
        self._act('suspend', self._receivables(contract))
        for _time in range(2):
            self._act('remove', self._receivables(contract | paid))
        self.assertEqual((contract.state, paid.state), ('removed', 'active'))
        self.assertEqual((self._last(contract).kind, self._last(contract).cause), ('removed', 'nonpayment'))

    # === LOG === #

    def test_the_history_is_found_by_kind_person_and_day(self):
        """B19."""
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        contract = self._hosted()
        contract.with_user(clerk).action_suspend()
        found = self.env['service.contract.event'].search([
            ('user_id', '=', clerk.id), ('kind', '=', 'suspended'), ('date', '>=', '2026-03-10'),
        ])
        self.assertEqual(found.contract_id, contract)
        self.assertFalse(found.with_user(clerk).has_access('write'))
        action = contract.action_view_events()
        self.assertEqual(self.env['service.contract.event'].search(action['domain']), contract.event_ids)
