"""Carts that became contracts: what is due at once is billed, and the customer is told what both sides owe."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

PAYMENTS_TOLD = 8


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    has_payment_to_come = fields.Boolean(compute='_compute_has_payment_to_come')

    @api.depends('transaction_ids.state')
    def _compute_has_payment_to_come(self):
        for order in self:
            # sudo: a salesperson sees that a transfer is waited for, not the transaction
            pending = any(transaction.state == 'pending' for transaction in order.sudo().transaction_ids)
            order.has_payment_to_come = order.is_online_contract and pending

    # === ACTIONS === #

    def action_payment_arrived(self) -> bool:
        """Take down that the transfers that orders wait for have arrived: they are confirmed, billed and paid.

        Calling it twice changes nothing.

        :raises AccessError: without the right to book payments.
        """
        if not self.env.user.has_group('account.group_account_invoice'):
            raise AccessError(self.env._("Whoever takes down that money has arrived must have the right to invoice."))
        self.check_access('write')
        # sudo: transactions are written by nobody directly
        waiting_sudo = self.sudo().transaction_ids.filtered(lambda transaction: transaction.state == 'pending')
        waiting_sudo._set_done()
        waiting_sudo._post_process()
        return True

    # === FIRST BILLS === #

    def _bill_first_charges(self):
        """Bill what confirmed orders charge at once, each charge once; return the receivables that are due now."""
        plans = self.installment_plan_ids
        moves = self._bill_services() | self._bill_products()
        at_once = plans.line_ids.filtered(lambda line: line.date_due <= line.plan_id.date_start).move_line_ids
        due = at_once | moves.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        return due.filtered(lambda line: line.parent_state == 'posted' and not line.reconciled)

    def _bill_services(self):
        """Bill what the contracts charge up to today; return all they were billed so far."""
        contracts = self.service_contract_ids
        for company, group in contracts.grouped('company_id').items():
            today = company._service_today()
            due = group.filtered(
                lambda contract, today=today: contract.state == 'active' and contract.next_charge_date
                and contract.next_charge_date <= today)
            if due:
                self.env['service.billing.run'].sudo().create({  # sudo: the first bill follows from the payment
                    'company_id': company.id, 'date': today, 'trigger': 'api',
                    'contract_ids': [Command.set(due.ids)],
                }).action_start()
        entries = self.env['service.billing.entry'].sudo().search([('contract_id', 'in', contracts.ids)])
        return entries.move_id

    def _bill_products(self):
        """Invoice the products that are not sold in installments; return their invoices."""
        for order in self.filtered(lambda order: not order.installment_plan_ids):
            order._force_lines_to_invoice_policy_order()
            if order._installment_lines().filtered('qty_to_invoice'):
                order._create_invoices(final=True).action_post()
        return self.invoice_ids.filtered(lambda move: move.state == 'posted' and not move.installment_plan_id)

    # === COMMITMENTS === #

    def _commitments(self) -> dict:
        """Return what both sides owe once an order is confirmed, for its last page and its mail.

        :return: ``services`` and ``products`` that the company delivers; ``paid``; ``payments`` to come, rows of
            ``date``, ``services``, ``amount``; ``is_cut`` if there are more; ``register_url`` or ''.
        """
        self.ensure_one()
        promised = self.service_contract_ids._promises()
        payments = sorted(promised['charges'] + self._installments_owed(), key=lambda row: row['date'])
        return {
            'services': promised['services'], 'products': self._installment_lines(), 'paid': self.amount_paid,
            'payments': payments[:PAYMENTS_TOLD], 'is_cut': len(payments) > PAYMENTS_TOLD,
            'register_url': self.with_context(relative_url=True)._register_url(),
        }

    def _installments_owed(self) -> list[dict]:
        """Return the installments that are open, in the form of other charges to come."""
        # sudo: the customer is told of the own plan
        lines = self.sudo().installment_plan_ids.line_ids.filtered(lambda line: line.amount_residual > 0)
        return [
            {'date': str(line._planned()), 'services': line.label or '', 'amount': line.amount_residual}
            for line in lines
        ]

    def _done_url(self) -> str:
        """Return the last page of the journey."""
        return f'/services/done/{self.id}?access_token={self._portal_ensure_token()}'

    def _register_url(self) -> str:
        """Return where a customer without a login chooses a password; '' for one with a login."""
        partner = self.partner_id.sudo()  # sudo: the token is made for the customer who reads this
        if not self.is_online_contract or partner.user_ids or self._is_nobodys():
            return ''
        partner.signup_prepare()
        return partner._get_signup_url()

    # === MAIL === #

    def _commitments_html(self):
        """Return what both sides owe, for the mail that confirms the order; nothing for a template that is checked."""
        if not self.ids:
            return ''
        order = self.with_context(lang=self.partner_id.lang or self.env.lang)
        return order.env['ir.qweb']._render('customer_portal_ext.order_commitments', {
            'order': order, 'base_url': order.get_base_url(), **order._commitments(),
        })

    def _get_confirmation_template(self):
        # EXTENDS website_sale: contracts tell what both sides owe
        if self.is_online_contract:
            return self.env.ref('customer_portal_ext.mail_template_contract_confirmed')
        return super()._get_confirmation_template()
