"""What may happen to the invoice of a plan from outside: corrected by the plan, never behind its back."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import InstallmentCase

DEFERRED = 'installment_deferred_account_id'
TRANSFER = 'installment_transfer_account_id'


@tagged('post_install', '-at_install')
class TestPlanGuards(InstallmentCase):

    def _credit_note(self, plan, price=None):
        """Return the draft that the wizard makes of the plan's invoice, of the goods alone for a price."""
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=plan.invoice_id.ids,
        ).create({'journal_id': plan.invoice_id.journal_id.id})
        note = self.env['account.move'].browse(wizard.reverse_moves()['res_id'])
        if price:
            account = self.company[DEFERRED]
            note.invoice_line_ids.filtered(lambda line: line.account_id == account).unlink()
            note.invoice_line_ids.price_unit = price
        return note

    def test_a_credit_note_does_not_end_a_plan(self):
        for terms in (self.annuity, self.free):
            note = self._credit_note(self._sold(terms))
            with self.assertRaisesRegex(UserError, "Cancel plan"):
                note.action_post()

    def test_the_price_may_be_lowered_by_a_credit_note(self):
        plan = self._sold(self.annuity)
        note = self._credit_note(plan, 100)
        note.action_post()
        self.assertRecordValues(note, [{'installment_plan_id': plan.id, 'installment_role': 'credit'}])
        self.assertEqual(plan.amount_residual, 926.41)
        self.assertBalanced(plan)
        plan.action_settle('2026-07-15')
        self.assertEqual((plan.amount_residual, self._balance(DEFERRED, plan)), (926.41, 0.0))

    def test_what_was_credited_before_is_not_paid_back_when_the_plan_is_cancelled(self):
        plan = self._sold(self.annuity)
        self._credit_note(plan, 100).action_post()
        self._pay(plan, 200)
        plan.action_cancel()
        self.assertEqual(self._owed(plan), 200.0)
        self.assertEqual(self._balance(DEFERRED, plan), 0.0)
        self.assertBalanced(plan)

    def test_the_invoice_of_a_running_plan_is_neither_cancelled_nor_deleted(self):
        invoice = self._sold(self.annuity).invoice_id
        for change in (invoice.button_cancel, lambda: (invoice.button_draft(), invoice.unlink())):
            with self.assertRaisesRegex(UserError, "Cancel the plan instead"), self.cr.savepoint():
                change()

    def test_another_tax_is_another_agreement(self):
        invoice = self._sold(self.free, product=self.course).invoice_id
        invoice.button_draft()
        invoice.invoice_line_ids.tax_ids = [Command.clear()]
        with self.assertRaisesRegex(UserError, "the customer agreed to"):
            invoice.action_post()

    # === PLANS THAT GO ON IN OTHERS === #

    def _owed(self, plans):
        """Return what the customer has to get back, over all entries of plans."""
        items = plans.move_ids.line_ids.filtered(lambda item: item.account_id.account_type == 'asset_receivable')
        return -round(sum(items.mapped('amount_residual_currency')), 2)

    def _rescheduled_twice(self, plan):
        longer = self.annuity.copy({'count': 9, 'interest_rate': 5, 'fee_fixed': 7})
        second = plan._reschedule(longer, plan._day('2026-02-01'))
        return plan | second | second._reschedule(longer.copy({'method': 'equal_principal'}), plan._day('2026-04-01'))

    def test_a_plan_rescheduled_twice_is_taken_back_to_the_sale(self):
        self.annuity.write({'fee_fixed': 30, 'cancel_policy': 'keep_percent', 'cancel_percent': 10})
        plan = self._sold(self.annuity, product=self.course)
        self._pay(plan, 201.07)
        plans = self._rescheduled_twice(plan)
        last = plans[-1]
        self._pay(last, 99)
        last.line_ids.sorted('number')[1]._recognise()
        last.action_cancel('2026-06-01')
        self.assertEqual(self._owed(plans), 270.06)
        for account in (DEFERRED, TRANSFER):
            self.assertEqual(self._balance(account, plans), 0.0)
        sold = plans.move_ids.line_ids.filtered(lambda item: item.product_id or item.tax_line_id)
        self.assertAlmostEqual(sum(sold.mapped('balance')), 0.0)
        self.assertBalanced(plans)

    def test_the_balance_handed_on_ends_at_zero_in_another_currency(self):
        currency = self.setup_other_currency('KRW', rates=[('2020-01-01', 163.7)])
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': currency.id})
        for price in (100001, 99999, 77777):
            self.annuity = self._terms(method='annuity', name="6", interest_rate=9, fee_fixed=30,
                                       currency_id=currency.id)
            plans = self._rescheduled_twice(self._sold(self.annuity, pricelist_id=pricelist.id, price=price))
            self.assertEqual(self._balance(TRANSFER, plans), 0.0)
            plans[-1].action_cancel('2026-06-01')
            self.assertEqual((self._balance(TRANSFER, plans), self._balance(DEFERRED, plans)), (0.0, 0.0))

    # === WHAT WAS AGREED HOLDS === #

    def test_later_changes_of_the_terms_do_not_reach_an_agreement(self):
        self.annuity.write({'fee_fixed': 30, 'deposit_type': 'percent', 'deposit_value': 20})
        plan = self._sold(self.annuity)
        before = plan.quote_payoff('2026-03-01')
        self.annuity.write({
            'cancel_policy': 'keep_deposit', 'compensation_percent': 1, 'compensation_short_percent': 1,
            'day_count': '30_360', 'auto_charge': True,
        })
        self.assertEqual(plan.quote_payoff('2026-03-01'), before)
        self.assertFalse(plan._agreed('auto_charge'))
        self._pay(plan, 230)
        plan.action_cancel()
        self.assertEqual(self._owed(plan), 230.0)
