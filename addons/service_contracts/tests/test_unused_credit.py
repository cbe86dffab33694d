"""Days paid in advance and not served are given back once, by rule: pauses, ends, and what is taken back of them."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import ContractCase


@tagged('post_install', '-at_install')
class TestUnusedCredit(ContractCase):

    def setUp(self):
        super().setUp()
        self.company.service_unused_rule = 'day'

    def _hosted(self, **vals):
        contract = self._contract(date_start='2026-03-01', payment_term_id=False, **vals)
        self._bill_contract(contract, '2026-03-01')
        return contract

    def _pause(self, contract, start, end):
        with freeze_time(start):
            contract.action_pause()
        with freeze_time(end):
            contract.action_resume()

    def _credits(self, contract):
        return contract.line_ids.pending_ids.sorted('id').mapped('amount')

    def _total(self, contract):
        entries = contract.entry_ids.filtered(lambda entry: entry.state == 'posted')
        return contract.currency_id.round(sum(entries.mapped('amount_untaxed')))

    def test_paused_days_that_were_paid_are_given_back_once(self):
        """N7."""
        contract = self._hosted()
        self._pause(contract, '2026-03-11', '2026-03-21')
        self.assertEqual(self._credits(contract), [-9.68])  # 10/31 × 30
        for _time in range(2):
            contract._settle_unused()
        self.assertEqual(len(self._credits(contract)), 1)
        self._bill_contract(contract, '2026-03-21')
        note = contract.entry_ids.move_id.filtered(lambda move: move.move_type == 'out_refund')
        self.assertEqual((note.amount_untaxed, str(note.invoice_date)), (9.68, '2026-03-21'))
        self.assertIn("Days without service: [HOST] Hosting\n03/11/2026 to 03/20/2026", note.invoice_line_ids.name)

    def test_without_the_rule_what_was_paid_stays_paid(self):
        self.company.service_unused_rule = 'none'
        contract = self._hosted()
        self._pause(contract, '2026-03-11', '2026-03-21')
        self.assertEqual(self._credits(contract), [])

    def test_the_plan_decides_before_the_company(self):
        self.plan.unused_rule = 'none'
        contract = self._planned(date_start='2026-03-01')
        self._bill_contract(contract, '2026-03-01')
        self._pause(contract, '2026-03-11', '2026-03-21')
        self.assertEqual(self._credits(contract), [])

    def test_two_pauses_of_a_period_add_up(self):
        """C3: 10 and 11 days give back together what 21 days give."""
        contract = self._hosted()
        self._pause(contract, '2026-03-02', '2026-03-12')
        self._pause(contract, '2026-03-15', '2026-03-26')
        self.assertEqual(self._credits(contract), [-9.68, -10.64])
        self.assertAlmostEqual(sum(self._credits(contract)), -20.32)  # 21/31 × 30

    def test_a_pause_over_the_end_of_a_period_counts_its_paid_days_only(self):
        contract = self._hosted()
        self._pause(contract, '2026-03-22', '2026-04-11')
        self._bill_contract(contract, '2026-04-11')
        self.assertEqual(self._credits(contract), [-9.68])
        self.assertEqual(self._total(contract), 40.32)  # 21/31 + 20/30 of 30

    def test_an_end_before_what_was_billed_gives_the_rest_back(self):
        contract = self._hosted()
        with freeze_time('2026-03-20'):
            contract._end(contract._fields['date_end'].to_date('2026-03-20'), "Notice")
            self.assertEqual((contract.state, self._credits(contract)), ('active', []))
        with freeze_time('2026-03-21'):
            contract._follow_dates()
        self.assertEqual((contract.state, self._credits(contract)), ('ended', [-10.65]))  # 11/31 × 30
        self._bill_contract(contract, '2026-03-21')
        self.assertEqual(self._total(contract), 19.35)

    def test_a_service_that_ends_by_itself_gives_the_rest_back(self):
        contract = self._hosted()
        contract.line_ids.date_end = '2026-03-20'
        with freeze_time('2026-03-21'):
            contract._follow_dates()
        self.assertEqual(self._credits(contract), [-10.65])

    def test_an_end_taken_back_charges_the_days_again(self):
        contract = self._hosted()
        contract._end(contract._fields['date_end'].to_date('2026-03-10'), "Notice")
        with freeze_time('2026-03-11'):
            contract._follow_dates()
        with freeze_time('2026-03-21'):
            contract.action_reinstate()
        self.assertEqual(self._credits(contract), [-20.32, 10.64])
        self.assertAlmostEqual(sum(self._credits(contract)), -9.68)  # ten days of the bridge

    def test_a_contract_that_ends_while_paused_gives_every_day_back_once(self):
        contract = self._hosted()
        with freeze_time('2026-03-11'):
            contract.action_pause()
            contract._end(contract._fields['date_end'].to_date('2026-03-20'), "Notice")
        with freeze_time('2026-03-21'):
            contract._follow_dates()
        self.assertEqual(self._credits(contract), [-20.32])  # 21/31 × 30

    def test_a_suspension_that_charges_gives_nothing_back(self):
        self.plan.write({'suspension_billing': 'charge'})
        contract = self._planned(date_start='2026-03-01')
        self._bill_contract(contract, '2026-03-01')
        self._pause(contract, '2026-03-11', '2026-03-21')
        self.assertEqual(self._credits(contract), [])

    def test_a_change_and_a_pause_in_one_period_settle_each_day_once(self):
        contract = self._hosted(external_ref='A')
        with freeze_time('2026-03-11'):
            contract.request_change('A', {'services': [{'product': 'HOST', 'quantity': 2}]}, 'k1')
        self.assertEqual(self._credits(contract), [-20.32, 40.64])  # 21/31 of 30 and of 60
        self._pause(contract, '2026-03-15', '2026-03-25')
        self.assertEqual(self._credits(contract)[2:], [-19.35])  # 10/21 × 40.64
        with freeze_time('2026-03-26'):
            made = contract.request_change('A', {'services': [{'product': 'HOST', 'quantity': 0}]}, 'k2')
        self.assertEqual(made['net'], -11.61)  # 6/31 × 60
        self._bill_contract(contract, '2026-03-26')
        self.assertEqual(self._total(contract), 30 + 20.32 - 19.35 - 11.61)
