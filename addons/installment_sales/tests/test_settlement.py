"""Plans that end otherwise than agreed: every entry balances and no income is left behind."""

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import InstallmentCase

DEFERRED = 'installment_deferred_account_id'
INCOME = 'installment_income_account_id'


@tagged('post_install', '-at_install')
class TestSettlement(InstallmentCase):

    def _third_paid(self, **vals):
        """Return the plan of the worked example after its third installment: 1000 at 9 %, fee 30."""
        self.annuity.write({'fee_fixed': 30, **vals})
        plan = self._sold(self.annuity)
        self._pay(plan, 30 + 3 * 171.07)
        return plan

    def test_an_early_payoff_gives_back_what_is_not_earned(self):
        """C-PAY-1: principal 505.60, less 15.00 of the fee."""
        plan = self._third_paid()
        plan.action_settle('2026-04-15')
        self.assertRecordValues(plan, [{'state': 'settled', 'amount_residual': 490.6}])
        self._pay(plan, 490.6, '2026-04-15')
        self.assertEqual((plan.amount_residual, self._balance(DEFERRED, plan)), (0.0, 0.0))
        self.assertEqual(self._balance(INCOME, plan), -33.81)
        self.assertBalanced(plan)

    def test_the_other_rule_gives_back_fees_with_the_interest(self):
        plan = self._third_paid(earning='interest')
        self.assertEqual(plan.quote_payoff('2026-04-15')[0]['amount'], 496.97)

    def test_a_compensation_stays_with_the_seller(self):
        plan = self._third_paid(compensation_percent=1, compensation_short_percent=0.5)
        plan.action_settle('2026-04-15')
        self.assertEqual(plan.amount_residual, 493.13)
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)
        self.assertBalanced(plan)

    def test_a_quote_changes_nothing(self):
        plan = self._third_paid()
        quotes = [plan.quote_payoff('2026-04-25') for _number in range(2)]
        self.assertEqual(quotes[0], quotes[1])
        self.assertEqual(plan.state, 'active')

    def test_settling_twice_changes_nothing(self):
        plan = self._third_paid()
        plan.action_settle('2026-04-15')
        moves = plan.move_ids
        plan.action_settle('2026-04-16')
        self.assertEqual(plan.move_ids, moves)

    def test_the_rest_is_credited_to_the_last_installments(self):
        plan = self._third_paid()
        plan.action_settle('2026-04-15')
        self.assertEqual(plan.line_ids.sorted('number').mapped('amount_residual'),
                         [0.0, 0.0, 0.0, 0.0, 171.07, 171.07, 148.46])
        self.assertEqual({str(line.date_maturity) for line in plan.line_ids if line.amount_residual}, {'2026-04-15'})

    def test_the_wizard_shows_the_quote_and_asks_for_the_payment(self):
        plan = self._third_paid()
        wizard = self.env['installment.payoff'].create({'plan_id': plan.id, 'day': '2026-04-15'})
        self.assertRecordValues(wizard, [{'amount': 490.6, 'unearned': 22.6, 'credit': 22.6}])
        self.assertEqual(wizard.action_confirm()['res_model'], 'account.payment.register')

    def test_a_plan_called_due_owes_everything_at_once_without_future_interest(self):
        plan = self._third_paid()
        with freeze_time('2026-05-20'):
            plan.action_call_due("Two installments are late.")
            plan.action_call_due()
        self.assertEqual(plan.state, 'called')
        self.assertEqual({str(line.date_maturity) for line in plan.line_ids if line.amount_residual},
                         {'2026-05-15', '2026-05-20'})
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_a_reminder_step_can_call_a_plan_due(self):
        plan = self._sold(self.annuity)
        action = self.env.ref('installment_sales.installment_call_due_action')
        receivables = plan.line_ids.move_line_ids
        action.with_context(active_model=receivables._name, active_ids=receivables.ids).run()
        self.assertEqual(plan.state, 'called')

    # === RESCHEDULING === #

    def test_a_rescheduled_plan_keeps_its_rows_and_hands_on_its_balance(self):
        plan = self._third_paid()
        longer = self._terms(name="12 at 6 %", method='annuity', count=12, interest_rate=6)
        new = plan._reschedule(longer, plan._day('2026-04-15'))
        self.assertRecordValues(plan, [{'state': 'rescheduled', 'amount_residual': 0.0, 'next_plan_ids': new.ids}])
        self.assertEqual(len(plan.line_ids), 7)
        self.assertRecordValues(new, [{'state': 'active', 'price': 490.6, 'previous_plan_id': plan.id}])
        self.assertEqual(new.amount_residual, new.total)
        self.assertEqual(self._balance('installment_transfer_account_id', plan | new), 0.0)
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)
        self.assertEqual(self._balance(DEFERRED, new), -new.cost)
        self.assertBalanced(plan | new)

    def test_the_reschedule_wizard_shows_the_new_schedule(self):
        plan = self._third_paid()
        wizard = self.env['installment.reschedule'].create({
            'plan_id': plan.id, 'terms_id': self.free.id, 'day': '2026-04-15'})
        self.assertRecordValues(wizard, [{'amount': 490.6, 'cost': 0.0, 'problem': ''}])
        action = wizard.action_confirm()
        self.assertEqual(self.env['installment.plan'].browse(action['res_id']).previous_plan_id, plan)

    def test_a_skipped_month_moves_the_due_dates_only(self):
        plan = self._third_paid()
        plan.action_skip()
        lines = plan.line_ids.sorted('number')[4:]
        self.assertEqual([str(line.date_maturity) for line in lines], ['2026-06-15', '2026-07-15', '2026-08-15'])
        self.assertEqual([str(line.date_due) for line in lines], ['2026-05-15', '2026-06-15', '2026-07-15'])
        self.assertEqual(plan.total, 1056.41)
        self.assertBalanced(plan)

    def test_a_skipped_month_keeps_the_day_that_was_agreed(self):
        """The 31st, though only the installment of February is left; own days of a plan stay as they are."""
        plan = self._sold(self._terms(name="31st", count=2, first_due='day_of_month', due_day=31))
        self._pay(plan, 500, '2026-01-31')
        february = plan.line_ids.filtered(lambda line: line.number == 2)
        for day in ('2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'):
            self.assertEqual(str(february.date_maturity), day)
            plan.action_skip()
        travel = self._sold(self._terms(name="Travel", method='custom', row_ids=[
            (0, 0, {'kind': 'amount', 'value': 100, 'date': '2026-02-10'}),
            (0, 0, {'kind': 'rest', 'date': '2026-06-30'}),
        ]))
        travel.action_skip()
        self.assertEqual(
            [str(line.date_maturity) for line in travel.line_ids.sorted('number')], ['2026-03-10', '2026-07-30'])

    def test_income_waits_as_long_as_a_skipped_month(self):
        plan = self._third_paid()
        plan.action_skip()
        waiting = plan.line_ids.filtered(lambda line: line.number == 4)
        for day, is_due in (('2026-05-20', False), ('2026-06-15', True)):
            self.assertEqual(waiting in waiting.search(waiting._recognition_domain(day)), is_due)
        waiting._recognise()
        self.assertEqual(str(waiting.recognition_move_ids.date), '2026-06-15')
        plan.action_skip()
        plan.action_settle('2026-07-01')
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)

    def test_an_installment_paid_in_part_is_not_skipped(self):
        plan = self._third_paid()
        self._pay(plan, 10)
        with self.assertRaisesRegex(UserError, "paid in part"):
            plan.action_skip()

    # === CANCELLATION === #

    def test_a_cancelled_plan_pays_everything_back(self):
        plan = self._third_paid()
        plan.line_ids.filtered('earned').sorted('number')[:3]._recognise()
        plan.action_cancel()
        self.assertRecordValues(plan, [{'state': 'cancelled', 'amount_residual': 0.0}])
        self.assertEqual((self._balance(DEFERRED, plan), self._balance(INCOME, plan)), (0.0, 0.0))
        credit = plan.move_ids.filtered(lambda move: move.installment_role == 'credit')
        self.assertEqual(credit.amount_residual, 543.21)
        self.assertEqual(set(plan.line_ids.mapped('state')), {'cancelled'})
        self.assertBalanced(plan)

    def test_what_stays_by_the_terms_is_charged(self):
        plan = self._third_paid(cancel_policy='keep_percent', cancel_percent=10)
        plan.action_cancel()
        credit = plan.move_ids.filtered(lambda move: move.installment_role == 'credit')
        charge = plan.move_ids.filtered(lambda move: move.installment_role == 'charge')
        self.assertRecordValues(charge, [{'amount_total': 54.32, 'amount_residual': 0.0}])
        self.assertEqual(credit.amount_residual, 488.89)

    def test_the_down_payment_stays_by_the_terms(self):
        self.free.write({'deposit_type': 'percent', 'deposit_value': 20, 'cancel_policy': 'keep_deposit'})
        plan = self._sold(self.free)
        self._pay(plan, 300)
        plan.action_cancel()
        charge = plan.move_ids.filtered(lambda move: move.installment_role == 'charge')
        self.assertEqual(charge.amount_total, 200.0)

    def test_cancelling_twice_changes_nothing(self):
        plan = self._third_paid()
        plan.action_cancel()
        moves = plan.move_ids
        plan.action_cancel()
        self.assertEqual(plan.move_ids, moves)

    def test_an_ended_plan_cannot_be_changed(self):
        plan = self._third_paid()
        plan.action_cancel()
        for change in (plan.action_skip, plan.action_settle, lambda: plan.quote_payoff('2026-04-15')):
            with self.assertRaisesRegex(UserError, "not active any more"):
                change()

    def test_only_a_manager_changes_a_plan(self):
        plan = self._sold(self.free)
        clerk = self._user('clerk', 'installment_sales.group_installment_user', company_ids=[Command.set(
            self.company.ids)], company_id=self.company.id)
        for change in ('action_settle', 'action_call_due', 'action_skip', 'action_cancel'):
            with self.assertRaises(AccessError):
                getattr(plan.with_user(clerk), change)()
