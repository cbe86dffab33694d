"""The life of a plan: paid off early, called due, rescheduled, one month skipped."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo import fields, models
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..rules.settlement import Payoff, payoff, skip


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    # === QUOTES === #

    def quote_payoff(self, day: str) -> list[dict]:
        """Tell what ends active plans on a day.

        :param day: the day of the payment, as 2025-12-31.
        :return: one dict a plan with its `name`, the `amount` to pay, and as parts of it `outstanding`, `overdue`,
            `accrued`, `unearned` (interest and fees not due), `compensation`, `credit` and `late` (what paying late
            costs until then), in the plan's currency.
        :raises UserError: if a plan is not active or starts after the day.
        """
        self.check_access('read')
        quotes = [(plan, plan._payoff(fields.Date.to_date(day))) for plan in self]
        names = ('amount', 'outstanding', 'overdue', 'accrued', 'unearned', 'compensation', 'credit', 'late')
        return [{'name': plan.name, **{name: float(getattr(quote, name)) for name in names}} for plan, quote in quotes]

    def _payoff(self, day: date, with_compensation: bool = True) -> Payoff:
        self.ensure_one()
        self._check_open()
        rows, open_amounts = self._rows_and_open()
        names = ('compensation_percent', 'compensation_short_percent')
        shares = [self._agreed(name) if with_compensation else 0.0 for name in names]
        try:
            quote = payoff(
                rows, open_amounts, self.date_start, day, self.currency_id.decimal_places,
                day_count=self._agreed('day_count') or 'period', yearly_rate=to_decimal(self.interest_rate) / 100,
                compensation=tuple(to_decimal(share) / 100 for share in shares),
            )
        except RuleError as error:
            why_not = self.terms_id._why_not(error, self.currency_id)
            raise UserError(self.env._("%(plan)s: %(problem)s", plan=self.name, problem=why_not)) from error
        at_start = self.line_ids.filtered(lambda line: not line.number)
        return replace(
            quote, late=self._late_until(day),
            outstanding=quote.outstanding + sum((line._open_amount() for line in at_start), Decimal(0)),
        )

    def _check_open(self) -> None:
        for plan in self:
            if plan.state != 'active' or any(invoice.state != 'posted' for invoice in plan._invoices()):
                raise UserError(plan.env._(
                    "%(plan)s is not active any more, so nothing can be changed in it.", plan=plan.name,
                ))

    def _check_manager(self) -> None:
        """Only those who may change a plan go on; its bookkeeping then follows with all rights."""
        if not self.env.su and not self.env.user.has_group('installment_sales.group_installment_manager'):
            raise AccessError(self.env._("Only an installment manager changes a plan that runs."))
        self.check_access('read')

    # === EARLY PAYOFF, CALL === #

    def action_settle(self, day: str | None = None) -> bool:
        """End active plans early: what is not earned is credited, the rest falls due that day.

        Plans paid off early before are left as they are.

        :param day: as 2025-12-31; None for today.
        :raises UserError: if a plan is not active.
        """
        self._check_manager()
        for plan in self.filtered(lambda plan: plan.closing != 'settled'):
            # sudo: credit note and income entry follow from the decision of a manager
            plan.sudo()._settle(plan._day(day), 'settled')
        return True

    def action_call_due(self, reason: str = '') -> bool:
        """Call active plans due today, such as after a reminder without result. Others are left as they are.

        Interest and fees for the time to come are given back.
        """
        self._check_manager()
        for plan in self.filtered(lambda plan: plan.state == 'active'):
            plan.sudo()._settle(plan._day(), 'called', reason)  # sudo: as above
        return True

    def _day(self, day: str | date | None = None) -> date:
        return fields.Date.to_date(day) or self.company_id._service_today()

    def _settle(self, day: date, closing: str, reason: str = '') -> None:
        quote = self._payoff(day, with_compensation=closing == 'settled')
        if self.terms_id.late_charging == 'automatic':
            self.line_ids._charge_late(day, is_forced=True)
        self._bill_rest(day)
        plan = self._for_customer()
        self._credit(plan._prepare_unearned_lines(quote), day, plan.env._("Early end of %s", self.name))
        open_lines = self.line_ids.filtered('amount_residual').move_line_ids
        open_lines.filtered(lambda item: item.date_maturity > day).date_maturity = day
        self._close(closing, day, self.env._(
            "%(outstanding)s were open, %(credit)s are given back, %(amount)s are due on %(day)s. %(reason)s",
            outstanding=self._money(quote.outstanding), credit=self._money(quote.credit),
            amount=self._money(quote.amount), day=day, reason=reason,
        ))

    def _bill_rest(self, day: date) -> None:
        """Invoice at once what a plan would have invoiced later, so that it can fall due or be credited."""
        rest = self.line_ids.filtered(lambda line: not line.invoice_id)
        for line in rest:
            line.date_planned = min(line._planned(), max(day, self.date_start))
        self._bill(rest)

    def _prepare_unearned_lines(self, quote: Payoff) -> list[tuple]:
        """Return (name, amount, account field) of what a credit note gives back and what the seller keeps."""
        return [
            (self.env._("Interest and fees not due"), quote.unearned, 'installment_deferred_account_id'),
            (self.env._("Compensation for early payment"), -quote.compensation, 'installment_income_account_id'),
        ]

    def _close(self, closing: str, day: date, text: str) -> None:
        self._close_deferred(day, self.env._("Income of %s until its end", self.name))
        self.write({'closing': closing, 'closed_on': day})
        self._log(text)

    def _money(self, amount: Decimal) -> str:
        return self.currency_id.format(float(amount))

    # === CREDIT NOTES === #

    def _credit(self, parts: list[tuple], day: date, label: str) -> None:
        """Post a credit note without tax and take it off the installments, the last ones first."""
        if sum(amount for _name, amount, _account in parts) <= 0:
            return
        note = self.env['account.move'].create({
            **self._prepare_invoice_vals(day, label),
            'move_type': 'out_refund',
            'installment_role': 'credit',
            'invoice_line_ids': self._prepare_plain_lines(parts),
        })
        note.action_post()
        self._apply_to_last(note)

    def _prepare_invoice_vals(self, day: date, label: str) -> dict:
        invoice = self._invoices()[:1] or self.previous_plan_id._invoices()[:1]
        return {
            'move_type': 'out_invoice',
            'journal_id': invoice.journal_id.id,
            'partner_id': invoice.partner_id.id,
            'company_id': self.company_id.id,
            'currency_id': self.currency_id.id,
            'invoice_currency_rate': invoice.invoice_currency_rate,
            'invoice_date': day,
            'invoice_payment_term_id': False,
            'ref': label,
            'installment_plan_id': self.id,
        }

    def _prepare_plain_lines(self, parts: list[tuple]) -> list:
        return [
            Command.create({
                'name': name, 'quantity': 1, 'price_unit': float(amount), 'tax_ids': False,
                'account_id': self.company_id._installment_account(account).id,
            }) for name, amount, account in parts if amount
        ]

    def _apply_to_last(self, note) -> None:
        """Reconcile a credit note with the open installments, the last ones first."""
        credit = note.line_ids.filtered(lambda item: item.display_type == 'payment_term')
        for line in self.line_ids.filtered('amount_residual').sorted('number', reverse=True):
            if all(credit.mapped('reconciled')):
                return
            receivable = line.move_line_ids.filtered(lambda item: not item.reconciled)
            (credit.filtered(lambda item: not item.reconciled) + receivable).reconcile()

    # === RESCHEDULING === #

    def _reschedule(self, terms, day: date):
        """Close a plan at its payoff amount and open a new one on other terms; every old row is kept.

        :return: the new installment.plan
        """
        self._check_manager()
        plan_sudo = self.sudo()  # sudo: invoice, credit note and the new plan follow from the decision
        quote = plan_sudo._payoff(day, with_compensation=False)
        offer_made, problem = terms._try(lambda: terms._offer(quote.balance, Decimal(0), day))
        if problem:
            raise UserError(problem)
        plan_sudo._bill_rest(day)
        told = plan_sudo._for_customer()
        plan_sudo._credit([
            *told._prepare_unearned_lines(quote),
            (told.env._("Balance taken over by a new plan"), quote.balance, 'installment_transfer_account_id'),
        ], day, told.env._("Rescheduling of %s", self.name))
        new_sudo = plan_sudo._open_next(terms, offer_made)
        new_sudo._close_transfer(day)
        plan_sudo._close('rescheduled', day, self.env._(
            "%(amount)s are taken over by %(plan)s.", amount=plan_sudo._money(quote.balance), plan=new_sudo.name,
        ))
        return new_sudo.sudo(self.env.su)

    def _open_next(self, terms, offer_made):
        """Return the plan that takes over the balance, with its invoice."""
        order = self.sale_order_id
        plan = self.create({
            **terms._prepare_plan_vals(offer_made, order, self.partner_id),
            'company_id': self.company_id.id, 'previous_plan_id': self.id, 'user_id': self.user_id.id,
        })
        if plan.invoicing == 'each':
            plan._bill_at_start()
            return plan
        label = self._for_customer().env._("Balance of %s", self.name)
        lines = self._prepare_plain_lines([(label, offer_made.price, 'installment_transfer_account_id')])
        self.env['account.move'].create({
            **self._prepare_invoice_vals(offer_made.start, plan.name),
            'installment_plan_id': plan.id,
            'installment_role': 'sale',
            'installment_line_ids': [Command.set(plan.line_ids.ids)],
            'invoice_line_ids': [*lines, *plan._prepare_charge_lines(plan.line_ids)],
        }).action_post()
        return plan

    def action_skip(self) -> bool:
        """Let the next installment of active plans wait one period; all later ones follow. Amounts stay.

        :raises UserError: if a plan is not active, or its next installment has been paid in part.
        """
        self._check_manager()
        self._check_open()
        for plan in self:
            plan.sudo()._skip_next()  # sudo: due dates of posted receivables
        return True

    def _due_anchor(self) -> int:
        """Return the day of the month on which installments were agreed to fall due, 0 for days of their own.

        Read from all of them: those that are left may stand in short months only.
        """
        if self.terms_id.method == 'custom':
            return 0
        return max(line.date_due.day for line in self.line_ids if line.number)

    def _skip_next(self) -> None:
        waiting = self.line_ids.filtered(lambda line: line.number and line.amount_residual).sorted('number')
        if self.currency_id.compare_amounts(waiting[:1].amount_residual, waiting[:1].amount):
            raise UserError(self.env._(
                "%s has been paid in part, so it cannot be skipped. Skip the next one.", waiting[:1].label,
            ))
        rows = skip([line._row() for line in waiting], waiting[0].number, self.terms_id._interval(), self._due_anchor())
        for line, row in zip(waiting, rows, strict=True):
            line.date_planned = row.due
            line.move_line_ids.date_maturity = row.due
        self._log(self.env._("%(label)s and all later installments wait one period.", label=waiting[0].label))
