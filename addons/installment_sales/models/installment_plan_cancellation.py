"""A sale taken back: all of it is credited, and what stays with the seller by the agreement is charged."""

from datetime import date
from decimal import Decimal

from odoo import models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE
from odoo.addons.service_contracts.rules.money import round_money, to_decimal

from .account_move import BILLING_ROLES

TAKEN_BACK = (*BILLING_ROLES, 'credit')


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    def action_cancel(self, day: str | None = None) -> bool:
        """Take active plans back: the invoices are credited, what was paid is owed to the customer less what stays.

        A plan that goes on with the balance of another takes back the sale of that one, too. Cancelled plans are left
        as they are.

        :param day: date of the credit note, as 2025-12-31; None for today.
        :raises UserError: if a plan is not active.
        """
        self._check_manager()
        for plan in self.filtered(lambda plan: plan.closing != 'cancelled'):
            plan.sudo()._cancel(plan._day(day))  # sudo: credit note and charge follow from the decision
        return True

    def _cancel(self, day: date) -> None:
        self._check_open()
        plans = self._chain()
        taken_back = plans._take_back(day)
        kept = self._kept_on_cancellation(taken_back._owed_to_customer())
        if kept:
            self._charge(kept, taken_back, day)
        for plan in plans - self:
            plan._close_deferred(day, self.env._("Income of %s until its end", plan.name))
        self._close('cancelled', day, self.env._(
            "Cancelled. %(kept)s of what was paid stay with the seller.", kept=self._money(kept)))
        self._close_transfer(day)

    def _chain(self):
        """Return the plan and those whose balance it goes on with, newest first."""
        plans = plan = self
        while plan := plan.previous_plan_id:
            plans += plan
        return plans

    def _take_back(self, day: date):
        """Reverse the invoices and credit notes of plans; return the reversals, set off against what is open."""
        moves = self.move_ids.filtered(lambda move: move.installment_role in TAKEN_BACK and move.state == 'posted')
        reversals = moves._reverse_moves([{
            'invoice_date': day, 'date': day, 'installment_plan_id': move.installment_plan_id.id,
            'installment_role': 'credit', 'invoice_payment_term_id': False,
            'ref': self._for_customer().env._("Cancellation of %s", move.installment_plan_id.name),
        } for move in moves])
        reversals.with_context(service_gate=SERVICE_GATE).action_post()
        for items in reversals._open_receivables().grouped('account_id').values():
            items.reconcile()
        return reversals

    def _kept_on_cancellation(self, paid: Decimal) -> Decimal:
        """Return how much of what was paid the seller keeps, as agreed."""
        policy = self._agreed('cancel_policy')
        if policy == 'keep_deposit':
            return min(paid, to_decimal(self.currency_id.round(self._chain()[-1:].down_payment)))
        if policy == 'keep_percent':
            return round_money(paid * to_decimal(self._agreed('cancel_percent')) / 100, self.currency_id.decimal_places)
        return Decimal(0)

    def _charge(self, kept: Decimal, taken_back, day: date) -> None:
        """Invoice what stays with the seller, paid from the credit of the cancelled invoices."""
        label = self._for_customer().env._("Charge for cancelling %s", self.name)
        charge = self.env['account.move'].create({
            **self._prepare_invoice_vals(day, label),
            'installment_role': 'charge',
            'invoice_line_ids': self._prepare_plain_lines([(label, kept, 'installment_income_account_id')]),
        })
        charge.action_post()
        (charge + taken_back)._open_receivables().reconcile()


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _open_receivables(self):
        """Return the receivables of the entries that nothing is set off against."""
        return self.line_ids.filtered(
            lambda item: item.account_id.account_type == 'asset_receivable' and not item.reconciled)

    def _owed_to_customer(self) -> Decimal:
        """Return what the entries, of one currency, leave open in favour of the customer."""
        balance = sum(to_decimal(item.currency_id.round(item.amount_residual_currency))
                      for item in self._open_receivables())
        return max(Decimal(-balance), Decimal(0))
