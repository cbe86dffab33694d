"""The outbox: one message of a notice on one channel, with everything that became of it."""

import logging
from uuid import uuid4

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import outbox
from .dunning_route import CHANNELS

_logger = logging.getLogger(__name__)
REACHED = tuple(sorted(outbox.REACHED))
DAYS_OF_HISTORY = 8


class DunningDelivery(models.Model):
    _name = 'dunning.delivery'
    _description = "Reminder Sent"
    _inherit = ['dunning.gate.mixin']
    _order = 'id desc'
    _rec_name = 'subject'
    _gated = (
        'state', 'attempt', 'recipient', 'notice_id', 'provider_ref', 'request_uuid', 'called_at', 'sent_at',
        'delivered_at', 'lease_until', 'next_try_at', 'message_id', 'failure_reason', 'gateway_id',
        'letter_batch_id',
    )

    notice_id = fields.Many2one('dunning.notice', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    route_id = fields.Many2one('dunning.route', "Message of", readonly=True, ondelete='set null')
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    recipient = fields.Char(readonly=True, help="Address or number as it was used.")
    lang = fields.Char("Language", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True)
    body_html = fields.Html("Text", compute='_compute_body_html', sanitize=False)
    state = fields.Selection(
        [('queued', "Queued"), ('sending', "Sending"), ('sent', "Sent"), ('delivered', "Delivered"),
         ('failed', "Failed"), ('unclear', "Unclear"), ('cancelled', "Cancelled")],
        required=True, readonly=True, default='queued', index=True,
    )
    failure_reason = fields.Char(readonly=True)
    reason = fields.Char(compute='_compute_reason')
    attempt = fields.Integer("Tries", readonly=True, help="Calls; a claim that ended without one is no try.")
    ask_count = fields.Integer("Asked", readonly=True, help="How often the gateway was asked what became of it.")
    next_try_at = fields.Datetime("Next try", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    called_at = fields.Datetime("Handed over", readonly=True)
    sent_at = fields.Datetime("Sent", readonly=True)
    delivered_at = fields.Datetime("Delivered", readonly=True)
    request_uuid = fields.Char("Own reference", readonly=True, required=True, default=lambda self: uuid4().hex)
    message_id = fields.Char("Message-Id", readonly=True)
    provider_ref = fields.Char("Gateway's reference", readonly=True, index='btree_not_null')
    gateway_id = fields.Many2one('dunning.gateway', readonly=True, ondelete='set null')
    letter_batch_id = fields.Many2one(
        'dunning.letter.batch', "Printed with", readonly=True, index='btree_not_null', ondelete='set null',
    )
    mail_id = fields.Many2one('mail.mail', readonly=True, index='btree_not_null', ondelete='set null')
    parts = fields.Integer(readonly=True)
    cost = fields.Float(readonly=True, digits=(16, 4))

    _one_request = models.UniqueIndex('(request_uuid)', "A message has one reference of its own.")
    _one_route = models.UniqueIndex(
        "(notice_id, channel) WHERE state != 'cancelled'", "The notice has a message on this channel already.",
    )
    _queue_index = models.Index("(id, next_try_at) WHERE state = 'queued'")
    _lease_index = models.Index("(lease_until) WHERE state = 'sending'")
    _history_index = models.Index("(partner_id, called_at) WHERE called_at IS NOT NULL")

    @api.depends('body', 'channel')
    def _compute_body_html(self):
        for delivery in self:
            is_text = delivery.channel == 'sms'
            text = delivery.body or ''
            delivery.body_html = Markup('<pre>%s</pre>') % text if is_text and text else Markup(text)

    @api.depends('subject', 'channel', 'partner_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        channels = dict(self._fields['channel']._description_selection(self.env))
        for delivery in self:
            delivery.display_name = delivery.subject or ', '.join(
                filter(None, (delivery.partner_id.display_name, channels.get(delivery.channel))))

    @api.depends('failure_reason')
    @api.depends_context('lang')
    def _compute_reason(self):
        names = self.env['dunning.preview.line']._reason_names()
        for delivery in self:
            delivery.reason = names.get(delivery.failure_reason, delivery.failure_reason)

    def unlink(self):
        raise AccessError(self.env._("Messages are kept as evidence of what customers were told."))

    # === ACTIONS === #

    def action_send_once_more(self) -> None:
        """Queue messages whose outcome is unclear once more; only people may decide that.

        :raises UserError: for a message that is not unclear.
        """
        self.env['dunning.notice']._check_manager()
        self.check_access('read')
        for delivery in self:
            if delivery.state != 'unclear':
                raise UserError(self.env._(
                    "Only a message whose outcome is unclear can be sent once more; this one is “%(state)s”.",
                    state=dict(self._fields['state']._description_selection(self.env))[delivery.state],
                ))
        self.sudo()._set_state(  # managers have no right to write; the gate above decides
            'queued', next_try_at=fields.Datetime.now(), request_uuid=False)
        self.env.ref('dunning_sms.ir_cron_send')._trigger()

    def action_mark_printed(self) -> None:
        """Mark queued letters as handed to the post."""
        self.check_access('read')
        self.sudo()._mark_printed()  # users read deliveries; letters leave the outbox by hand

    def _mark_printed(self) -> None:
        letters = self.filtered(lambda delivery: delivery.channel == 'letter' and delivery.state == 'queued')
        now = fields.Datetime.now()
        letters._set_state('sending', called_at=now)
        letters._set_state('sent', sent_at=now)
        letters.notice_id._follow_deliveries()

    # === STATE === #

    def _set_state(self, state: str, **vals) -> None:
        """The one gate of a message's state."""
        for delivery in self:
            outbox.check_transition(delivery.state, state)
        if 'request_uuid' in vals:
            for delivery in self:  # a new try people asked for is a new request
                delivery._passed().write({**vals, 'state': state, 'request_uuid': uuid4().hex})
            return
        self._passed().write({'state': state, **vals})

    def _stop(self, reason: str) -> None:
        """Cancel messages that wait; one that was called before and may have arrived stays unclear."""
        for delivery in self.filtered(lambda delivery: delivery.state == 'queued'):
            delivery._set_state('unclear' if delivery.called_at else 'cancelled', failure_reason=reason)

    def _take(self, outcome: outbox.Outcome) -> None:
        """Write down what became of a call, and let the next channel step in if it failed for good."""
        self.ensure_one()
        now = fields.Datetime.now()
        move = outbox.after_call(outcome, self.attempt)
        vals = {'failure_reason': outcome.reason or False, 'lease_until': False}
        if move.wait is not None:
            vals['next_try_at'] = fields.Datetime.add(now, seconds=move.wait)
        if move.state == 'queued':
            vals['called_at'] = False  # surely not accepted: it reached nobody
        if move.state in ('sent', 'delivered'):
            vals['sent_at'] = now
        if move.state == 'delivered':
            vals['delivered_at'] = now
        if outcome.reference:
            vals['provider_ref'] = outcome.reference[:200]
        self._set_state(move.state, **vals)
        self._after_state(move.state)

    def _take_report(self, reported: str, reason: str = '', reference: str = '') -> bool:
        """Apply a delivery report; return whether it changed anything."""
        self.ensure_one()
        state = outbox.after_report(self.state, reported)
        if not state:
            return False
        now = fields.Datetime.now()
        vals = {'lease_until': False, 'failure_reason': reason[:200] if state == 'failed' and reason else False}
        if state in ('sent', 'delivered') and not self.sent_at:
            vals['sent_at'] = now
        if state == 'delivered':
            vals['delivered_at'] = now
        if reference and not self.provider_ref:
            vals['provider_ref'] = reference[:200]
        self._set_state(state, **vals)
        self._after_state(state)
        return True

    def _after_state(self, state: str) -> None:
        if state == 'failed':
            self._fall_back()
        self.notice_id._follow_deliveries(has_arrived=state in ('sent', 'delivered'))

    def _fall_back(self) -> None:
        """Queue the next fallback channel of the step after a failure, if its notice still holds."""
        if self.notice_id.state == 'cancelled':
            return
        planner = self.env['dunning.planner'].with_company(self.company_id)
        planner._queue_fallback(self)
