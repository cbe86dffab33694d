"""Payments of several receivables at once: what the customer chose is what gets paid."""

from odoo import fields, models


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    receivable_line_ids = fields.Many2many(
        'account.move.line', 'payment_transaction_receivable_rel', 'transaction_id', 'line_id', "Receivables",
        readonly=True, copy=False, help="What the customer chose to pay; empty: the invoices as a whole.",
    )

    _partner_index = models.Index("(partner_id)")
    _payment_index = models.Index("(payment_id) WHERE payment_id IS NOT NULL")

    def _create_payment(self, **extra_create_values):
        # EXTENDS account_payment: settle the chosen receivables first, not simply the oldest of their invoices
        payment = super()._create_payment(**extra_create_values)
        if self.receivable_line_ids:
            self._settle_chosen(payment)
        return payment

    def _settle_chosen(self, payment) -> None:
        """Reconcile a payment with the chosen receivables, by due date, then with the rest of their invoices."""
        credit = payment.move_id.line_ids.filtered(lambda line: line.account_id == payment.destination_account_id)
        credit.remove_move_reconcile()
        others = self.invoice_ids.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        by_date = [*self.receivable_line_ids.sorted(_by_due_date), *(others - self.receivable_line_ids).sorted(
            _by_due_date)]
        for line in by_date:
            if credit.reconciled:
                return
            if line.account_id == credit.account_id and not line.reconciled:
                (line + credit).reconcile()


def _by_due_date(line):
    return line.date_maturity, line.id
