"""The time machine under another plan: the months really run after really changing give what it said."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .changes import ChangeCase

TABLES = ('service_contract', 'service_contract_line', 'service_contract_change', 'service_billing_entry',
          'service_pending_charge', 'service_contract_event', 'account_move', 'mail_message', 'service_credit_entry')


@tagged('post_install', '-at_install')
class TestForecastPlan(ChangeCase):
    """N20."""

    def setUp(self):
        super().setUp()
        self.company.service_catch_up_limit = 0
        self.contract = self._hosted()

    def _said(self, plan, day, date_to):
        rows, left_out = self.contract._forecast_under_plan(plan, day, date_to)
        self.assertFalse(left_out)
        return sorted((row['charge_date'], row['kind'], row['period_start'], row['amount']) for row in rows)

    def _lived(self, plan, day, *days):
        """Really bill day by day, change in the morning of a day, and return what the ledger has."""
        for billed in days:
            if str(billed) >= day and not self.contract.change_ids:
                self._change(self.contract, day, plan=plan.code)
            self._bill(self.contract, billed)
        return sorted(
            (entry.charge_date, entry.kind, entry.period_start, entry.amount_untaxed)
            for entry in self.contract.entry_ids
        )

    def _trace(self):
        self.env.flush_all()
        traces = []
        for table in TABLES:
            self.env.cr.execute(f'SELECT count(*), max(id), max(write_date) FROM {table}')
            traces.append(self.env.cr.fetchone())
        return traces

    def test_the_months_after_a_change_within_a_period_are_those_billed(self):
        said = self._said(self.large, date(2026, 4, 10), date(2026, 7, 31))
        self.assertIn((date(2026, 4, 10), 'adjustment', date(2026, 4, 10), 25.8), said)
        self.assertEqual(said, self._lived(self.large, '2026-04-10', '2026-03-10', '2026-04-09', '2026-04-10',
                                           '2026-05-10', '2026-07-31'))

    def test_a_change_to_less_at_the_end_of_the_period_too(self):
        self.small.lower_at_period_end = self.large.lower_at_period_end = True
        self.small.family_id = self.large.family_id = self.env['service.plan.family'].create({'name': "Hosting"})
        contract = self.contract = self._planned(self.large, date_start='2026-02-15', external_ref='B',
                                                 payment_term_id=False)
        contract.write({'external_ref': 'B'})
        said = self._said(self.small, date(2026, 4, 1), date(2026, 6, 30))
        self.assertEqual(said, self._lived(self.small, '2026-04-01', '2026-03-31', '2026-04-01', '2026-06-30'))

    def test_credit_is_used_up_in_the_same_order(self):
        self.env['service.credit.grant'].create({'partner_id': self.customer.id, 'amount': 77.77})
        said = self._said(self.medium, date(2026, 3, 20), date(2026, 6, 30))
        self.assertIn('credit', {row[1] for row in said})
        self.assertEqual(said, self._lived(self.medium, '2026-03-20', '2026-03-19', '2026-03-20', '2026-06-30'))

    def test_it_leaves_no_trace(self):
        before, plan = self._trace(), self.contract.plan_id
        hooks = len(self.env.cr.postcommit._funcs)
        self._said(self.large, date(2026, 4, 10), date(2026, 12, 31))
        self.assertEqual(self._trace(), before)
        self.assertEqual((self.contract.plan_id, len(self.env.cr.postcommit._funcs)), (plan, hooks))
        self.assertEqual(self.company._service_today(), date(2026, 3, 10))

    def test_a_contract_that_cannot_change_goes_on_as_agreed_and_says_why(self):
        other = self._planned(self.small, date_start='2026-01-01', date_end='2026-04-30', external_ref='B',
                              payment_term_id=False)
        with freeze_time('2026-03-10'):
            rows, left_out = (self.contract | other)._forecast_under_plan(
                self.large, date(2026, 5, 10), date(2026, 8, 31))
        self.assertEqual(list(left_out), [other])
        own = [row for row in rows if row['contract_id'] == other.id]
        self.assertEqual([row['amount'] for row in own], [row['amount'] for row in other._forecast(date(2026, 8, 31))])

    def test_the_screen_shows_the_difference(self):
        clerk = self._user('clerk', 'service_contracts.group_contract_user', company_id=self.company.id,
                           company_ids=[Command.set(self.company.ids)])
        Forecast = self.env['service.forecast'].with_user(clerk)
        wizard = Forecast.create({
            'plan_from_id': self.small.id, 'plan_id': self.large.id, 'months': 6, 'date_change': '2026-03-26',
        })
        rows = self.env['service.forecast.row'].with_user(clerk).search(wizard.action_simulate()['domain'])
        self.assertEqual(rows.contract_id, self.contract)
        # each of the six months from March 26 costs 20 more
        self.assertAlmostEqual(sum(rows.mapped('difference')), 7 * 20.0)
        with self.assertRaisesRegex(ValidationError, "Which contracts"):
            Forecast.create({'plan_id': self.large.id})
        with self.assertRaisesRegex(ValidationError, "today or later"):
            Forecast.create({'plan_id': self.large.id, 'plan_from_id': self.small.id, 'date_change': '2026-03-01'})

    def test_other_systems_ask_by_month(self):
        answer = self.env['service.contract'].preview_plan('L', '2026-03-26', '2026-05-31', ['A'])
        self.assertEqual(answer['left_out'], [])
        months = [(row['month'], row['agreed'], row['changed'], row['difference']) for row in answer['months']]
        self.assertEqual(months, [
            ('2026-01-01', 30.0, 30.0, 0.0), ('2026-02-01', 30.0, 30.0, 0.0), ('2026-03-01', 30.0, 50.0, 20.0),
            ('2026-04-01', 30.0, 50.0, 20.0), ('2026-05-01', 30.0, 50.0, 20.0),
        ])
        for bad in (('X', '2026-03-26', '2026-05-31', ['A']), ('L', '2026-03-01', '2026-05-31', ['A']),
                    ('L', 'soon', '2026-05-31', ['A']), ('L', '2026-03-26', '2026-05-31', []),
                    ('L', '2026-03-26', '2026-05-31', ['?']), ('L', '2026-03-26', '2099-05-31', ['A'])):
            with self.subTest(bad), self.assertRaises(UserError):
                self.env['service.contract'].preview_plan(*bad)
