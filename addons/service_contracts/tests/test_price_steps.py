"""Prices over time: phases of an offer and dated steps, charged in parts and told in words."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.billing import due_charges
from .usage import UsageCase


class TestPriceSteps(UsageCase):

    def _run(self, as_of='2026-03-10', contracts=None):
        with freeze_time(as_of):
            return super()._run(as_of, contracts)

    def _steps(self, line, *steps):
        line.price_step_ids = [Command.create({'date_start': day, 'price_unit': price}) for day, price in steps]

    def test_a_period_that_a_step_cuts_is_charged_in_parts(self):
        """30 until 14 April, 33 from the 15th: 14/30 × 30 + 16/30 × 33."""
        line = self._contract(payment_term_id=False).line_ids
        self._run('2026-03-01', line.contract_id)
        self._steps(line, ('2026-04-15', 33.0))
        self._run('2026-05-01', line.contract_id)
        entries = self._entries(line)[3:]
        self.assertRecordValues(entries, [
            {'period_start': start, 'period_end': end, 'price_unit': price, 'amount_untaxed': amount}
            for start, end, price, amount in [
                (date(2026, 4, 1), date(2026, 4, 15), 30.0, 14.0),
                (date(2026, 4, 15), date(2026, 5, 1), 33.0, 17.6),
                (date(2026, 5, 1), date(2026, 6, 1), 33.0, 33.0),
            ]
        ])
        for entry in entries:
            self.assertEqual(float(entry._recomputed_amount()), entry.amount_untaxed)
        self.assertIn("16/30", entries[1].move_line_id.name)
        self.assertIn("33.00", entries[1].move_line_id.name)

    def test_a_preview_shows_what_the_run_charges(self):
        line = self._contract(payment_term_id=False).line_ids
        self._run('2026-03-01', line.contract_id)
        self._steps(line, ('2026-04-15', 33.0))
        rows = [row['amount_untaxed'] for row in line.contract_id._preview(date(2026, 5, 1))]
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(rows, self._entries(line)[3:].mapped('amount_untaxed'))

    def test_a_full_price_follows_the_first_day(self):
        line = self._contract([{'proration': 'none'}], payment_term_id=False).line_ids
        self._run('2026-03-01', line.contract_id)
        self._steps(line, ('2026-04-15', 33.0))
        self._run('2026-05-01', line.contract_id)
        self.assertEqual(self._entries(line)[3:].mapped('amount_untaxed'), [30.0, 33.0])

    def test_the_price_in_force_shows_when_its_day_has_come(self):
        """J9: the monthly figure follows the step."""
        line = self._contract(payment_term_id=False).line_ids
        self._steps(line, ('2026-04-15', 33.0), ('2026-06-01', 36.0))
        self._assert_price(line, 30.0, date(2026, 4, 15))
        self.assertTrue(line.has_price_rules)
        self.assertEqual(self._schedule(line)[0], (date(2026, 1, 1), 30.0))
        self._follow('2026-04-14')
        self.assertEqual(line.price_unit, 30.0)
        self._follow('2026-04-15')
        self._assert_price(line, 33.0, date(2026, 6, 1))
        self._follow('2026-07-01')
        self._assert_price(line, 36.0, False)
        self.assertEqual(line.contract_id.recurring_monthly, 36.0)

    def _assert_price(self, line, price, changes_on):
        self.assertRecordValues(line, [{
            'price_unit': price, 'recurring_monthly': price, 'price_changes_on': changes_on,
        }])

    def _schedule(self, line):
        return [(step.date_start, step.price_unit) for step in line.price_step_ids.sorted('date_start')]

    def _follow(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_follow_prices').method_direct_trigger()

    def test_a_price_of_billed_days_stays(self):
        line = self._contract(payment_term_id=False).line_ids
        self._run('2026-03-01', line.contract_id)
        with self.assertRaisesRegex(UserError, "is billed until 03/31/2026"):
            self._steps(line, ('2026-03-31', 33.0))
        self._steps(line, ('2026-04-01', 33.0))
        self._run('2026-04-01', line.contract_id)
        step = line.price_step_ids.filtered(lambda step: step.price_unit == 33.0)
        for change in (lambda: step.write({'price_unit': 1.0}), step.unlink):
            with self.assertRaisesRegex(UserError, "is billed until 04/30/2026"):
                change()

    def test_a_step_taken_back_costs_nothing(self):
        line = self._contract(payment_term_id=False).line_ids
        self._steps(line, ('2026-03-05', 33.0))
        self.assertEqual(line.price_unit, 33.0)
        line.price_step_ids.filtered(lambda step: step.price_unit == 33.0).unlink()
        self.assertEqual(line.price_unit, 30.0)
        self._run('2026-03-01', line.contract_id)
        self.assertEqual(self._entries(line).mapped('amount_untaxed'), [30.0, 30.0, 30.0])

    def test_a_price_with_steps_is_not_typed_over(self):
        line = self._contract(payment_term_id=False).line_ids
        self._steps(line, ('2026-04-15', 33.0))
        with self.assertRaisesRegex(UserError, "has prices over time"):
            line.price_unit = 99.0
        line._set_price(99.0, date(2026, 5, 1), "Agreed by phone")
        self.assertEqual(self._schedule(line)[2], (date(2026, 5, 1), 99.0))

    def test_metered_services_have_no_steps(self):
        line = self._metered()
        with self.assertRaisesRegex(UserError, "price model"):
            self._steps(line, ('2026-04-15', 33.0))

    # === PHASES === #

    def _introduced(self, **vals):
        """Return a contract of a plan with three months at 10, then 30."""
        self.plan.line_ids[1].phase_ids = [Command.create({'length_count': 3, 'price_unit': 10.0})]
        return self._planned(payment_term_id=False, **vals)

    def test_an_offer_begins_with_its_introductory_price(self):
        """“3 months at 10, then 30”, from the last day of January without drift."""
        contract = self._introduced(date_start='2026-01-31')
        line = contract.line_ids[1]
        self.assertEqual(self._schedule(line), [(date(2026, 1, 31), 10.0), (date(2026, 4, 30), 30.0)])
        self.assertRecordValues(line, [{'price_unit': 10.0, 'recurring_monthly': 10.0}])
        self._run('2026-05-31', contract)
        self.assertEqual(self._entries(line).mapped('amount_untaxed'), [10.0, 10.0, 10.0, 30.0, 30.0])

    def test_phases_begin_after_a_trial(self):
        """A16: the trial ends on 14 January, three months at 10 begin on the 15th."""
        self.plan.write({'trial_count': 14, 'trial_unit': 'day'})
        contract = self._introduced()
        self.assertEqual(self._schedule(contract.line_ids[1]), [(date(2026, 1, 15), 10.0), (date(2026, 4, 15), 30.0)])

    def test_a_draft_shows_its_phases_to_come(self):
        contract = self._introduced(activate=False)
        rows = [row['amount_untaxed'] for row in contract._preview(date(2026, 5, 1)) if row['kind'] == 'recurring']
        self.assertEqual(rows, [10.0, 10.0, 10.0, 30.0, 30.0])
        contract.action_activate()
        contract.line_ids._complete_prices()
        self.assertEqual(len(contract.line_ids.price_step_ids), 2)

    def test_a_copy_begins_the_phases_anew(self):
        contract = self._introduced()
        copy = contract.copy()
        copy.action_activate()
        self.assertEqual(copy.line_ids[1].price_step_ids.sorted('date_start').mapped('price_unit'), [10.0, 30.0])

    def test_an_option_has_phases_from_its_own_day(self):
        self.plan.line_ids[1].write({'is_optional': True})
        contract = self._introduced()
        line = contract.line_ids.browse(contract.book_option('HOST')[0]['line'])
        self.assertEqual(line.price_step_ids.mapped('date_start'), [date(2026, 3, 10), date(2026, 6, 10)])

    def test_plain_services_ask_nothing_more(self):
        """A batch without steps, discounts and rules makes no query for them."""
        contracts = self.env['service.contract'].union(*(self._contract(payment_term_id=False) for _ in range(3)))
        terms = contracts.line_ids._billing_terms_by_line()
        charges = {line: due_charges(terms[line.id], date(2026, 3, 10)) for line in contracts.line_ids}
        contracts.line_ids.fetch(['has_price_rules'])
        with self.assertQueryCount(0):
            self.assertIs(contracts._with_reductions(charges, terms), charges)
