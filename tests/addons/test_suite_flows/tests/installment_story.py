"""What the stories of installment sales share: walk through a plan day by day and check the books."""

from freezegun import freeze_time
from odoo.addons.installment_sales.tests.common import InstallmentCase

DEFERRED = 'installment_deferred_account_id'
INCOME = 'installment_income_account_id'


class InstallmentStory(InstallmentCase):

    def _quote(self, **vals):
        """Return a quotation that the customer has accepted on the portal, not confirmed yet."""
        order = self._order(**vals)
        refused = order._accept_installments("Ana", '192.0.2.7', order._installment_fingerprint())
        self.assertFalse(refused)
        return order

    def _night(self, day):
        """Let the scheduled job of a night run."""
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('installment_sales.installment_recognition_cron').method_direct_trigger()

    def _walk(self, plan, payments):
        """Pay on each day what is said, and check the books after each step.

        :param payments: (day, amount) in order.
        """
        owed = plan.amount_residual
        for day, amount in payments:
            self._night(day)
            if amount:
                self._pay(plan, amount, day)
            owed = plan.currency_id.round(owed - amount)
            self.assertEqual(plan.amount_residual, owed, day)
            self.assertBooks(plan, day)

    def assertBooks(self, plan, day):
        """C8: entries balance, income is split between earned and deferred, due income is all earned."""
        self.assertBalanced(plan)
        earned = -self._balance(INCOME, plan)
        self.assertAlmostEqual(earned - self._balance(DEFERRED, plan), plan.cost)
        due = plan.line_ids.filtered(lambda line: str(line.date_due) <= day)
        self.assertAlmostEqual(earned, sum(due.mapped('earned')))

    def assertFinished(self, plan):
        self.assertRecordValues(plan, [{'state': 'paid', 'amount_residual': 0.0, 'deferred_balance': 0.0}])
        self.assertEqual(set(plan.line_ids.mapped('state')), {'paid'})
        self.assertEqual(plan.invoice_id.amount_residual, 0.0)
