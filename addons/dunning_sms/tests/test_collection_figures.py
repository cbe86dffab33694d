"""Ageing, figures, payment behaviour and forecast: right against the ledger, readable per role and company."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCase

MODELS = ('payment.profile', 'collection.ageing', 'collection.figure', 'collection.forecast')
TODAY = date(2026, 3, 10)


@tagged('post_install', '-at_install')
class TestCollectionFigures(DunningCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for month in range(1, 7):  # Ana pays ten days late, Bruno on time
            late = cls._invoice(100.0, f'2025-{month + 5:02d}-15', invoice_date=f'2025-{month + 5:02d}-01')
            cls._pay(late, day=f'2025-{month + 5:02d}-25')
            prompt = cls._invoice(200.0, f'2025-{month + 5:02d}-15', cls.neighbour,
                                  invoice_date=f'2025-{month + 5:02d}-01')
            cls._pay(prompt, day=f'2025-{month + 5:02d}-15')
        cls.overdue = cls._invoice(300.0, '2026-01-20', invoice_date='2026-01-05')
        cls.coming = cls._invoice(50.0, '2026-03-20', cls.neighbour, invoice_date='2026-03-01')

    def _update(self):
        self.env['payment.profile'].sudo()._update(self.company, TODAY)
        self.env['collection.figure'].sudo()._update_all(self.company, TODAY)

    # === AGEING === #

    def test_the_ageing_report_shows_what_is_open_by_age(self):
        rows = self.env['collection.ageing'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(rows.sorted('days'), [
            {'move_id': self.coming.id, 'bucket': '0', 'residual': 50.0, 'overdue': 0.0, 'days': 0},
            {'move_id': self.overdue.id, 'bucket': '2', 'residual': 300.0, 'overdue': 300.0, 'days': 49},
        ])

    def test_the_ageing_report_of_an_earlier_day_undoes_later_payments(self):
        """The report and the statement agree on every day."""
        Ageing = self.env['collection.ageing']
        for day in ('2025-06-14', '2025-06-20', '2025-12-31', '2026-03-10'):
            Ageing.invalidate_model()  # a request looks at one day only
            rows = Ageing.with_context(ageing_date=day).search([('partner_id', '=', self.customer.id)])
            made = self.env['account.statement'].get_statements([self.customer.id], as_of=day)[0]
            self.assertEqual(sum(rows.mapped('residual')), made['balance'], day)
        Ageing.invalidate_model()
        june = Ageing.with_context(ageing_date='2025-06-20').search([('partner_id', '=', self.customer.id)])
        self.assertRecordValues(june, [{'residual': 100.0, 'days': 5, 'bucket': '1'}])

    def test_the_day_is_asked_for(self):
        action = self.env['collection.ageing.date'].create({'date': '2025-12-31'}).action_open()
        self.assertEqual(action['context']['ageing_date'], '2025-12-31')

    # === FIGURES === #

    def test_figures_of_a_month_are_those_of_the_ledger(self):
        self._update()
        figures = self.env['collection.figure'].search([('company_id', '=', self.company.id)], order='month')
        self.assertEqual(len(figures), 12)
        last = figures[-1]
        self.assertRecordValues(last, [{
            'receivable': 350.0, 'overdue': 300.0, 'bucket_0': 50.0, 'bucket_2': 300.0, 'sales': 50.0,
        }])
        june = figures.filtered(lambda row: row.month == date(2025, 6, 1))
        self.assertRecordValues(june, [{'receivable': 0.0, 'sales': 300.0, 'cei': 100.0}])
        for figure in figures:
            self.assertAlmostEqual(sum(figure[f'bucket_{place}'] for place in range(5)), figure.receivable)

    def test_figures_worked_out_twice_stay_one_row_a_month(self):
        self._update()
        self._update()
        self.assertEqual(self.env['collection.figure'].search_count([('company_id', '=', self.company.id)]), 12)

    def test_the_nightly_jobs_do_all_companies_once(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('dunning_sms.ir_cron_payment_profiles').method_direct_trigger()
            self.env.ref('dunning_sms.ir_cron_collection_figures').method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self.env['payment.profile'].search([('company_id', '=', self.company.id)]))
        self.assertEqual(self.company.collection_updated_on, TODAY)

    # === PAYMENT BEHAVIOUR === #

    def test_customers_are_told_apart_by_how_they_pay(self):
        """J5."""
        self._update()
        self.assertEqual(self.neighbour.payment_segment, 'prompt')
        self.assertEqual(self.neighbour.payment_score, 100)
        self.assertEqual(self.customer.payment_segment, 'risk')
        self.assertLess(self.customer.payment_score, 40)

    def test_customers_are_found_by_segment_and_score(self):
        self._update()
        Partner = self.env['res.partner']
        both = [('id', 'in', (self.customer | self.neighbour).ids)]
        self.assertEqual(Partner.search([*both, ('payment_segment', '=', 'prompt')]), self.neighbour)
        self.assertEqual(Partner.search([*both, ('payment_score', '<', 50)]), self.customer)

    def test_a_credit_note_is_no_payment(self):
        credited = self._invoice(500.0, '2025-12-01', self.neighbour, invoice_date='2025-11-01')
        note = self._invoice(500.0, '2026-02-01', self.neighbour, move_type='out_refund', invoice_date='2026-02-01')
        (credited | note).line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
        self._update()
        self.assertEqual(self.neighbour.payment_score, 100)

    # === FORECAST === #

    def test_the_forecast_follows_the_habits_of_each_customer(self):
        """J8: Bruno pays on the day, so his invoice comes in the second week."""
        self._update()
        rows = self.env['collection.forecast'].search([
            ('company_id', '=', self.company.id), ('is_test', '=', False)], order='week')
        self.assertEqual(len(rows), 12)
        self.assertAlmostEqual(rows[1].expected, 50.0)
        self.assertEqual(rows[0].naive, 300.0)

    def test_the_back_test_beats_the_naive_rule_where_people_pay_late(self):
        """J8: error measures of both."""
        for week in range(30):  # one invoice a week, paid 20 days late
            due = date.fromordinal(date(2025, 8, 4).toordinal() + 7 * week)
            paid = date.fromordinal(due.toordinal() + 20)
            if paid <= TODAY:
                self._pay(self._invoice(100.0, str(due), invoice_date=str(due)), day=str(paid))
        self._update()
        accuracy = self.env['collection.forecast'].get_accuracy()
        self.assertEqual(accuracy['weeks'] % 8, 0)
        self.assertLess(accuracy['expected']['wape'], accuracy['naive']['wape'])

    # === ACCESS === #

    def test_roles(self):
        """G3, G16: users and accountants read, nobody writes, customers and other companies see nothing."""
        self._update()
        stranger = self._user('stranger', 'dunning_sms.group_dunning_manager', company_id=self.other_company.id,
                              company_ids=[Command.set(self.other_company.ids)])
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        employee = self._user('employee', 'base.group_user')
        for model in MODELS:
            with self.subTest(model):
                for group in ('dunning_sms.group_dunning_user', 'account.group_account_invoice',
                              'account.group_account_readonly'):
                    Model = self.env[model].with_user(self._user(f'{model}{group}', group))
                    self.assertTrue(Model.search([]))
                    self.assertFalse(any(Model.has_access(right) for right in ('write', 'create', 'unlink')))
                self.assertFalse(self.env[model].with_user(stranger).search([]))
                for user in (portal, employee):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search([])

    def test_customers_do_not_read_their_score(self):
        self._update()
        portal = self._user('ana', 'base.group_portal', partner_id=self.customer.id)
        with self.assertRaises(AccessError):
            self.customer.with_user(portal).read(['payment_score'])
