"""Figures of recurring revenue: the published example, movements that add up, cohorts, risk and the workbook."""

import io
from datetime import date
from decimal import Decimal
from itertools import pairwise
from zipfile import ZipFile

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import tagged

from ..report.figures_workbook import figures_workbook
from ..rules.mrr import MOVEMENTS, Snapshot, cohorts, movements, revenue_figures
from .common import ContractCase


@tagged('post_install', '-at_install')
class TestRevenue(ContractCase):
    """J9, N10."""

    def setUp(self):
        super().setUp()
        self.Snapshot = self.env['service.revenue.snapshot'].sudo()
        self.people = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(5)])

    def _take(self, day='2026-03-10'):
        with freeze_time(day):
            self.Snapshot._follow(self.company)

    def _mrr(self, month='2026-03-01'):
        return sum(self.Snapshot.search([('company_id', '=', self.company.id), ('month', '=', month)]).mapped('mrr'))

    def _moves(self):
        found = self.env['service.revenue.movement'].search(
            [('company_id', '=', self.company.id)], order='month, partner_id')
        return [(str(move.month), move.partner_id, move.kind, round(move.amount, 2)) for move in found]

    def test_the_published_example(self):
        """MRR-1: 5 at 50 and 3 at 100 a month, 2 at 500 a year are 633.33."""
        for price, unit, count in ((50, 'month', 5), (100, 'month', 3), (500, 'year', 2)):
            for _number in range(count):
                self._contract([{'price_unit': price, 'interval_unit': unit}])
        self._contract([{'price_unit': 99.0, 'kind': 'one_time'}])
        self._take()
        self.assertEqual(round(self._mrr(), 2), 633.33)
        figures = self.env['service.revenue.figures'].search([
            ('company_id', '=', self.company.id), ('month', '=', '2026-03-01')])
        self.assertRecordValues(figures, [{'customers': 1}])
        self.assertAlmostEqual(figures.arr, 7600, places=2)

    def test_each_interval_counts_what_it_brings_in_a_month(self):
        for unit, count, monthly in (('week', 1, 52 * 12 / 12), ('day', 28, 12 * 365 / 28 / 12), ('quarter', 1, 4),
                                     ('half_year', 2, 1)):
            contract = self._contract([{'price_unit': 12.0, 'interval_unit': unit, 'interval_count': count}])
            self._take()
            row = self.Snapshot.search([('contract_id', '=', contract.id)], order='month desc', limit=1)
            self.assertAlmostEqual(row.mrr, monthly, places=5)

    def test_the_movements_are_those_of_the_rule_and_sum_to_the_change(self):
        """N10: new, expansion, contraction, churn and reactivation over half a year."""
        ana, bruno, carla, dora, _emil = self.people
        self._contract([{'price_unit': 50.0}], partner_id=ana.id, date_start='2026-03-01')
        rising = self._contract([{'price_unit': 30.0}], partner_id=bruno.id, date_start='2026-03-01')
        self._contract([{'price_unit': 20.0}], partner_id=carla.id, date_start='2026-03-01', date_end='2026-03-31')
        self._take('2026-03-31')
        rising.line_ids.price_unit = 45.0
        self._contract([{'price_unit': 10.0}], partner_id=dora.id, date_start='2026-04-01')
        self._take('2026-04-30')
        with freeze_time('2026-05-02'):
            rising.line_ids.price_unit = 40.0
            self._contract([{'price_unit': 25.0}], partner_id=carla.id, date_start='2026-05-01')
        self._take('2026-05-31')
        self.assertEqual(self._moves(), [
            ('2026-03-01', ana, 'new', 50.0), ('2026-03-01', bruno, 'new', 30.0), ('2026-03-01', carla, 'new', 20.0),
            ('2026-04-01', bruno, 'expansion', 15.0), ('2026-04-01', carla, 'churn', -20.0),
            ('2026-04-01', dora, 'new', 10.0),
            ('2026-05-01', bruno, 'contraction', -5.0), ('2026-05-01', carla, 'reactivation', 25.0),
        ])
        self._assert_as_the_rules()

    def _snapshots(self):
        """Return what the table has, as the rules know it."""
        groups = self.Snapshot._read_group(
            [('company_id', '=', self.company.id)], ['month:day', 'partner_id'], ['mrr:sum'])
        months = {}
        for month, partner, mrr in groups:
            months.setdefault(month, {})[partner.id] = Decimal(str(round(mrr, 6)))
        return [Snapshot(month, amounts) for month, amounts in sorted(months.items())]

    def _assert_as_the_rules(self):
        steps = self._snapshots()
        moves = movements([Snapshot(date(2020, 1, 1), {}), *steps])
        found = self.env['service.revenue.movement'].search([('company_id', '=', self.company.id)])
        self.assertEqual(
            sorted((move.month, move.partner_id.id, move.kind, round(move.amount, 6)) for move in found),
            sorted((move.day, move.customer, move.kind, float(move.amount)) for move in moves),
        )
        rows = {row.month: row for row in self.env['service.revenue.figures'].search([
            ('company_id', '=', self.company.id)])}
        known = set()
        for before, after in pairwise(steps):
            known |= before.customers
            figures, row = revenue_figures(before, after, known), rows[after.day]
            for name in MOVEMENTS:
                self.assertAlmostEqual(row[name], float(getattr(figures, name)), places=6)
            for name, rate in (('nrr', figures.net_retention), ('grr', figures.gross_retention),
                               ('customer_churn', figures.customer_churn),
                               ('revenue_churn', figures.gross_revenue_churn)):
                self.assertAlmostEqual(row[name], 100 * float(rate or 0), places=4)
            self.assertAlmostEqual(row.arpa, float(figures.average), places=6)
            self.assertEqual((row.customers_start, row.customers, row.customers_lost),
                             (figures.customers_at_start, figures.customers_at_end, figures.customers_lost))
        table = self.Snapshot._cohorts(self.company)
        self.assertEqual(
            [(row.day, [count for count in row.customers if count]) for row in cohorts(steps)],
            [(begun, [count for _month, count, _mrr in cells]) for begun, cells in table.items()],
        )

    def test_a_trial_brings_nothing_until_it_is_over(self):
        contract = self._contract(activate=False, date_start='2026-03-01')
        contract.write({'trial_count': 1, 'trial_unit': 'month'})
        contract.action_activate()
        self._take('2026-03-31')
        self.assertEqual(self._mrr(), 0)
        self._take('2026-04-30')
        self.assertEqual(self._mrr('2026-04-01'), 30.0)

    def test_a_customer_is_lost_when_the_paid_service_ends(self):
        """rules.md 7: not on the day of the request."""
        self._contract(date_start='2026-01-01', date_end='2026-04-30')
        for day in ('2026-03-31', '2026-04-29', '2026-05-31'):
            self._take(day)
        kinds = [(month, kind) for month, _partner, kind, _amount in self._moves()]
        self.assertEqual(kinds, [('2026-01-01', 'new'), ('2026-05-01', 'churn')])

    def test_paused_services_bring_nothing(self):
        contract = self._contract(date_start='2026-03-01')
        self.env['service.contract.pause'].create(
            {'contract_id': contract.id, 'date_start': '2026-04-10', 'date_end': '2026-05-10'})
        for day, mrr in (('2026-03-31', 30.0), ('2026-04-30', 0.0), ('2026-05-31', 30.0)):
            self._take(day)
            self.assertEqual(self._mrr(f'{day[:8]}01'), mrr)

    def test_amounts_are_in_the_currency_of_the_company(self):
        pricelist = self.env['product.pricelist'].create({'name': "EUR", 'currency_id': self.euro.id})
        contract = self._contract([{'price_unit': 30.0}], pricelist_id=pricelist.id, date_start='2026-03-01')
        self.assertEqual(contract.currency_id, self.euro)
        self._take()
        rate = self.env['res.currency']._get_conversion_rate(
            self.euro, self.company.currency_id, self.company, date(2026, 3, 10))
        self.assertNotEqual(rate, 1)
        self.assertAlmostEqual(self._mrr(), 30.0 * rate, places=4)

    def test_taking_twice_changes_nothing_and_an_ended_service_is_forgotten(self):
        contract = self._contract(date_start='2026-03-01')
        for _time in range(2):
            self._take('2026-03-10')
        self.assertEqual(len(self.Snapshot.search([('contract_id', '=', contract.id)])), 1)
        contract.line_ids.date_end = '2026-03-15'
        self._take('2026-03-20')
        self.assertFalse(self.Snapshot.search([('contract_id', '=', contract.id)]))

    def test_what_the_ledger_tells_gives_the_same_months_again(self):
        contract = self._contract([{'price_unit': 20.0}, {'price_unit': 120.0, 'interval_unit': 'quarter'}],
                                  date_start='2026-03-01', payment_term_id=False)
        for month, price in ((3, 20.0), (4, 20.0), (5, 26.0)):
            with freeze_time(f'2026-{month:02}-28'):
                contract.line_ids[0].price_unit = price
                self.env['service.billing.run'].create({'date': f'2026-{month:02}-01'}).action_start()
            self._take(f'2026-{month:02}-28')
        before = [(step.day, step.total) for step in self._snapshots()]
        self.assertEqual([total for _day, total in before], [60, 60, 66])
        with freeze_time('2026-05-28'):
            self.Snapshot.action_derive()
        self.assertEqual([(step.day, step.total) for step in self._snapshots()], before)

    def test_the_scheduled_job_takes_every_company(self):
        self._contract(date_start='2026-03-01')
        with self.enter_registry_test_mode():
            self.env.ref('service_contracts.ir_cron_take_revenue').method_direct_trigger()
        self.assertEqual(self._mrr(), 30.0)

    def test_contracts_at_risk_tell_why(self):
        """J9."""
        safe = self._contract(date_start='2026-03-01')
        ending = self._contract(date_start='2026-03-01', date_end='2026-04-30')
        late = self._contract(date_start='2026-01-01', payment_term_id=False)
        self.env['service.billing.run'].create(
            {'date': '2026-01-31', 'contract_ids': [Command.set(late.ids)]}).action_start()
        suspended = self._contract(date_start='2026-03-01')
        suspended.action_pause()
        found = self.env['service.contract'].search([('is_at_risk', '=', True)])
        self.assertEqual(found & (safe | ending | late | suspended), ending | late | suspended)
        self.assertIn(safe, self.env['service.contract'].search([('is_at_risk', '=', False)]))
        self.assertIn("overdue since", late.risk)
        self.assertIn("suspended", suspended.risk)
        self.assertFalse(safe.risk)

    def test_the_workbook_has_no_formulas_of_customers(self):
        """F5: a name that begins with = stays text."""
        self.customer.name = '=HYPERLINK("http://evil")'
        self._contract(date_start='2026-03-01')
        self._take()
        content = figures_workbook(self.env, self.company)
        with ZipFile(io.BytesIO(content)) as workbook:
            sheets = [workbook.read(name).decode() for name in workbook.namelist() if 'worksheets/' in name]
        self.assertEqual(len(sheets), 4)
        self.assertFalse([sheet for sheet in sheets if '<f>' in sheet])

    def test_cohorts_are_drawn(self):
        self._contract(date_start='2026-01-01')
        self._take()
        cohort = self.env['service.revenue.cohort'].create({'company_id': self.company.id})
        self.assertIn('100%', cohort.table_html)

    def test_roles(self):
        """G3, G16: staff of the company read, customers and others do not, nobody writes."""
        self._contract(date_start='2026-03-01')
        self._take()
        stranger = self._user('stranger', 'service_contracts.group_contract_manager',
                              company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)])
        clerk = self._user('clerk', 'service_contracts.group_contract_user')
        portal = self._user('portal', 'base.group_portal')
        for model in ('service.revenue.snapshot', 'service.revenue.movement', 'service.revenue.figures'):
            Model, own = self.env[model], [('company_id', '=', self.company.id)]
            self.assertTrue(Model.with_user(clerk).search(own))
            self.assertFalse(Model.with_user(stranger).search(own))
            self.assertFalse(Model.with_user(portal).has_access('read'))
            self.assertFalse(any(Model.with_user(clerk).has_access(right) for right in ('write', 'create', 'unlink')))
