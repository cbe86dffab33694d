"""An insurer sells a yearly policy with a down payment; one month is missed and paid later."""

from odoo.tests import tagged

from .installment_story import InstallmentStory


@tagged('post_install', '-at_install')
class TestCarInsurance(InstallmentStory):

    def test_a_policy_with_down_payment_is_paid_in_eleven_installments(self):
        self.course.write({'name': "Car insurance", 'deposit_type': 'percent', 'deposit_value': 20})
        terms = self._terms(
            name="Eleven months", method='flat', count=11, interest_rate=5, spread='rule_of_78', row_fee=1.5,
            first_due='days', first_due_days=30,
        )
        order = self._quote(terms=terms, product=self.course, price=1043.48)
        self.assertEqual(order.installment_at_start, 240.0)
        order.action_confirm()
        plan = order.installment_plan_ids
        lines = plan.line_ids.sorted('number')
        payments = [(str(line.date_due), line.amount) for line in lines]
        missed = payments[4]
        payments[4] = (missed[0], 0.0)
        payments[5] = (payments[5][0], payments[5][1] + missed[1])
        self._walk(plan, payments)
        self.assertFinished(plan)

    def test_a_policy_called_after_two_missed_months_is_owed_at_once(self):
        terms = self._terms(name="Eleven months", method='flat', count=11, interest_rate=5)
        order = self._quote(terms=terms, product=self.course, price=1000)
        order.action_confirm()
        plan = order.installment_plan_ids
        self._walk(plan, [('2026-02-15', plan.next_amount), ('2026-03-15', 0.0), ('2026-04-15', 0.0)])
        plan.sudo()._settle(plan._day('2026-04-20'), 'called')
        self.assertEqual(max(line.date_maturity for line in plan.line_ids if line.amount_residual),
                         plan._day('2026-04-20'))
        self._pay(plan, plan.amount_residual, '2026-04-21')
        self.assertRecordValues(plan, [{'state': 'called', 'amount_residual': 0.0, 'deferred_balance': 0.0}])
