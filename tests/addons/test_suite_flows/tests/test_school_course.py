"""A school sells a course with tax in ten installments at an effective rate, from quotation to the last payment."""

from odoo.tests import tagged

from .installment_story import InstallmentStory


@tagged('post_install', '-at_install')
class TestSchoolCourse(InstallmentStory):

    def test_a_course_is_paid_in_ten_installments(self):
        terms = self._terms(
            name="School year", method='annuity', count=10, interest_rate=8, rate_kind='effective',
            first_due='day_of_month', due_day=31, first_due_days=10, fee_fixed=25,
        )
        order = self._quote(terms=terms, product=self.course, price=1200)
        self.assertEqual((order.installment_at_start, order.installment_financed), (25.0, 1380.0))
        self.assertGreater(order.installment_apr_eu, 8.0)

        order.action_confirm()
        plan = order.installment_plan_ids
        self.assertEqual(plan.accepted_by, "Ana")
        self.assertEqual([str(line.date_due) for line in plan.line_ids.sorted('number')][:4],
                         ['2026-01-15', '2026-01-31', '2026-02-28', '2026-03-31'])
        self._walk(plan, [(str(line.date_due), line.amount) for line in plan.line_ids.sorted('number')])
        self.assertFinished(plan)

    def test_a_course_paid_off_in_may_gives_the_rest_of_the_interest_back(self):
        terms = self._terms(name="School year", method='annuity', count=10, interest_rate=8)
        plan = self._quote(terms=terms, product=self.course, price=1200)
        plan.action_confirm()
        plan = plan.installment_plan_ids
        lines = plan.line_ids.sorted('number')
        self._walk(plan, [(str(line.date_due), line.amount) for line in lines[:4]])
        quote = plan.quote_payoff('2026-05-25')[0]
        plan.action_settle('2026-05-25')
        self._pay(plan, quote['amount'], '2026-05-25')
        self.assertRecordValues(plan, [{'state': 'settled', 'amount_residual': 0.0, 'deferred_balance': 0.0}])
        self.assertBalanced(plan)
