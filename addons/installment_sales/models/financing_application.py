"""Applications for financing: sent once, answered sooner or later, then the provider owes instead of the customer."""

import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from psycopg2 import OperationalError

from ..rules.financing import GRANTED_STATES, Answer, may_move

_logger = logging.getLogger(__name__)

STATES = [
    ('queued', "To send"), ('sent', "Sent"), ('unknown', "Answer unknown"), ('pending', "Being decided"),
    ('approved', "Approved"), ('paid', "Paid out"), ('declined', "Declined"), ('cancelled', "Cancelled"),
]
LEASE = timedelta(minutes=10)
ASK_EVERY = timedelta(hours=1)
BATCH = 20


class InstallmentFinancingApplication(models.Model):
    _name = 'installment.financing.application'
    _description = "Financing Application"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _mail_post_access = 'read'

    name = fields.Char("Number", required=True, readonly=True, copy=False, default='/')
    order_id = fields.Many2one('sale.order', "Order", required=True, readonly=True, index=True, ondelete='restrict')
    partner_id = fields.Many2one(related='order_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='order_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='order_id.currency_id', store=True)
    provider_id = fields.Many2one(
        'installment.financing.provider', "Provider", required=True, readonly=True, index=True, ondelete='restrict',
    )
    terms_id = fields.Many2one('installment.terms', "Terms", readonly=True, ondelete='restrict')
    request_uuid = fields.Char(
        "Reference", required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4()),
        help="Names the application at the provider, however often it is sent.",
    )
    provider_ref = fields.Char("Reference of the provider", readonly=True, copy=False)
    amount = fields.Monetary("Financed amount", readonly=True)
    figures = fields.Json("Figures as accepted", readonly=True)
    state = fields.Selection(
        STATES, "Status", required=True, readonly=True, default='queued', index=True, tracking=True, copy=False,
    )
    asked_on = fields.Datetime("Last asked", readonly=True, copy=False)
    reason = fields.Char(readonly=True, copy=False)
    invoice_id = fields.Many2one('account.move', "Invoice", readonly=True, copy=False, ondelete='restrict')
    assignment_id = fields.Many2one(
        'account.move', "Assignment", readonly=True, copy=False, ondelete='restrict',
        help="The entry by which the provider owes the financed amount instead of the customer.",
    )
    payment_id = fields.Many2one('account.payment', "Payout", readonly=True, copy=False, ondelete='restrict')
    event_ids = fields.One2many('installment.financing.event', 'application_id', "Told by the provider", readonly=True)

    _one_open_application = models.UniqueIndex(
        "(order_id) WHERE state NOT IN ('declined', 'cancelled')", "The order has an application already.",
    )
    _request_is_unique = models.UniqueIndex("(request_uuid)", "An application is known by its reference.")

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                vals['name'] = self.env['ir.sequence'].next_by_code('installment.financing.application') or '/'
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An application stays for the records. Cancel it instead."))

    # === GATE === #

    def _move(self, target: str, **values):
        """Change the state of applications that may go there, and return them; the others stay as they are."""
        moved = self.filtered(lambda application: may_move(application.state, target))
        moved.write({'state': target, **values})
        return moved

    # === ACTIONS === #

    def action_ask(self) -> bool:
        """Ask the providers what became of applications that wait."""
        self._check_manager()
        waiting = self.sudo().filtered(lambda item: item.state in ('unknown', 'pending'))  # sudo: decided by a manager
        for application in waiting:
            application._ask()
        return True

    def action_fund(self) -> bool:
        """Confirm the orders of approved applications that could not be confirmed at once.

        A deposit that an order waits for was taken otherwise, such as in cash, if a manager says so.

        :raises UserError: what stops the confirmation.
        """
        self._check_manager()
        for application in self.sudo().filtered(lambda item: item.state in GRANTED_STATES):  # sudo: as above
            application.with_context(financing_without_deposit=SERVICE_GATE)._fund()
        return True

    def action_cancel(self) -> bool:
        """Take applications back: what was not sent is dropped, what was granted is credited and owed back.

        :raises UserError: if the provider has not answered yet.
        """
        self._check_manager()
        for application in self.sudo().filtered(lambda item: item.state != 'cancelled'):  # sudo: as above
            if not may_move(application.state, 'cancelled'):
                raise UserError(self.env._(
                    "%(name)s cannot be cancelled now: %(provider)s has not answered, or has declined.",
                    name=application.name, provider=application.provider_id.name,
                ))
            application._take_back()
        return True

    def _check_manager(self) -> None:
        if not self.env.su and not self.env.user.has_group('installment_sales.group_installment_manager'):
            raise AccessError(self.env._("Only an installment manager decides on applications."))
        self.check_access('read')

    # === CRON === #

    @api.model
    def _cron_follow(self):
        """Send what waits, each once; ask for what was not answered. Every step is committed before the next."""
        self._lose_unanswered()
        cron = self.env['ir.cron']
        waiting = self.search(self._waiting_domain(), limit=BATCH)
        cron._commit_progress(remaining=len(waiting))
        for application in waiting:
            application._step()
            if not cron._commit_progress(1):
                return

    @api.model
    def _waiting_domain(self) -> Domain:
        asked_before = fields.Datetime.now() - ASK_EVERY
        is_quiet = Domain('asked_on', '=', False) | Domain('asked_on', '<=', asked_before)
        return Domain('state', '=', 'queued') | (Domain('state', 'in', ('unknown', 'pending')) & is_quiet)

    @api.model
    def _lose_unanswered(self) -> None:
        """What a killed worker left behind may have arrived: it is asked for, not sent again."""
        lost = self.search([('state', '=', 'sent'), ('write_date', '<', fields.Datetime.now() - LEASE)])
        lost._move('unknown', reason=self.env._("The answer of the provider was lost."))

    def _step(self) -> None:
        application = self.try_lock_for_update(allow_referencing=True).filtered_domain(self._waiting_domain())
        if not application:
            return
        if application.state == 'queued':
            application._move('sent')
            self.env['ir.cron']._commit_progress()
            application._send()
        else:
            application._ask()

    # === TALKING TO THE PROVIDER === #

    def _send(self) -> None:
        """Send the application once; whatever is no answer leaves it unknown."""
        self._take_answer(lambda: self.provider_id._send_application(self))

    def _ask(self) -> None:
        self.asked_on = fields.Datetime.now()
        self._take_answer(lambda: self.provider_id._ask_application(self))

    def _take_answer(self, call) -> None:
        try:
            answer = call()
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure on the way may have reached the provider
            _logger.warning("Application %s got no answer: %s", self.id, type(error).__name__)
            self._move('unknown', reason=self.env._("The provider did not answer."))
            return
        self._take(answer)

    def _take(self, answer: Answer) -> None:
        if answer.state == 'missing':
            self._move('queued', reason=False, asked_on=False)
            return
        values = {'provider_ref': answer.provider_ref or self.provider_ref, 'reason': answer.reason[:200]}
        if not self._move(answer.state, **values):
            return
        if answer.state == 'approved':
            self._fund_or_tell()
        elif answer.state == 'declined':
            self.order_id._financing_declined()

    def _take_message(self, kind: str, message: dict) -> None:
        """Do what a genuine message of the provider says."""
        if kind == 'paid_out':
            self._take_payout(float(message.get('amount') or 0), float(message.get('fee') or 0))
        else:
            self._take(Answer(kind, str(message.get('provider_ref') or ''), str(message.get('reason') or '')))

    def _tell(self, summary: str, note: str) -> None:
        user = self.order_id.user_id or self.env.user
        self.activity_schedule('mail.mail_activity_data_todo', user_id=user.id, summary=summary, note=note)
