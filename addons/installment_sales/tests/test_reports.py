"""Figures of the book: sales by terms, cash by week against what came in, the portfolio, and who may read them."""

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestReports(InstallmentCase):

    def _pay_on(self, day, plan, amount):
        with freeze_time(day):
            self._pay(plan, amount, day)
        self.env.flush_all()

    # === SALES BY TERMS === #

    def _offers(self):
        """Two offers in installments, one sold; three as a whole, one sold for less; one still a draft."""
        none = self.env['installment.terms']
        for terms, price, is_sold in ((self.free, 1000, True), (self.free, 500, False), (none, 300, True),
                                      (none, 300, False), (none, 300, False)):
            order = self._order(terms, price=price)
            order.action_quotation_sent()
            if is_sold:
                order.action_confirm()
        self._order(self.free)
        self.env.flush_all()

    def test_offers_ticket_size_and_share_by_terms(self):
        """A30, J17, J18."""
        self._offers()
        rows = self.env['installment.sales.report'].read_sales_by_terms('2026-01-01', '2026-01-31')
        self.assertEqual([(row['terms'], row['offers'], row['sales'], row['amount'], row['ticket']) for row in rows],
                         [("3 without interest", 2, 1, 1000.0, 1000.0), ('', 3, 1, 300.0, 300.0)])
        self.assertAlmostEqual(rows[0]['share'], 1000 / 1300)
        self.assertEqual([round(row['conversion'], 3) for row in rows], [0.5, 0.333])

    def test_a_ratio_of_a_group_comes_from_its_sums(self):
        self._offers()
        domain = [('partner_id', '=', self.customer.id)]
        ((conversion, ticket),) = self.env['installment.sales.report']._read_group(
            domain, aggregates=['conversion:avg', 'ticket:avg'])
        self.assertEqual((conversion, ticket), (0.4, 650.0))

    # === CASH BY WEEK === #

    def _weeks(self):
        rows = self.env['installment.cash.week'].search([('company_id', '=', self.company.id)], order='week')
        return [(str(row.week), row.expected, row.received_due, row.received) for row in rows]

    def test_what_was_expected_of_a_week_is_compared_with_what_came(self):
        """C17: one paid in its week, one paid early in part, one late."""
        plan = self._sold(self.free)
        self._pay_on('2026-02-10', plan, 333.33)
        self._pay_on('2026-02-20', plan, 100)
        self._pay_on('2026-03-25', plan, 233.33)
        self.assertEqual(self._weeks(), [
            ('2026-02-09', 333.33, 333.33, 333.33), ('2026-02-16', 0.0, 0.0, 100.0), ('2026-03-09', 233.33, 0.0, 0.0),
            ('2026-03-23', 0.0, 0.0, 233.33), ('2026-04-13', 333.34, 0.0, 0.0)])

    def test_the_forecast_tests_itself(self):
        plan = self._sold(self.free)
        self._pay_on('2026-02-10', plan, 333.33)
        with freeze_time('2026-03-20'):
            self.env.flush_all()
            found = self.env['installment.cash.week'].read_cash_backtest(12)
        self.assertEqual(len(found[0]['weeks']), 2)
        self.assertAlmostEqual(found[0]['hit_rate'], 0.5)
        self.assertAlmostEqual(found[0]['bias'], -0.5)
        self.assertAlmostEqual(found[0]['error'], 0.5)

    def test_what_was_called_due_is_not_expected_later(self):
        plan = self._sold(self.free)
        with freeze_time('2026-02-20'):
            plan.action_call_due()
        self.env.flush_all()
        self.assertEqual([week for week, *_rest in self._weeks()], ['2026-02-09'])

    def test_credit_notes_bring_no_cash(self):
        plan = self._sold(self.annuity)
        plan.action_settle('2026-01-20')
        self.env.flush_all()
        self.assertFalse(sum(row[3] for row in self._weeks()))

    # === PORTFOLIO === #

    def test_the_book_tells_how_late_each_plan_is(self):
        late, paid = self._sold(self.free), self._sold(self.free)
        self._pay_on('2026-02-10', paid, 333.33)
        with freeze_time('2026-03-18'):
            self.env.flush_all()
            book = self.env['installment.portfolio']
            self.assertRecordValues(book.search([('plan_id', 'in', (late | paid).ids)]), [
                {'plan_id': late.id, 'outstanding': 1000.0, 'overdue': 666.66, 'days_late': 31, 'bucket': '2'},
                {'plan_id': paid.id, 'outstanding': 666.67, 'overdue': 333.33, 'days_late': 3, 'bucket': '1'}])
            ((share,),) = book._read_group([('company_id', '=', self.company.id)], aggregates=['at_risk:avg'])
        self.assertAlmostEqual(share, 1000 / 1666.67)

    # === ACCESS === #

    def test_who_may_read_the_figures(self):
        company = {'company_ids': [Command.set(self.company.ids)], 'company_id': self.company.id}
        self._sold(self.free)
        self.env.flush_all()
        models = [self.env[name] for name in (
            'installment.sales.report', 'installment.cash.week', 'installment.portfolio')]
        clerk = self._user('clerk', 'installment_sales.group_installment_user', **company)
        for model in models:
            self.assertTrue(model.with_user(clerk).search([]))
        for group in ('base.group_user', 'base.group_portal'):
            user = self._user(group, group, **company)
            for model in models:
                with self.assertRaises(AccessError):
                    model.with_user(user).search([])
        other = self.env['res.company'].create({'name': "Other"})
        stranger = self._user('other', 'installment_sales.group_installment_user',
                              company_ids=[Command.set(other.ids)], company_id=other.id)
        for model in models:
            self.assertFalse(model.with_user(stranger).search([]))
