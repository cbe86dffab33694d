"""One payment of a document at a time: what was begun before is given up, and what is paid twice becomes a credit."""

from odoo import api, fields, models
from odoo.fields import Domain

BEGUN_BY_CUSTOMER = ('online_direct', 'online_redirect')


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    replaced_on = fields.Datetime(
        "Given up on", readonly=True, copy=False,
        help="The customer began another payment instead. If this one is paid all the same, it is booked.",
    )

    # === BEGUN === #

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS payment: who begins to pay gives up what was begun before and not finished, in whatever browser
        transactions = super().create(vals_list)
        for transaction in transactions.filtered(lambda tx: tx.operation in BEGUN_BY_CUSTOMER):
            transaction._wait_for_others()
            transaction._others('draft').filtered(lambda tx: tx.operation in BEGUN_BY_CUSTOMER)._give_up()
        return transactions

    def _wait_for_others(self) -> None:
        """Let a payment of the same documents that begins at this moment wait for this one, and see it."""
        lines = self.invoice_ids.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        if lines:
            lines._begin_to_pay()
        if self.sale_order_ids:
            self.sale_order_ids.online_payment_on = fields.Datetime.now()
            self.sale_order_ids.flush_recordset(['online_payment_on'])

    def _others(self, state: str):
        """Return the other transactions in a state that pay the same invoices or orders."""
        documents = Domain('invoice_ids', 'in', self.invoice_ids.ids) | Domain(
            'sale_order_ids', 'in', self.sale_order_ids.ids)
        return self.search(documents & Domain('id', 'not in', self.ids) & Domain('state', '=', state))

    def _give_up(self) -> None:
        """Cancel payments that were begun; the provider may still tell that one was paid."""
        self.replaced_on = fields.Datetime.now()
        self._set_canceled(state_message=self.env._("Another payment was begun instead."))

    # === PAID ALL THE SAME === #

    def _set_pending(self, *, extra_allowed_states=(), **more):
        # EXTENDS payment: the word of the provider counts, also about a payment that was given up
        return super()._set_pending(extra_allowed_states=extra_allowed_states + self._revived(), **more)

    def _set_authorized(self, *, extra_allowed_states=(), **more):
        # EXTENDS payment: as above
        return super()._set_authorized(extra_allowed_states=extra_allowed_states + self._revived(), **more)

    def _set_done(self, *, extra_allowed_states=(), **more):
        # EXTENDS payment: as above; money that came is booked
        return super()._set_done(extra_allowed_states=extra_allowed_states + self._revived(), **more)

    def _revived(self) -> tuple:
        """Return the state that payments given up may leave again; they are to be booked then."""
        given_up = self.filtered(lambda tx: tx.state == 'cancel' and tx.replaced_on)
        given_up.is_post_processed = False
        return ('cancel',) if given_up and given_up == self else ()

    def _paid_before(self):
        """Return the other payments of the same documents that went through."""
        return self._others('done').filtered(lambda tx: tx.operation not in ('refund', 'validation'))

    def _post_process(self):
        # EXTENDS payment: what was paid twice stays as credit of the customer, and a person decides about it
        super()._post_process()
        for transaction in self.filtered(lambda tx: tx.state == 'done' and tx.payment_id):
            earlier = transaction._paid_before()
            if earlier and transaction._is_too_much():
                transaction._report_double(earlier)

    def _is_too_much(self) -> bool:
        """Tell whether all is paid that a transaction was for, and something of its money is left."""
        credit = self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == self.payment_id.destination_account_id)
        if not credit or self.currency_id.is_zero(sum(credit.mapped('amount_residual_currency'))):
            return False
        if self.invoice_ids:
            return not any(self.invoice_ids.mapped('amount_residual'))
        return any(order.is_online_contract or order.amount_paid > order.amount_total for order in self.sale_order_ids)

    def _report_double(self, earlier) -> None:
        """Ask a person to pay back or to keep what was paid twice."""
        document = self.sale_order_ids[:1] or self.invoice_ids[:1]
        manager = self.env.ref('customer_portal_ext.group_desk_manager').sudo().all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids)[:1]  # sudo: a webhook has no rights
        document.activity_schedule(
            'mail.mail_activity_data_todo', user_id=(document.user_id or manager or self.env.user).id,
            summary=self.env._("%s is paid twice", document.name),
            note=self.env._(
                "%(second)s paid %(amount)s that %(first)s had paid already. It is kept as credit of %(customer)s."
                " Pay it back with Refund on payment %(payment)s, or leave it for the next invoice.",
                second=self.reference, amount=self.currency_id.format(self.amount), customer=self.partner_id.name,
                first=', '.join(earlier.mapped('reference')), payment=self.payment_id.name),
        )
