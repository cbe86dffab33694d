"""The books of a financed sale: the provider owes what was financed, pays it less its fee, or gets it back."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class InstallmentFinancingApplication(models.Model):
    _inherit = 'installment.financing.application'

    def _fund_or_tell(self) -> None:
        """Confirm the order, or ask for its deposit first; what stops it is for a person, the approval stands."""
        if self.order_id._waits_for_deposit():
            self.order_id._ask_for_deposit()
            return
        try:
            with self.env.cr.savepoint():
                self._fund()
        except UserError as error:
            self.env.invalidate_all(flush=False)
            self._tell(self.env._("%s is approved, its order could not be confirmed", self.name), str(error))

    def _fund(self) -> None:
        """Confirm the order of an approved application, invoice it and let the provider owe; done once."""
        if self.order_id.state in ('draft', 'sent'):
            self.order_id.with_company(self.company_id)._validate_order()
        elif not self.invoice_id:
            self._book()

    def _book(self) -> None:
        """Post the invoice of the order and move what is financed to the provider."""
        if self.invoice_id:
            return
        self.order_id._force_lines_to_invoice_policy_order()
        invoice = self.order_id._create_invoices()
        invoice.write({'invoice_payment_term_id': False, 'invoice_date': self.company_id._service_today()})
        invoice.action_post()
        self.invoice_id = invoice
        self.assignment_id = self.env['account.move'].create(self._prepare_assignment_vals())
        self.assignment_id.action_post()
        owed = invoice.line_ids.filtered(lambda item: item.display_type == 'payment_term')
        (owed | self.assignment_id.line_ids.filtered(lambda item: item.credit)).reconcile()

    def _prepare_assignment_vals(self) -> dict:
        """Return the entry: the provider owes, the customer does not any more."""
        invoice, provider = self.invoice_id, self.provider_id.with_company(self.company_id)
        customer = invoice.line_ids.filtered(lambda item: item.display_type == 'payment_term')[:1]
        balance = self.currency_id._convert(
            self.amount, self.company_id.currency_id, self.company_id, invoice.invoice_date)
        label = self.env._("%(order)s is financed by %(provider)s", order=self.order_id.name, provider=provider.name)
        sides = [
            (provider.partner_id.property_account_receivable_id, provider.partner_id, 1),
            (customer.account_id, customer.partner_id, -1),
        ]
        return {
            'move_type': 'entry',
            'journal_id': self.company_id._installment_journal().id,
            'company_id': self.company_id.id,
            'date': invoice.invoice_date,
            'ref': f'{self.name} {label}',
            'line_ids': [
                Command.create({
                    'name': label, 'account_id': account.id, 'partner_id': partner.id,
                    'currency_id': self.currency_id.id, 'amount_currency': sign * self.amount,
                    'balance': sign * balance, 'date_maturity': invoice.invoice_date,
                }) for account, partner, sign in sides
            ],
        }

    # === PAYOUT === #

    def _take_payout(self, amount: float, fee: float) -> None:
        """Record what the provider paid; its fee is booked when both make up what it owes, else the rest stays open."""
        if self.state == 'approved' and not self.assignment_id:
            self._tell(self.env._("%s was paid out, but its order is not confirmed", self.name), '')
            return
        if not self._move('paid'):
            return
        difference = self.amount - amount
        is_complete = self.currency_id.compare_amounts(difference, fee) == 0
        self.payment_id = self._register_payout(amount, fee if is_complete else 0.0)
        if not is_complete:
            self._tell(self.env._("%s was not paid out in full", self.name), self.env._(
                "%(amount)s came, with a fee of %(fee)s; %(owed)s were financed.",
                amount=self.currency_id.format(amount), fee=self.currency_id.format(fee),
                owed=self.currency_id.format(self.amount),
            ))

    def _register_payout(self, amount: float, fee: float):
        claim = self.assignment_id.line_ids.filtered(lambda item: item.debit)
        wizard = self.env['account.payment.register'].with_context(
            active_model='account.move.line', active_ids=claim.ids,
        ).create({
            'amount': amount,
            'payment_date': fields.Date.context_today(self),
            'journal_id': self.provider_id._payout_journal().id,
            'communication': self.name,
            **({'payment_difference_handling': 'reconcile', 'writeoff_account_id': self.provider_id._fee_account().id,
                'writeoff_label': self.env._("Fee of %s", self.provider_id.name)} if fee else {}),
        })
        return wizard._create_payments()

    # === TAKING BACK === #

    def _take_back(self) -> None:
        """Credit the invoice and owe the provider what it paid, if it did."""
        label, today = self.env._("Cancellation of %s", self.name), self.company_id._service_today()
        if self.assignment_id:
            self.assignment_id._reverse_moves([{'date': today, 'ref': label}], cancel=True)
        if self.invoice_id:
            note = self.invoice_id._reverse_moves([{'date': today, 'invoice_date': today, 'ref': label}])
            note.action_post()
            (self.invoice_id | note).line_ids.filtered(
                lambda item: item.display_type == 'payment_term' and not item.reconciled).reconcile()
        was_granted = self.state != 'queued'
        self._move('cancelled')
        if was_granted:
            self._tell(label, self.env._("Tell %s that the sale is cancelled.", self.provider_id.name))
