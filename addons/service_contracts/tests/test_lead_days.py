"""Periods billed some days before they begin: the same amounts, only earlier; what changes inside is settled."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestLeadDays(ContractCase):

    def _led(self, lead=14, **vals):
        """Return a contract of 30 a month from 1 January that is billed ahead, with January and February billed."""
        self.plan.lead_days = lead
        self.plan.line_ids.filtered(lambda line: line.kind == 'one_time').unlink()
        with freeze_time('2026-01-01'):
            contract = self._planned(**{'date_start': '2026-01-01', 'payment_term_id': False, **vals})
        self._bill_contract(contract, '2026-01-01')
        self._bill_contract(contract, '2026-01-18')
        return contract

    def _follow(self, contract, day):
        with freeze_time(day):
            contract._follow_dates()
        self._bill_contract(contract, day)

    def _billed(self, contract):
        """Return what is billed: day, first day and amount of each charge."""
        return [(str(entry.charge_date), str(entry.period_start), entry.amount_untaxed)
                for entry in contract.entry_ids.sorted('id')]

    def _total(self, contract):
        return contract.currency_id.round(sum(contract.entry_ids.mapped('amount_untaxed')))

    def test_a_period_is_billed_so_many_days_before_it_begins(self):
        """N6."""
        contract = self._led()
        self.assertEqual(self._billed(contract), [
            ('2026-01-01', '2026-01-01', 30.0), ('2026-01-18', '2026-02-01', 30.0)])
        self.assertEqual(str(contract.next_charge_date), '2026-02-15')
        invoice = contract.entry_ids.move_id.sorted('id')[-1]
        self.assertEqual((str(invoice.invoice_date), str(invoice.invoice_date_due)), ('2026-01-18', '2026-01-18'))

    def test_payment_terms_count_from_the_invoice(self):
        contract = self._led(payment_term_id=self.env.ref('account.account_payment_term_15days').id)
        self._bill_contract(contract, '2026-02-15')
        self.assertEqual(str(contract.entry_ids.move_id.sorted('id')[-1].invoice_date_due), '2026-03-02')

    def test_a_period_billed_early_is_no_finding_of_the_double_check(self):
        contract = self._led()
        self.assertEqual(self._double_check('2026-01-19'), [])
        contract.line_ids.lead_days = 5
        self._bill_contract(contract, '2026-02-24')
        self.assertEqual(self._billed(contract)[-1], ('2026-02-24', '2026-03-01', 30.0))
        self.assertEqual(self._double_check('2026-02-25'), [])

    def test_the_time_machine_gives_the_same_invoices(self):
        contract = self._led()
        with freeze_time('2026-01-19'):
            rows = contract._forecast(date(2026, 6, 30))
            shown = contract._preview(date(2026, 6, 30))
        told = [(str(row['charge_date']), str(row['period_start']), row['amount']) for row in rows]
        for day in ('2026-02-15', '2026-03-18', '2026-04-17', '2026-05-18', '2026-06-17'):
            self._bill_contract(contract, day)
        self.assertEqual(self._billed(contract)[2:], told)
        self.assertEqual([(str(row['charge_date']), row['amount_untaxed']) for row in shown],
                         [(day, amount) for day, _start, amount in told])

    def test_an_end_inside_the_lead_gives_the_next_period_back(self):
        contract = self._led()
        with freeze_time('2026-01-20'):
            contract._end(date(2026, 1, 31), "Notice")
        self._bill_contract(contract, '2026-01-20')
        self.assertEqual(self._billed(contract)[2:], [('2026-01-20', '2026-02-01', -30.0)])
        self._follow(contract, '2026-02-01')
        self.assertEqual((contract.state, self._total(contract)), ('ended', 30.0))
        self.assertEqual(self._double_check('2026-02-02'), [])

    def test_an_end_within_the_next_period_said_before_it_charges_its_days_only(self):
        contract = self._led()
        with freeze_time('2026-01-20'):
            contract._end(date(2026, 2, 14), "Notice")
        self._follow(contract, '2026-02-15')
        self.assertEqual(self._total(contract), 45.0)

    def test_an_end_said_after_the_period_began_follows_the_rule_of_the_plan(self):
        contract = self._led()
        with freeze_time('2026-02-10'):
            contract._end(date(2026, 2, 14), "Notice")
        self._follow(contract, '2026-02-15')
        self.assertEqual(self._total(contract), 60.0)

    def test_an_end_taken_back_charges_the_next_period_again(self):
        contract = self._led()
        with freeze_time('2026-01-20'):
            contract._end(date(2026, 1, 31), "Notice")
            contract.action_reinstate()
        self.assertEqual(contract.line_ids.pending_ids.sorted('id').mapped('amount'), [-30.0, 30.0])

    def test_an_upgrade_inside_the_lead_prices_both_periods_again(self):
        contract = self._led(external_ref='A')
        with freeze_time('2026-01-21'):
            made = contract.request_change('A', {'services': [{'product': 'HOST', 'quantity': 2}]}, 'k1')
        self._bill_contract(contract, '2026-01-21')
        # 11/31 of 30 back and of 60 charged; February back at 30 and charged at 60
        self.assertEqual(sorted(amount for _day, _start, amount in self._billed(contract)[2:]),
                         [-30.0, -10.65, 21.3, 60.0])
        self.assertEqual(self._total(contract), 30 + 10.65 + 60)
        self.assertEqual(made['net'], 40.65)
        self.assertEqual((made['first_charge_date'], made['first_charge_amount']), ('2026-02-15', 60.0))
        self._bill_contract(contract, '2026-02-15')
        self.assertEqual(self._billed(contract)[-1], ('2026-02-15', '2026-03-01', 60.0))
        self.assertEqual(self._double_check('2026-02-16'), [])

    def test_a_change_inside_the_lead_undone_costs_nothing(self):
        self.plan.lower_at_period_end = False
        contract = self._led(external_ref='A')
        with freeze_time('2026-01-21'):
            contract.request_change('A', {'services': [{'product': 'HOST', 'quantity': 2}]}, 'k1')
            self._bill_contract(contract, '2026-01-21')
            contract.request_change('A', {'services': [{'product': 'HOST', 'quantity': 1}]}, 'k2')
        self._bill_contract(contract, '2026-01-21')
        self.assertEqual(self._total(contract), 60.0)

    def test_a_pause_inside_the_lead_gives_back_the_paused_days_of_the_next_period(self):
        contract = self._led()
        with freeze_time('2026-01-25'):
            contract.action_pause()
        with freeze_time('2026-02-08'):
            contract.action_resume()
        self._bill_contract(contract, '2026-02-08')
        self.assertEqual(self._billed(contract)[2:], [('2026-02-08', '2026-02-01', -7.5)])  # 7/28; January stays paid

    def test_a_pause_over_the_day_of_billing_bills_when_the_service_resumes(self):
        contract = self._led()
        with freeze_time('2026-02-10'):
            contract.action_pause()
        with freeze_time('2026-02-20'):
            contract.action_resume()
        self._bill_contract(contract, '2026-02-20')
        self.assertEqual(self._billed(contract)[2:], [('2026-02-20', '2026-03-01', 30.0)])
        self.assertEqual(self._double_check('2026-02-21'), [])

    def test_a_scheduled_change_billed_ahead_can_be_withdrawn(self):
        contract = self._led(external_ref='A')
        with freeze_time('2026-01-21'):
            contract.request_change(
                'A', {'services': [{'product': 'HOST', 'quantity': 2}], 'when': 'period_end'}, 'k1')
        self._bill_contract(contract, '2026-02-15')
        self.assertEqual(self._billed(contract)[-1], ('2026-02-15', '2026-03-01', 60.0))
        with freeze_time('2026-02-16'):
            contract.scheduled_change_id.action_withdraw()
        self._bill_contract(contract, '2026-02-16')
        self.assertEqual(self._total(contract), 90.0)

    def test_nothing_is_billed_before_a_trial_is_over(self):
        self.plan.write({'lead_days': 14, 'trial_count': 30, 'trial_unit': 'day'})
        contract = self._planned(date_start='2026-03-10')
        line = contract.line_ids.filtered(lambda line: line.kind == 'recurring')
        self.assertEqual(line.next_charge_date, line.next_period_start)

    def test_a_service_to_come_is_billed_ahead_but_not_before_it_was_agreed(self):
        self.plan.lead_days = 14
        soon, later = self._planned(date_start='2026-03-20'), self._planned(date_start='2026-04-20')
        days = [str(contract.line_ids.filtered(lambda line: line.kind == 'recurring').next_charge_date)
                for contract in (soon, later)]
        self.assertEqual(days, ['2026-03-10', '2026-04-06'])

    def test_new_plans_have_the_days_of_the_company(self):
        self.company.service_lead_days = 10
        self.assertEqual(self.env['service.plan'].create({'name': "New"}).lead_days, 10)
        with self.assertRaises(ValidationError):
            self.plan.lead_days = 61
