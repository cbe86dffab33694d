"""Plans that invoice every installment on its own: once, on its day, with net and tax that add up to the sale."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import InstallmentCase

DEFERRED = 'installment_deferred_account_id'
INCOME = 'installment_income_account_id'


@tagged('post_install', '-at_install')
class TestOwnInvoices(InstallmentCase):

    def setUp(self):
        super().setUp()
        self.each = self._terms(name="Month by month", method='annuity', count=6, interest_rate=9, invoicing='each')

    def _night(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            for cron in ('installment_bill_cron', 'installment_recognition_cron'):
                self.env.ref(f'installment_sales.{cron}').method_direct_trigger()
        self.env.invalidate_all()

    def _invoiced(self, plan):
        return [(str(move.invoice_date), move.amount_total) for move in plan._invoices()]

    def test_each_installment_is_invoiced_once_on_its_day(self):
        """C1: the invoices sum to what was agreed, to the cent."""
        plan = self._sold(self.each)
        self.assertFalse(plan._invoices())
        with self.assertRaisesRegex(UserError, "invoiced and open yet"):
            plan.action_register_payment()
        self.assertEqual((plan.state, plan.amount_residual), ('active', 1026.41))
        self._night('2026-02-14')
        self.assertFalse(plan._invoices())
        for _time in range(2):
            self._night('2026-02-15')
        self.assertEqual(self._invoiced(plan), [('2026-02-15', 171.07)])
        self._night('2026-07-20')
        self.assertEqual([day for day, _amount in self._invoiced(plan)], [
            '2026-02-15', '2026-03-15', '2026-04-15', '2026-05-15', '2026-06-15', '2026-07-15'])
        self.assertAlmostEqual(sum(amount for _day, amount in self._invoiced(plan)), plan.total)
        self.assertEqual((self._balance(DEFERRED, plan), self._balance(INCOME, plan)), (0.0, -26.41))
        self.assertBalanced(plan)

    def test_income_in_another_currency_ends_at_zero_when_months_are_caught_up(self):
        """D7: whatever rounding leaves is in the last one, though all are recorded in one go."""
        currency = self.setup_other_currency('KRW', rates=[('2020-01-01', 163.7)])
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': currency.id})
        for price in (100001, 77777, 33333):
            terms = self.each.copy({'currency_id': currency.id, 'fee_fixed': 1301, 'row_fee': 210})
            plan = self._sold(terms, pricelist_id=pricelist.id, price=price)
            plan.sudo()._bill(plan.line_ids, at_once=False)
            plan.line_ids._recognise()
            self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_an_invoice_comes_some_days_before_it_falls_due(self):
        self.each.invoice_days = 10
        plan = self._sold(self.each)
        self._night('2026-02-05')
        self.assertEqual(self._invoiced(plan), [('2026-02-05', 171.07)])
        self.assertEqual(str(plan._invoices().invoice_date_due), '2026-02-15')

    def test_net_and_tax_of_all_invoices_are_those_of_the_sale(self):
        """C6: two rates, three lines and a down payment, cut in seven."""
        self.each.write({'deposit_type': 'percent', 'deposit_value': 13, 'count': 7})
        reduced = self.tax.copy({'name': "Reduced", 'amount': 7})
        included = self.tax.copy({'name': "Included", 'amount': 19, 'price_include_override': 'tax_included'})
        order = self._order(self.each, product=self.course, price=333.33)
        order.order_line = [
            Command.create({'product_id': self.course.id, 'price_unit': 77.77, 'tax_ids': [Command.set(reduced.ids)]}),
            Command.create({'product_id': self.course.id, 'price_unit': 99.99, 'discount': 3,
                            'tax_ids': [Command.set(included.ids)]}),
        ]
        order.action_confirm()
        plan = order.installment_plan_ids
        self.assertEqual(plan._invoices().amount_total, plan.down_payment)
        self._night('2026-12-31')
        invoices = plan._invoices()
        self.assertEqual(len(invoices), 8)
        self.assertAlmostEqual(sum(invoices.mapped('amount_tax')), order.amount_tax)
        self.assertAlmostEqual(sum(invoices.mapped('amount_untaxed')), order.amount_untaxed + plan.cost)
        for line in invoices.line_ids.filtered('tax_line_id'):
            exact = abs(line.tax_base_amount) * line.tax_line_id.amount / 100
            self.assertAlmostEqual(abs(line.balance), exact, delta=0.02)
        self.assertBalanced(plan)

    def test_the_order_counts_as_invoiced(self):
        order = self._sold(self.each, product=self.course).sale_order_id
        self.assertEqual(order.invoice_status, 'invoiced')
        with self.assertRaises(UserError):
            order._create_invoices()

    def test_payments_follow_the_invoices(self):
        plan = self._sold(self.each)
        self._night('2026-03-15')
        self._pay(plan, 200, '2026-03-15')
        self.assertEqual(plan.line_ids.sorted('number').mapped('amount_residual'),
                         [0.0, 142.14, 171.07, 171.07, 171.07, 171.06])
        self.assertEqual(plan.amount_paid, 200.0)
        self.assertBalanced(plan)

    def test_a_payoff_invoices_the_rest_and_gives_back_what_is_not_earned(self):
        """The same figures as one invoice over everything: C-PAY-1 without its fee."""
        plan = self._sold(self.each)
        self._night('2026-04-15')
        self._pay(plan, 3 * 171.07)
        self.assertEqual(plan.quote_payoff('2026-04-15')[0]['amount'], 505.6)
        plan.action_settle('2026-04-15')
        self.assertRecordValues(plan, [{'state': 'settled', 'amount_residual': 505.6}])
        self._pay(plan, 505.6, '2026-04-15')
        self.assertEqual((plan.amount_residual, self._balance(DEFERRED, plan)), (0.0, 0.0))
        self.assertBalanced(plan)

    def test_a_cancelled_plan_credits_what_was_invoiced(self):
        plan = self._sold(self.each)
        self._night('2026-03-15')
        self._pay(plan, 171.07)
        plan.action_cancel()
        self.assertRecordValues(plan, [{'state': 'cancelled', 'amount_residual': 0.0}])
        credits = plan.move_ids.filtered(lambda move: move.installment_role == 'credit')
        self.assertAlmostEqual(sum(credits.mapped('amount_residual')), 171.07)
        self._night('2026-12-31')
        self.assertEqual(len(plan._invoices()), 2)
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_a_balance_can_be_taken_over_by_a_plan_of_either_kind(self):
        for terms, others in ((self.each, self.annuity), (self.annuity, self.each)):
            plan = self._sold(terms)
            new = plan._reschedule(others, plan._day('2026-03-15'))
            self.assertRecordValues(plan, [{'state': 'rescheduled', 'amount_residual': 0.0}])
            self._night('2027-12-31')
            self.assertEqual(self._balance('installment_transfer_account_id', plan | new), 0.0)
            self.assertEqual(self._balance(DEFERRED, plan | new), 0.0)
            self.assertBalanced(plan | new)

    def test_a_skipped_month_moves_the_invoices(self):
        plan = self._sold(self.each)
        plan.action_skip()
        self._night('2026-02-20')
        self.assertFalse(plan._invoices())
        self._night('2026-03-15')
        self.assertEqual(self._invoiced(plan), [('2026-03-15', 171.07)])

    def test_an_invoice_that_fails_waits_for_a_person(self):
        """A5: only that one is left out, and tried again on demand."""
        good, bad = self._sold(self.each), self._sold(self.each, partner_id=self.customer.copy().id)
        bad.partner_id.property_account_receivable_id.active = False
        account = bad.partner_id.property_account_receivable_id
        self._night('2026-02-15')
        self.assertTrue(bad.line_ids[0].bill_problem)
        account.active = True
        self.assertFalse(bad._invoices())
        bad.action_bill_again()
        (good | bad).action_bill_again()
        self._night('2026-02-15')
        self.assertEqual(len((good | bad)._invoices()), 2)
