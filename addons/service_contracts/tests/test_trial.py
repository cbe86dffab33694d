"""Trials: nothing is charged before they are over, then the paid service begins or the contract ends."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestTrial(ContractCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.write({'trial_count': 14, 'trial_unit': 'day'})

    def _trial(self, **vals):
        """Return a contract on trial from 10 to 23 March."""
        return self._planned(**{'date_start': '2026-03-10', **vals})

    def _follow(self, contract, day):
        with freeze_time(day):
            contract._follow_dates()

    def _charges(self, contract, until='2026-06-01'):
        return [(row['service'], str(row['charge_date']), row['amount_untaxed'])
                for row in contract._preview(contract._fields['date_start'].to_date(until))]

    def test_nothing_is_charged_in_a_trial_and_periods_count_from_its_end(self):
        """A16, B18."""
        contract = self._trial()
        self.assertEqual((str(contract.date_trial_end), contract.trial_state), ('2026-03-23', 'running'))
        self.assertEqual(self._charges(contract), [
            ('Setup', '2026-03-24', 50.0), ('Hosting', '2026-03-24', 30.0), ('Hosting', '2026-04-24', 30.0),
            ('Hosting', '2026-05-24', 30.0)])
        self.assertEqual(str(contract.next_charge_date), '2026-03-24')

    def test_a_trial_ends_on_any_of_its_days_whatever_the_terms(self):
        """A16, B18: also on its last one; a day after it is held against minimum term and notice."""
        self.plan.write({'minimum_count': 1, 'minimum_unit': 'year', 'notice_count': 1, 'notice_unit': 'month'})
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        for day in ('2026-03-10', '2026-03-23'):
            contract = self._trial(partner_id=self.customer.copy().id)
            contract.with_user(clerk)._end(date.fromisoformat(day), "Not for me")
            self.assertEqual((str(contract.date_end), self._charges(contract)), (day, []))
        other = self._trial(partner_id=self.customer.copy().id)
        with self.assertRaisesRegex(UserError, "03/23/2027 at the earliest"):
            other.with_user(clerk)._end(date(2026, 3, 24), "Not for me")

    def test_setup_may_be_charged_at_once(self):
        self.plan.trial_charges_setup = True
        self.assertEqual(self._charges(self._trial(), '2026-03-30'), [
            ('Setup', '2026-03-10', 50.0), ('Hosting', '2026-03-24', 30.0)])

    def test_a_draft_shows_its_trial_and_may_go_without(self):
        contract = self._trial(activate=False)
        self.assertEqual(str(contract.date_trial_end), '2026-03-23')
        contract.trial_count = 0
        self.assertFalse(contract.date_trial_end)
        contract.action_activate()
        self.assertFalse(contract.trial_state)
        self.assertEqual(str(contract.next_charge_date), '2026-03-10')

    def test_a_trial_that_is_over_becomes_the_paid_service(self):
        contract = self._trial()
        self._follow(contract, '2026-03-23')
        self.assertEqual(contract.trial_state, 'running')
        self._follow(contract, '2026-03-24')
        self.assertEqual((contract.trial_state, contract.state), ('over', 'active'))
        self.assertIn(contract.id, contract.browse().search([('trial_state', '=', 'over')]).ids)

    def test_a_trial_may_end_the_contract(self):
        self.plan.trial_end_action = 'end'
        contract = self._trial()
        self.assertEqual(str(contract.date_end), '2026-03-23')
        self._follow(contract, '2026-03-24')
        self.assertEqual((contract.state, contract.trial_state, self._charges(contract)), ('ended', 'over', []))

    def test_a_trial_ended_early_begins_the_paid_service_today(self):
        self.plan.trial_end_action = 'end'
        contract = self._trial()
        with freeze_time('2026-03-15'):
            contract.action_end_trial()
            contract.action_end_trial()
        self.assertRecordValues(contract, [{'trial_state': 'over', 'date_end': False, 'state': 'active'}])
        self.assertEqual(self._charges(contract, '2026-04-20')[1:], [
            ('Hosting', '2026-03-15', 30.0), ('Hosting', '2026-04-15', 30.0)])
        self.assertEqual(contract.event_ids.mapped('kind').count('trial_ended'), 1)

    def test_the_trial_is_over_on_its_first_day_if_somebody_says_so(self):
        contract = self._trial()
        contract.action_end_trial()
        self.assertEqual(str(contract.next_charge_date), '2026-03-10')

    def test_the_person_in_charge_is_reminded_once(self):
        contract = self._trial()
        self._follow(contract, '2026-03-19')
        self.assertFalse(contract.activity_ids)
        for day in ('2026-03-20', '2026-03-21'):
            self._follow(contract, day)
        activity, = contract.activity_ids
        self.assertEqual(str(activity.date_deadline), '2026-03-23')
        self.assertIn("03/24/2026", activity.note)

    def test_a_customer_has_one_trial_of_a_plan(self):
        contract = self._trial()
        second = self._trial(activate=False)
        with self.assertRaisesRegex(UserError, f"{contract.name}.*Set the trial to 0"):
            second.action_activate()
        second.trial_count = 0
        second.action_activate()
        self.assertEqual(second.state, 'active')

    def test_a_plan_may_allow_more_trials(self):
        self.plan.trial_once = False
        self.assertEqual([self._trial().trial_state, self._trial().trial_state], ['running', 'running'])

    def test_a_trial_may_end_any_day_whatever_the_minimum_term(self):
        """A15: term and notice bind from the first paid day on."""
        self.plan.write({'minimum_count': 12, 'notice_count': 1})
        contract = self._trial()
        self.assertEqual(str(contract.date_earliest_end), '2026-03-10')
        contract._end(contract.date_trial_end, "Did not like it")
        self._follow(contract, '2026-03-24')
        self.assertEqual((contract.state, self._charges(contract)), ('ended', []))
        paid = self._trial(partner_id=self.env['res.partner'].create({'name': "Eva"}).id)
        with freeze_time('2026-04-01'):
            paid.invalidate_recordset(['date_earliest_end'])
            self.assertEqual(str(paid.date_earliest_end), '2027-03-23')

    def test_a_running_trial_is_not_rewritten_by_hand(self):
        contract = self._trial()
        for vals in ({'date_trial_end': '2027-01-01'}, {'trial_count': 90}):
            with self.assertRaisesRegex(UserError, "End the trial"):
                contract.write(vals)

    def test_usage_in_a_trial_is_counted_and_never_charged(self):
        meter = self.env['service.meter'].create({'name': "Mails", 'code': 'MAIL', 'late_policy': 'refuse'})
        self.plan.line_ids = [Command.create({
            'product_id': self.hosting.id, 'name': "Mails", 'kind': 'usage', 'meter_id': meter.id,
            'price_source': 'fixed', 'price_unit': 0.5,
        })]
        contract = self._trial(external_ref='TRIAL')
        with freeze_time('2026-03-30'):
            answer = self.env['service.usage.record'].send_usage([
                {'external_ref': day, 'meter': 'MAIL', 'contract': 'TRIAL', 'moment': f'{day} 12:00:00', 'quantity': 4}
                for day in ('2026-03-12', '2026-03-25')
            ])
            self.assertEqual((answer['new'], answer['refused']), (2, []))
        self.assertIn(("Hosting", '2026-04-24', 2.0), self._charges(contract, '2026-04-24'))


@tagged('post_install', '-at_install')
class TestTrialPage(ContractCase, HttpCase):

    def test_a_customer_begins_the_paid_service_of_the_own_contract_only(self):
        """G1, G12: only the own contract, only with the token of the session."""
        self.plan.trial_count = 30
        self._user('ana', 'base.group_portal', partner_id=self.customer.id, password='ana')
        neighbour = self.env['res.partner'].create({'name': "Bruno"})
        own, foreign = self._planned(), self._planned(partner_id=neighbour.id)
        own.date_start = foreign.date_start = '2026-03-01'
        self.authenticate('ana', 'ana')
        address = f'/my/contracts/{own.id}/end-trial'
        self.assertIn("You are on trial", self.url_open(f'/my/contracts/{own.id}').text)
        self.assertEqual(self.url_open(address, data={'x': 1}).status_code, 400)
        token = {'csrf_token': Request.csrf_token(self)}
        for contract in (foreign, own, own):
            answer = self.url_open(f'/my/contracts/{contract.id}/end-trial', data=token, allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
        self.assertEqual((own.trial_state, foreign.trial_state), ('over', 'running'))
        self.assertNotIn("You are on trial", self.url_open(f'/my/contracts/{own.id}').text)
