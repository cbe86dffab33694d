"""The time machine: what it says is what is billed later, to the cent, and it leaves no trace."""

from datetime import date
from decimal import Decimal

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from ..rules.forecast import Scenario
from .usage import GRADUATED, UsageCase


@tagged('post_install', '-at_install')
class TestForecast(UsageCase):
    """N20."""

    def setUp(self):
        super().setUp()
        self.company.service_catch_up_limit = 0
        self.contracts = self._contract([
            {'price_unit': 19.99, 'quantity': 3, 'discount': 7.5},
            {'price_unit': 24.95, 'anchor': 'calendar'},
            {'price_unit': 7.77, 'timing': 'arrears', 'interval_unit': 'week', 'interval_count': 2},
            {'product_id': self.setup.id, 'kind': 'one_time', 'price_unit': 50.0},
        ], date_start='2026-01-31', payment_term_id=False) | self._contract([
            {'price_unit': 333.33, 'interval_unit': 'year'},
            {'product_id': self.calls.id, 'quantity': 150, 'price_model': 'graduated',
             'tier_ids': self._tiers(GRADUATED)},
        ], date_start='2026-03-20', date_end='2027-02-10', payment_term_id=False)

    def _billed(self, *months):
        """Really bill on the tenth of each month and return what the ledger has."""
        for month in months:
            with freeze_time(month):
                self._run(month)
        self.assertFalse([contract.parked_reason for contract in self.contracts if contract.parked_reason])
        return sorted(
            (entry.contract_line_id.id, entry.charge_date, entry.period_start, entry.amount_untaxed)
            for entry in self.contracts.entry_ids
        )

    def _said(self, rows):
        return sorted((row['contract_line_id'], row['charge_date'], row['period_start'], row['amount']) for row in rows)

    def test_the_months_really_run_give_what_was_said(self):
        said = self._said(self.contracts._forecast(date(2027, 6, 10)))
        months = [f'{2026 + month // 12}-{month % 12 + 1:02}-10' for month in range(2, 18)]
        self.assertEqual(self._billed(*months), said)
        self.assertGreater(len(said), 50)

    def test_a_changed_price_is_what_a_price_step_makes_of_it(self):
        contract = self.contracts[0]
        service = contract.line_ids[1]
        scenario = Scenario(date(2026, 8, 16), percent=Decimal('3.5'))
        said = self._said(row for row in contract._forecast(date(2026, 12, 10), scenario)
                          if row['contract_line_id'] == service.id)
        self.env['service.price.step'].create({
            'contract_line_id': service.id, 'date_start': '2026-08-16', 'price_unit': 25.82,
        })
        months = [f'2026-{month:02}-10' for month in range(3, 13)]
        self.assertEqual([row for row in self._billed(*months) if row[0] == service.id], said)
        self.assertIn(25.82, [amount for *_rest, amount in said])

    def test_tiers_follow_the_percentage(self):
        """GRADUATED costs 14.00 for 150; a tenth more from the next period on is 15.40."""
        line = self.contracts[1].line_ids[1]
        rows = self.contracts[1]._forecast(date(2026, 5, 30), Scenario(date(2026, 4, 1), percent=Decimal(10)))
        self.assertEqual([row['amount'] for row in rows if row['contract_line_id'] == line.id], [14.0, 15.4, 15.4])

    def test_customers_who_leave_leave_what_is_expected(self):
        contract = self._contract([{'price_unit': 100.0}], date_start='2026-03-20')
        rows = contract._forecast(date(2026, 5, 30), Scenario(date(2026, 3, 10), churn=Decimal(10)))
        self.assertEqual([row['amount'] for row in rows], [100.0, 90.0, 81.0])

    def test_usage_to_come_costs_what_it_usually_costs(self):
        line = self._metered()
        self._use(line, 100)
        self._use(line, 50, moment='2026-02-15 12:00:00')
        self._run('2026-03-01')
        rows = line.contract_id._forecast(date(2026, 6, 1), estimate=True)
        self.assertEqual([(row['amount'], row['is_estimate']) for row in rows],
                         [(0.0, False), (7.5, True), (7.5, True)])

    def test_the_wizard_compares_and_leaves_no_trace(self):
        self.env.flush_all()
        before = self._trace()
        clerk = self._user('clerk', 'service_contracts.group_contract_user', company_id=self.company.id,
                           company_ids=[Command.set(self.company.ids)])
        wizard = self.env['service.forecast'].with_user(clerk).with_context(
            active_model='service.contract', active_ids=self.contracts.ids,
        ).create({'months': 12, 'price_change': 10, 'churn': 1})
        action = wizard.action_simulate()
        rows = self.env['service.forecast.row'].with_user(clerk).search(action['domain'])
        self.assertEqual(set(rows.mapped('variant')), {'agreed', 'changed'})
        self.assertEqual(rows.contract_id, self.contracts)
        totals = dict(rows._read_group([], ['variant'], ['amount_company:sum']))
        self.assertTrue(all(totals.values()))
        self.env.flush_all()
        self.assertEqual(self._trace(), before)

    def _trace(self):
        tables = ('service_contract', 'service_contract_line', 'service_billing_entry', 'account_move', 'mail_message')
        traces = []
        for table in tables:
            self.env.cr.execute(f'SELECT count(*), max(id), max(write_date) FROM {table}')
            traces.append(self.env.cr.fetchone())
        return traces

    def test_others_see_no_forecast(self):
        for group in ('base.group_portal', 'base.group_user'):
            user = self._user(group, group)
            self.assertFalse(self.env['service.forecast'].with_user(user).has_access('create'))
