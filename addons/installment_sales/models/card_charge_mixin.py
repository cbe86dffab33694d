"""Automatic charges of anything owed: a stored card or account pays what is due, never twice.

A charge is on record before the provider is asked. When the answer is missing, the money may have moved: the charge
is unknown and blocks every further one for what it pays until the provider, or a person, says what happened.
"""

import logging
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from psycopg2 import IntegrityError, OperationalError

from ..rules.cards import next_attempt

_logger = logging.getLogger(__name__)

OPEN_STATES = ('claimed', 'unknown')
LEASE = timedelta(minutes=10)


class CardChargeMixin(models.AbstractModel):
    """What an add-on that charges cards extends: `line_id` (what is owed), its unique indexes, and the hooks."""

    _name = 'card.charge.mixin'
    _description = "Automatic Charge"

    number = fields.Integer("Attempt", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one('res.currency')
    transaction_id = fields.Many2one('payment.transaction', readonly=True, index='btree_not_null', ondelete='restrict')
    state = fields.Selection(
        [('claimed', "Sent"), ('unknown', "Unknown"), ('done', "Paid"), ('declined', "Declined"),
         ('returned', "Given back")],
        "Status", required=True, readonly=True, default='claimed', index=True,
    )
    reason = fields.Char(readonly=True)
    next_date = fields.Date("Try again on", readonly=True)
    is_final = fields.Boolean("Given up", readonly=True, help="Nothing is tried before the card is replaced.")

    # === HOOKS === #

    @api.model
    def _find_due(self, today: date):
        """Return what is owed and may be charged now, best first."""
        raise NotImplementedError

    @api.model
    def _due_domain(self, today: date) -> Domain:
        """Return the domain of what may be charged now."""
        raise NotImplementedError

    @api.model
    def _amount_of(self, line) -> float:
        """Return how much of something due is charged now; 0 while anything else is paying it."""
        raise NotImplementedError

    @api.model
    def _card_of(self, line):
        """Return the stored card that pays it."""
        raise NotImplementedError

    @api.model
    def _invoices_of(self, line):
        """Return the invoices that a charge pays."""
        raise NotImplementedError

    def _check_release(self) -> None:
        """Raise if the user may not say that a charge took no money: nobody may where nothing else is said."""
        raise AccessError(self.env._("Only a manager may say that nothing was charged."))

    def _give_up(self, reason: str) -> None:
        """Hand what could not be charged to a person."""
        raise NotImplementedError

    def _tell(self) -> None:
        """Tell the customer what came of a charge; called once for each charge that was paid or declined."""

    # === ACTIONS === #

    def action_not_charged(self) -> bool:
        """Say that unknown charges did not take any money, so that they may be tried again.

        :raises UserError: if a charge is not unknown.
        """
        self._check_release()
        for charge in self:
            if charge.state != 'unknown':
                raise UserError(self.env._("Only an unknown charge can be released: ask the provider first."))
            charge_sudo, reason = charge.sudo(), self.env._("Released by %s", self.env.user.name)
            charge_sudo.transaction_id._set_error(reason)  # sudo: decided by a manager; a late answer is still booked
            charge_sudo._decline(reason)
        return True

    def action_taken_back(self) -> bool:
        """Say that the bank took back what charges had paid: it is due again.

        The next attempt follows as after a decline.

        :raises UserError: if a charge is not paid.
        """
        self._check_release()
        for charge in self:
            if charge.state != 'done':
                raise UserError(self.env._("Only what was paid can be taken back by the bank."))
            charge_sudo, reason = charge.sudo(), self.env._("Taken back by the bank")
            # sudo: decided by a manager; cancelling the transaction cancels its payment
            charge_sudo.transaction_id._set_canceled(reason, extra_allowed_states=('done',))
            charge_sudo.transaction_id._post_process()
            charge_sudo._decline(reason)
        return True

    # === CRON === #

    @api.model
    def _cron_charge(self):
        """Charge what is due today, each attempt committed before and after the provider is asked."""
        cron = self.env['ir.cron']
        self._follow_open()
        lines = self._find_due(fields.Date.context_today(self))
        cron._commit_progress(remaining=len(lines))
        for line in lines:
            try:
                self._charge(line)
            except (OperationalError, IntegrityError) as error:
                # another worker was faster, or both booked at once; what was sent stays on record and is followed up
                self.env.cr.rollback()
                _logger.info("Charge of %s waits: %s", line, type(error).__name__)
            if not cron._commit_progress(1):
                return

    @api.model
    def _charge(self, line) -> None:
        """Charge what is due: each step is committed before the next begins."""
        cron = self.env['ir.cron']
        charge = self._claim(line)
        cron._commit_progress()
        if charge:
            charge._send()
            cron._commit_progress()
            charge._post_process()

    @api.model
    def _waiting_domain(self, today: date) -> Domain:
        """Return the charges that keep what they pay from being charged again."""
        is_unbooked = Domain('transaction_id', 'any', [('state', '=', 'done'), ('is_post_processed', '=', False)])
        return (
            Domain('state', 'in', OPEN_STATES) | is_unbooked | Domain('next_date', '>', today)
            | Domain('is_final', '=', True)
        )

    @api.model
    def _claim(self, line):
        """Record the next attempt if it is still due and nothing else is paying it."""
        today = fields.Date.context_today(self)
        line = line.try_lock_for_update(allow_referencing=True).filtered_domain(self._due_domain(today))
        amount = self._amount_of(line) if line else 0
        if not amount:
            return self.browse()
        number = self.search_count([('line_id', '=', line.id)]) + 1
        return self.create({
            'line_id': line.id, 'number': number, 'amount': amount,
            'transaction_id': self.env['payment.transaction'].create(
                self._prepare_transaction_vals(line, number, amount)).id,
        })

    @api.model
    def _prepare_transaction_vals(self, line, number: int, amount: float) -> dict:
        """Return the values of a charge; its reference is the same whoever makes the attempt."""
        token = self._card_of(line)
        return {
            'provider_id': token.provider_id.id,
            'payment_method_id': token.payment_method_id.id,
            'token_id': token.id,
            'operation': 'offline',
            'reference': self._reference_of(line, number),
            'amount': amount,
            'currency_id': line.currency_id.id,
            'partner_id': line.partner_id.id,
            'invoice_ids': [fields.Command.set(self._invoices_of(line).ids)],
        }

    @api.model
    def _reference_of(self, line, number: int) -> str:
        """Return the reference of an attempt, which the provider knows it by."""
        return f'{line.display_name}-{number}'

    def _send(self) -> None:
        """Ask the provider once; whatever is no answer leaves the charge unknown."""
        self.ensure_one()
        try:
            self.transaction_id.with_context(is_automatic_charge=True)._send_payment_request()
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
                charge.write({'state': 'done', 'reason': False, 'next_date': False, 'is_final': False})
                charge._tell()
            elif transaction.state in ('error', 'cancel'):
                charge._decline(transaction.state_message or '')
            else:
                charge.state = 'unknown'

    @api.model
    def _returned_domain(self) -> Domain:
        """Return charges that pay no more: refunded, or their payment cancelled, reopened, reversed or unmatched."""
        is_refunded = Domain('child_transaction_ids', 'any', [('operation', '=', 'refund'), ('state', '=', 'done')])
        is_undone = Domain('payment_id.state', 'in', ('draft', 'canceled', 'rejected'))
        is_reversed = Domain('payment_id.move_id.reversal_move_ids.state', '=', 'posted')
        is_unmatched = Domain('transaction_id.payment_id.is_reconciled', '=', False) & Domain(
            'line_id.amount_residual', '>', 0)
        return Domain('state', '=', 'done') & (
            Domain('transaction_id', 'any', is_refunded | is_undone | is_reversed)
            | Domain('transaction_id.payment_id', '!=', False) & is_unmatched
        )

    def _return(self) -> None:
        """Keep what was given back from being charged again by itself: why it went back is for a person to judge."""
        for charge in self:
            reason = self.env._(
                "What charge %s took was given back, or its payment pays it no more.", charge.transaction_id.reference)
            charge.write({'state': 'returned', 'reason': reason[:200], 'is_final': True, 'next_date': False})
            charge._give_up(reason)

    @api.model
    def _follow_open(self) -> None:
        """Follow unknown charges, declined ones that went through after all, and paid ones that were given back.

        What a killed worker left behind becomes unknown, not new.
        """
        lost = self.search([('state', '=', 'claimed'), ('write_date', '<', fields.Datetime.now() - LEASE)])
        lost.write({'state': 'unknown', 'reason': self.env._("The answer of the provider was lost.")})
        answered = Domain('state', '=', 'unknown') & Domain('transaction_id.state', 'in', ('done', 'error', 'cancel'))
        paid_late = Domain('state', '=', 'declined') & Domain('transaction_id.state', '=', 'done')
        self.search(answered | paid_late)._follow()
        self.search(self._returned_domain())._return()
        self.env['ir.cron']._commit_progress()
        for charge in self.search([('state', '=', 'done'), ('transaction_id.is_post_processed', '=', False)]):
            charge._post_process()
            self.env['ir.cron']._commit_progress()

    def _post_process(self) -> None:
        """Book the payment of charges that went through."""
        done = self.filtered(lambda charge: charge.state == 'done').transaction_id
        done.filtered(lambda transaction: not transaction.is_post_processed)._post_process()

    def _decline(self, reason: str) -> None:
        """Plan the next attempt, or hand it to a person."""
        next_date = next_attempt(reason, self.number, fields.Date.context_today(self))
        self.write({
            'state': 'declined', 'reason': reason[:200], 'is_final': not next_date, 'next_date': next_date or False,
        })
        if not next_date:
            self._give_up(reason)
        self._tell()
