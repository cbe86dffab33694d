"""Automatic charges of installments: the plan's stored card pays each on its due date."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

BATCH = 50


class InstallmentCharge(models.Model):
    _name = 'installment.charge'
    _inherit = ['card.charge.mixin']
    _description = "Automatic Charge"
    _order = 'id desc'

    line_id = fields.Many2one('installment.line', "Installment", required=True, readonly=True, ondelete='restrict')
    plan_id = fields.Many2one(related='line_id.plan_id', store=True, index=True)
    partner_id = fields.Many2one(related='line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')

    _one_open_charge = models.UniqueIndex(
        "(line_id) WHERE state IN ('claimed', 'unknown')", "A charge of this installment is still open.",
    )
    _number_is_unique = models.UniqueIndex("(line_id, number)", "This attempt has been made already.")

    @api.model
    def _find_due(self, today: date):
        return self.env['installment.line'].search(self._due_domain(today), limit=BATCH)

    @api.model
    def _due_domain(self, today: date) -> Domain:
        """Return which installments may be charged now."""
        is_good = Domain('plan_id.payment_token_id.expires_on', '=', False) | Domain(
            'plan_id.payment_token_id.expires_on', '>=', today)
        return (
            Domain('date_maturity', '<=', today) & Domain('amount_residual', '>', 0)
            & Domain('invoice_id.state', '=', 'posted')
            & Domain('plan_id.closing', '=', False) & Domain('plan_id.payment_token_id.active', '=', True) & is_good
            & Domain('charge_ids', 'not any', self._waiting_domain(today))
        )

    @api.model
    def _amount_of(self, line) -> float:
        return 0.0 if line in line._lines_in_process() else line.amount_residual

    @api.model
    def _card_of(self, line):
        return line.plan_id.payment_token_id

    @api.model
    def _invoices_of(self, line):
        return line.move_line_ids.move_id

    @api.model
    def _reference_of(self, line, number: int) -> str:
        return f'{line.label}-{number}'

    def _check_release(self) -> None:
        self.plan_id._check_manager()

    def _give_up(self, reason: str) -> None:
        self.plan_id.activity_schedule(
            'mail.mail_activity_data_todo', user_id=self.plan_id.user_id.id or self.env.uid,
            summary=self.env._("%s could not be charged", self.line_id.label), note=reason,
        )


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    charge_ids = fields.One2many('installment.charge', 'line_id', "Charges", readonly=True)


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    payment_token_id = fields.Many2one(
        'payment.token', "Charged to", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        groups='base.group_user', help="The stored card or account that pays the installments on their due dates.",
    )
    charge_ids = fields.One2many('installment.charge', 'plan_id', "Charges", readonly=True)

    def set_payment_token(self, token_id: int | None) -> bool:
        """Let a stored card or account of the customer pay the installments of plans from now on.

        :param token_id: database id of a payment.token; None to stop charging.
        :raises UserError: if the card belongs to somebody else.
        """
        self._check_manager()
        # sudo: cards are not for everybody, the manager may choose one of the customer
        token_sudo = self.env['payment.token'].sudo().browse(token_id).exists()
        for plan in self:
            customer = plan.partner_id.commercial_partner_id
            if token_sudo and token_sudo.partner_id.commercial_partner_id != customer:
                raise UserError(self.env._("This card does not belong to %s.", customer.name))
            plan.sudo()._use_token(token_sudo)  # sudo: decided by a manager
        return True

    def _needs_card(self) -> bool:
        """Tell whether the next card the customer stores should pay: there is none, or it is of no use any more."""
        token_sudo = self.sudo().payment_token_id  # sudo: the customer pays, the card is not shown
        soon = fields.Date.add(self._day(), days=30)
        return (
            not token_sudo.active or bool(token_sudo.expires_on and token_sudo.expires_on <= soon)
            or any(self.sudo().charge_ids.mapped('is_final'))
        )

    def _use_token(self, token) -> None:
        self.payment_token_id = token
        self.charge_ids.filtered('is_final').is_final = False


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    def _post_process(self):
        # EXTENDS payment: a card stored with a payment goes on paying where the terms say so
        super()._post_process()
        for transaction in self.filtered(lambda tx: tx.state == 'done' and tx.token_id):
            plans = transaction.invoice_ids.installment_plan_id | transaction.sale_order_ids.installment_plan_ids
            for plan in plans.filtered(lambda plan: plan._agreed('auto_charge') and plan._needs_card()):
                plan._use_token(transaction.token_id)
