"""Automatic charges: a stored card or account pays an installment on its due date, never twice.

A charge is on record before the provider is asked. When the answer is missing, the money may have moved: the charge
is unknown and blocks every further one for its installment until the provider, or a person, says what happened.
"""

import logging
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from psycopg2 import IntegrityError, OperationalError

_logger = logging.getLogger(__name__)

OPEN_STATES = ('claimed', 'unknown')
RETRY_DAYS = (3, 5, 7)
"""Days to wait after the first, second and third decline; then a person takes over."""
FINAL_DECLINES = ('expired', 'stolen', 'lost card', 'closed', 'revoked', 'invalid account')
"""Words of a decline that another attempt with the same card cannot mend."""
LEASE = timedelta(minutes=10)
BATCH = 50


class InstallmentCharge(models.Model):
    _name = 'installment.charge'
    _description = "Automatic Charge"
    _order = 'id desc'

    line_id = fields.Many2one('installment.line', "Installment", required=True, readonly=True, ondelete='restrict')
    plan_id = fields.Many2one(related='line_id.plan_id', store=True, index=True)
    partner_id = fields.Many2one(related='line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')
    number = fields.Integer("Attempt", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    transaction_id = fields.Many2one('payment.transaction', readonly=True, index='btree_not_null', ondelete='restrict')
    state = fields.Selection(
        [('claimed', "Sent"), ('unknown', "Unknown"), ('done', "Paid"), ('declined', "Declined")],
        "Status", required=True, readonly=True, default='claimed', index=True,
    )
    reason = fields.Char(readonly=True)
    next_date = fields.Date("Try again on", readonly=True)
    is_final = fields.Boolean("Given up", readonly=True, help="Nothing is tried before the card is replaced.")

    _one_open_charge = models.UniqueIndex(
        "(line_id) WHERE state IN ('claimed', 'unknown')", "A charge of this installment is still open.",
    )
    _number_is_unique = models.UniqueIndex("(line_id, number)", "This attempt has been made already.")

    # === ACTIONS === #

    def action_not_charged(self) -> bool:
        """Say that unknown charges did not take any money, so that they may be tried again.

        :raises UserError: if a charge is not unknown.
        """
        self.plan_id._check_manager()
        for charge in self:
            if charge.state != 'unknown':
                raise UserError(self.env._("Only an unknown charge can be released: ask the provider first."))
            charge.sudo()._decline(self.env._("Released by %s", self.env.user.name))  # sudo: decided by a manager
        return True

    # === CRON === #

    @api.model
    def _cron_charge(self):
        """Charge the installments due today, each attempt committed before and after the provider is asked."""
        cron = self.env['ir.cron']
        self._follow_open()
        lines = self.env['installment.line'].search(self._due_domain(fields.Date.context_today(self)), limit=BATCH)
        cron._commit_progress(remaining=len(lines))
        for line in lines:
            try:
                self._charge(line)
            except (OperationalError, IntegrityError) as error:
                # another worker was faster, or both booked at once; what was sent stays on record and is followed up
                self.env.cr.rollback()
                _logger.info("Charge of installment %s waits: %s", line.id, type(error).__name__)
            if not cron._commit_progress(1):
                return

    @api.model
    def _charge(self, line) -> None:
        """Charge an installment: each step is committed before the next begins."""
        cron = self.env['ir.cron']
        charge = self._claim(line)
        cron._commit_progress()
        if charge:
            charge._send()
            cron._commit_progress()
            charge._post_process()

    @api.model
    def _due_domain(self, today: date) -> Domain:
        """Return which installments may be charged now."""
        is_good = Domain('plan_id.payment_token_id.expires_on', '=', False) | Domain(
            'plan_id.payment_token_id.expires_on', '>=', today)
        is_unbooked = Domain('state', '=', 'done') & Domain('transaction_id.is_post_processed', '=', False)
        waiting = (
            Domain('state', 'in', OPEN_STATES) | is_unbooked | Domain('next_date', '>', today)
            | Domain('is_final', '=', True)
        )
        return (
            Domain('date_maturity', '<=', today) & Domain('amount_residual', '>', 0)
            & Domain('invoice_id.state', '=', 'posted')
            & Domain('plan_id.closing', '=', False) & Domain('plan_id.payment_token_id.active', '=', True) & is_good
            & Domain('charge_ids', 'not any', waiting)
        )

    @api.model
    def _claim(self, line):
        """Record the next attempt for an installment if it is still due and nothing else is paying it."""
        today = fields.Date.context_today(self)
        line = line.try_lock_for_update(allow_referencing=True).filtered_domain(self._due_domain(today))
        if not line or line in line._lines_in_process():
            return self.browse()
        number = len(line.charge_ids) + 1
        return self.create({
            'line_id': line.id, 'number': number, 'amount': line.amount_residual,
            'transaction_id': self.env['payment.transaction'].create(line._prepare_transaction_vals(number)).id,
        })

    def _send(self) -> None:
        """Ask the provider once; whatever is no answer leaves the charge unknown."""
        self.ensure_one()
        try:
            self.transaction_id._send_payment_request()
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure on the way may have moved money
            _logger.warning("Charge %s got no answer: %s", self.id, type(error).__name__)
            self.write({'state': 'unknown', 'reason': str(error)[:200]})
            return
        self._follow()

    def _follow(self) -> None:
        """Take over what the transaction knows by now."""
        for charge in self:
            transaction = charge.transaction_id
            if transaction.state == 'done':
                charge.write({'state': 'done', 'reason': False})
            elif transaction.state in ('error', 'cancel'):
                charge._decline(transaction.state_message or '')
            else:
                charge.state = 'unknown'

    @api.model
    def _follow_open(self) -> None:
        """Follow unknown charges; those that a killed worker left behind become unknown, not new."""
        lost = self.search([('state', '=', 'claimed'), ('write_date', '<', fields.Datetime.now() - LEASE)])
        lost.write({'state': 'unknown', 'reason': self.env._("The answer of the provider was lost.")})
        answered = self.search([
            ('state', '=', 'unknown'), ('transaction_id.state', 'in', ('done', 'error', 'cancel')),
        ])
        answered._follow()
        self.env['ir.cron']._commit_progress()
        for charge in self.search([('state', '=', 'done'), ('transaction_id.is_post_processed', '=', False)]):
            charge._post_process()
            self.env['ir.cron']._commit_progress()

    def _post_process(self) -> None:
        """Book the payment of charges that went through; it ends on the installment due first."""
        done = self.filtered(lambda charge: charge.state == 'done').transaction_id
        done.filtered(lambda transaction: not transaction.is_post_processed)._post_process()

    def _decline(self, reason: str) -> None:
        """Plan the next attempt, or hand the installment to a person."""
        is_final = any(word in reason.lower() for word in FINAL_DECLINES) or self.number > len(RETRY_DAYS)
        today = fields.Date.context_today(self)
        self.write({
            'state': 'declined', 'reason': reason[:200], 'is_final': is_final,
            'next_date': False if is_final else today + timedelta(days=RETRY_DAYS[self.number - 1]),
        })
        if is_final:
            self.plan_id.activity_schedule(
                'mail.mail_activity_data_todo', user_id=self.plan_id.user_id.id or self.env.uid,
                summary=self.env._("%s could not be charged", self.line_id.label), note=reason,
            )


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    charge_ids = fields.One2many('installment.charge', 'line_id', "Charges", readonly=True)

    def _prepare_transaction_vals(self, number: int) -> dict:
        """Return the values of a charge; its reference is the same whoever makes the attempt."""
        token = self.plan_id.payment_token_id
        return {
            'provider_id': token.provider_id.id,
            'payment_method_id': token.payment_method_id.id,
            'token_id': token.id,
            'operation': 'offline',
            'reference': f'{self.label}-{number}',
            'amount': self.amount_residual,
            'currency_id': self.currency_id.id,
            'partner_id': self.partner_id.id,
            'invoice_ids': [fields.Command.set(self.move_line_ids.move_id.ids)],
        }


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
            for plan in plans.filtered(lambda plan: plan.terms_id.auto_charge and plan._needs_card()):
                plan._use_token(transaction.token_id)
