"""Payments of several receivables at once, and the first payment of a contract: what was chosen is what gets paid."""

import re

from odoo import api, fields, models
from odoo.fields import Command

LOCAL = re.compile(r'/(?![/\\])[^\x00-\x20]*')
"""An address of this site: browsers read // and /\\ as another one, and skip tabs and line ends."""


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    receivable_line_ids = fields.Many2many(
        'account.move.line', 'payment_transaction_receivable_rel', 'transaction_id', 'line_id', "Receivables",
        readonly=True, copy=False, help="What the customer chose to pay; empty: the invoices as a whole.",
    )

    _partner_index = models.Index("(partner_id)")
    _payment_index = models.Index("(payment_id) WHERE payment_id IS NOT NULL")

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS payment: where a customer goes after a payment comes from the browser, and stays on this site (G11)
        for vals in vals_list:
            if vals.get('landing_route'):
                vals['landing_route'] = self._local_route(vals['landing_route'])
        return super().create(vals_list)

    def _local_route(self, route) -> str:
        """Return an address of this site without its host, /my for every other address."""
        path = str(route).removeprefix(self.get_base_url())
        return path if LOCAL.fullmatch(path) else '/my'

    def _on_their_way(self):
        """Return the transactions that may still pay, or have paid and are not booked yet."""
        return self.filtered(lambda tx: tx.operation not in ('refund', 'validation') and (
            tx.state in ('pending', 'authorized')
            or tx.state == 'done' and not tx.payment_id and not tx.is_post_processed
            or tx.state == 'draft' and tx.operation == 'offline'  # a charge that is sent without the customer
        ))

    # === THE FIRST PAYMENT OF A CONTRACT === #

    def _check_amount_and_confirm_order(self):
        # EXTENDS sale: only what is signed becomes a contract; then what is due is billed, so that it gets paid
        unsigned = self.filtered(lambda tx: any(
            order.is_online_contract and order._has_to_be_signed() for order in tx.sale_order_ids))
        confirmed = super(PaymentTransaction, self - unsigned)._check_amount_and_confirm_order()
        for transaction in self.filtered(lambda tx: tx.state == 'done'):
            transaction._pay_first_charges()
        return confirmed

    def _pay_first_charges(self) -> None:
        """Let the payment settle what contracts that were begun online charge at once, and keep its card for them."""
        orders = self.sale_order_ids.filtered(lambda order: order.is_online_contract and order.state == 'sale')
        if orders and self._paid_before():
            return  # paid twice: it stays a credit
        receivables = orders._bill_first_charges()
        if receivables:
            self.write({
                'invoice_ids': [Command.set(receivables.move_id.ids)],
                'receivable_line_ids': [Command.set(receivables.ids)],
            })
        if self.token_id:
            orders.service_contract_ids._agree_to_card(self.token_id)

    def _invoice_sale_orders(self):
        # EXTENDS sale: what is due of contracts that were begun online is billed already
        online = self.filtered(lambda tx: any(tx.sale_order_ids.mapped('is_online_contract')))
        return super(PaymentTransaction, self - online)._invoice_sale_orders()

    # === CHOSEN RECEIVABLES === #

    def _create_payment(self, **extra_create_values):
        # EXTENDS account_payment: settle the chosen receivables first, not simply the oldest of their invoices
        payment = super()._create_payment(**extra_create_values)
        if self.receivable_line_ids:
            self._settle_chosen(payment)
        return payment

    def _settle_chosen(self, payment) -> None:
        """Reconcile a payment with the chosen receivables, by due date, then with the rest of their invoices.

        Of the first payment of a contract only what it is for: later invoices have their day.
        """
        credit = payment.move_id.line_ids.filtered(lambda line: line.account_id == payment.destination_account_id)
        credit.remove_move_reconcile()
        others = self.invoice_ids.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        if self._paid_before():
            others = self.receivable_line_ids  # what is paid twice stays a credit
        by_date = [*self.receivable_line_ids.sorted(_by_due_date), *(others - self.receivable_line_ids).sorted(
            _by_due_date)]
        if self.sale_order_ids:  # an installment takes all that is left for its plan, so it comes last
            by_date = self.receivable_line_ids.sorted(lambda line: (bool(line.installment_line_id), line.id))
        for line in by_date:
            if credit.reconciled:
                return
            if line.account_id == credit.account_id and not line.reconciled:
                (line + credit).reconcile()


def _by_due_date(line):
    return line.date_maturity, line.id
