"""Late payment: a fee once, interest by the days, both outlive the installment, and payments go in the order set."""

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import InstallmentCase


@tagged('post_install', '-at_install')
class TestLate(InstallmentCase):

    def setUp(self):
        super().setUp()
        self.free.write({'late_fee': 5, 'late_interest': 9, 'late_charging': 'automatic'})

    def _night(self, *days):
        for day in days:
            with freeze_time(day), self.enter_registry_test_mode():
                self.env.ref('installment_sales.installment_late_cron').method_direct_trigger()
        self.env.invalidate_all()
        self.env['account.move']._get_sequence_cache().clear()  # the job took invoice numbers on a cursor of its own

    def _charges(self, plan):
        return [(charge.kind, str(charge.date_from), str(charge.date_to), charge.amount)
                for charge in plan.late_charge_ids.sorted('id')]

    def _pay_on(self, day, plan, amount):
        with freeze_time(day):
            return self._pay(plan, amount, day)

    def test_a_late_installment_costs_its_fee_once_and_interest_by_the_month(self):
        """R1: thirty nights in a row charge what one night would."""
        plan = self._sold(self.free)
        self._night('2026-02-15')
        self.assertFalse(plan.late_charge_ids)
        self._night('2026-02-16', '2026-02-17', '2026-02-17', '2026-03-01')
        self.assertEqual(self._charges(plan), [('fee', '2026-02-15', '2026-02-16', 5.0)])
        self._night('2026-03-16', '2026-03-17', '2026-03-18', '2026-03-19', '2026-03-20')
        self.assertEqual(self._charges(plan)[1:], [
            ('fee', '2026-03-15', '2026-03-16', 5.0), ('interest', '2026-02-15', '2026-03-17', 2.47)])

    def test_interest_stays_when_the_installment_is_paid(self):
        """R7: 333.33 for twenty days at 9 %."""
        plan = self._sold(self.free)
        self._night('2026-02-20')
        self.company.installment_allocation = 'named'
        self._pay_on('2026-03-07', plan, 333.33)
        self._night('2026-03-08', '2026-03-09', '2026-03-14')
        self.assertEqual(self._charges(plan)[1:], [('interest', '2026-02-15', '2026-03-08', 1.64)])
        self.assertEqual(plan.line_ids.sorted('number')[0].amount_residual, 0.0)
        self.assertEqual(plan.late_residual, 6.64)
        self.assertTrue(plan.line_ids.sorted('number')[0].is_late_closed)

    def test_a_part_payment_lowers_what_bears_interest(self):
        plan = self._sold(self.free)
        self.company.installment_allocation = 'named'
        self._pay_on('2026-02-25', plan, 133.33)
        self._night('2026-03-15')
        interest = plan.late_charge_ids.filtered(lambda charge: charge.kind == 'interest' and not charge.line_id.number)
        self._night('2026-03-17')
        interest = plan.late_charge_ids.filtered(lambda charge: charge.kind == 'interest')
        self.assertEqual(interest.amount, round(333.33 * .09 * 10 / 365 + 200 * .09 * 20 / 365, 2))
        self.assertEqual(interest.explanation['balances'], [
            ['2026-02-15', '2026-02-25', '333.33'], ['2026-02-25', '2026-03-17', '200.00']])

    def test_who_pays_within_the_days_of_grace_is_not_late(self):
        self.free.late_grace_days = 5
        plan = self._sold(self.free)
        self._pay_on('2026-02-20', plan, 333.33)
        self._night('2026-02-20', '2026-02-21', '2026-03-01')
        self.assertFalse(plan.late_charge_ids)

    def test_interest_bears_no_interest_by_default(self):
        self.annuity.write({'late_interest': 9, 'late_charging': 'automatic'})
        plan, all_in = self._sold(self.annuity), self._sold(self.annuity.copy({'late_base': 'all'}))
        self._night('2026-03-17')
        self.assertEqual([charges.late_charge_ids.amount for charges in (plan, all_in)], [1.21, 1.27])

    def test_late_charges_are_part_of_the_payoff(self):
        plan = self._sold(self.free)
        self._night('2026-02-20')
        quote = plan.quote_payoff('2026-03-01')[0]
        self.assertEqual((quote['late'], quote['amount']), (6.15, 1006.15))
        plan.action_settle('2026-03-01')
        self.assertEqual((plan.amount_residual, plan.late_residual), (1000.0, 6.15))
        self._pay_on('2026-03-01', plan, 1006.15)
        self.assertEqual((plan.amount_residual, plan.late_residual), (0.0, 0.0))

    def test_a_reminder_step_can_charge_what_is_late(self):
        self.free.late_charging = 'stated'
        plan = self._sold(self.free)
        self._night('2026-03-01')
        self.assertFalse(plan.late_charge_ids)
        action = self.env.ref('installment_sales.installment_charge_late_action')
        receivables = plan.line_ids.move_line_ids
        with freeze_time('2026-03-01'):
            for _time in range(2):
                action.with_context(active_model=receivables._name, active_ids=receivables.ids).run()
        self.assertEqual([charge[0] for charge in self._charges(plan)], ['fee', 'interest'])

    def test_only_a_manager_charges(self):
        line = self._sold(self.free).line_ids[0]
        clerk = self._user('clerk', 'installment_sales.group_installment_user', company_id=self.company.id,
                           company_ids=[(6, 0, self.company.ids)])
        with self.assertRaises(AccessError):
            line.with_user(clerk).action_charge_late()

    # === ORDER OF PAYMENTS === #

    def _late_plan(self, order):
        self.company.installment_allocation = order
        plan = self._sold(self.free)
        self._night('2026-03-14')
        plan.sudo().line_ids.sorted('number')[0]._charge_late(plan._day('2026-03-14'), is_forced=True)
        self.assertAlmostEqual(plan.late_residual, 7.22)
        return plan

    def _pay_invoice(self, plan, amount):
        wizard = self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=plan.invoice_id.ids,
        ).create({'amount': amount, 'payment_date': '2026-03-14', 'installments_mode': 'full'})
        return wizard._create_payments()

    def _open(self, plan):
        moves = plan.move_ids.filtered(lambda move: move.state == 'posted')
        found = {role: sum(moves.filtered(lambda move, role=role: move.installment_role == role).mapped(
            'amount_residual')) for role in ('late_fee', 'late_interest')}
        return (*(round(amount, 2) for amount in found.values()), plan.amount_residual)

    def test_fees_are_paid_first(self):
        plan = self._late_plan('fee_interest_principal')
        self._pay_invoice(plan, 6)
        self.assertEqual(self._open(plan), (0.0, 1.22, 1000.0))
        self._pay_invoice(plan, 334.55)
        self.assertEqual(self._open(plan), (0.0, 0.0, 666.67))
        self.assertBalanced(plan)

    def test_interest_is_paid_first(self):
        plan = self._late_plan('interest_fee_principal')
        self._pay_invoice(plan, 6)
        self.assertEqual(self._open(plan), (1.22, 0.0, 1000.0))

    def test_the_principal_is_paid_first(self):
        plan = self._late_plan('principal_interest_fee')
        self._pay_invoice(plan, 6)
        self.assertEqual(self._open(plan), (5.0, 2.22, 994.0))
        self._pay_invoice(plan, 994 + 3)
        self.assertEqual(self._open(plan), (4.22, 0.0, 0.0))
        self.assertEqual(plan.state, 'active')
        self._pay(plan, 4.22)
        self.assertEqual(plan.state, 'paid')

    def test_a_payment_stays_where_the_customer_made_it(self):
        plan = self._late_plan('named')
        self._pay_invoice(plan, 6)
        self.assertEqual(self._open(plan), (5.0, 2.22, 994.0))

    def test_an_overpayment_ends_on_the_next_installments(self):
        plan = self._late_plan('fee_interest_principal')
        self._pay_invoice(plan, 507.22)
        self.assertEqual(plan.line_ids.sorted('number').mapped('amount_residual'), [0.0, 166.66, 333.34])
