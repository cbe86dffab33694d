"""A travel agency agrees on dates and amounts for one journey, and the customer pays them, one in two parts."""

from odoo.fields import Command
from odoo.tests import tagged

from .installment_story import InstallmentStory

JOURNEY = [('2026-02-03', 3000), ('2026-07-12', 4000), ('2026-10-20', 3000), ('2026-11-28', 2000)]


@tagged('post_install', '-at_install')
class TestTravelPlan(InstallmentStory):

    def test_a_journey_is_paid_on_its_own_dates(self):
        """ZU-sched: 12,000 in four amounts on four days."""
        terms = self._terms(name="Own dates", method='custom')
        rows = [Command.create({'kind': 'amount', 'value': amount, 'date': day}) for day, amount in JOURNEY]
        order = self._quote(terms=terms, price=12000, installment_row_ids=rows)
        self.assertRecordValues(order, [{
            'installment_total': 12000.0, 'installment_cost': 0.0, 'installment_apr_eu': 0.0}])
        order.action_confirm()
        plan = order.installment_plan_ids
        self.assertEqual([(str(line.date_due), line.amount) for line in plan.line_ids.sorted('number')], JOURNEY)
        self._walk(plan, [('2026-02-01', 1000), ('2026-02-03', 2000), *JOURNEY[1:]])
        self.assertFinished(plan)

    def test_a_journey_called_off_keeps_the_deposit(self):
        terms = self._terms(name="Own dates", method='custom', deposit_type='fixed', deposit_value=500,
                            cancel_policy='keep_deposit')
        rows = [Command.create({'kind': 'rest', 'date': '2026-06-01'})]
        order = self._quote(terms=terms, price=4000, installment_row_ids=rows)
        order.action_confirm()
        plan = order.installment_plan_ids
        self._walk(plan, [('2026-01-20', 500), ('2026-03-01', 700)])
        plan.action_cancel('2026-03-10')
        credit = plan.move_ids.filtered(lambda move: move.installment_role == 'credit')
        self.assertEqual(credit.amount_residual, 700.0)
        self.assertBalanced(plan)
