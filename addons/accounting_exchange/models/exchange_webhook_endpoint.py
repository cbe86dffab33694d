"""Who is told of events: an address, what it wants to know, and how it stands."""

import re
import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from ..gateways import safe_http
from .exchange_delivery import CLAIM_CLASS

PAUSE_AFTER = timedelta(days=5)
"""An endpoint at which nothing arrived for so long is not called any more, until somebody resumes it."""


class ExchangeWebhookEndpoint(models.Model):
    _name = 'exchange.webhook.endpoint'
    _description = "Webhook Endpoint"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'name, id'

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    url = fields.Char("Address", required=True, tracking=True, help="https://…; it is called by POST.")
    event_filter = fields.Char(
        "Events", required=True, default='*', tracking=True,
        help="Types separated by commas, * for any ending: invoice.*,payment.registered",
    )
    is_ordered = fields.Boolean(
        "In order", default=True,
        help="A message waits until the ones before it were received or given up. Otherwise each goes its own way.",
    )
    timeout = fields.Integer("Seconds to answer", required=True, default=10)
    max_attempts = fields.Integer("Attempts", required=True, default=12, help="Over some days; then it is given up.")
    secret = fields.Char(
        groups='accounting_exchange.group_exchange_manager', copy=False, default=lambda self: secrets.token_urlsafe(32),
    )
    previous_secret = fields.Char(groups='accounting_exchange.group_exchange_manager', copy=False)
    failing_since = fields.Datetime(readonly=True, copy=False)
    paused_since = fields.Datetime(readonly=True, copy=False, tracking=True)
    waiting_count = fields.Integer("Waiting", compute='_compute_counts')
    sent_count = fields.Integer("Received", compute='_compute_counts')
    dead_count = fields.Integer("Given up", compute='_compute_counts')

    _limits = models.Constraint(
        'CHECK (timeout BETWEEN 1 AND 30 AND max_attempts BETWEEN 1 AND 100)',
        "An endpoint has 1 to 30 seconds to answer and 1 to 100 attempts.",
    )

    @api.constrains('url')
    def _check_url(self):
        for endpoint in self:
            try:
                safe_http.check_shape(endpoint.url, safe_http.allows_private(self.env))
            except (safe_http.RefusedAddress, ValueError) as error:
                raise ValidationError(self.env['exchange.event']._address_problem(error, endpoint.url)) from error

    @api.constrains('event_filter')
    def _check_event_filter(self):
        for endpoint in self:
            if not re.fullmatch(r'[a-z_.*]+(,[a-z_.*]+)*', endpoint.event_filter or ''):
                raise ValidationError(self.env._(
                    "“%s” names no events. Write types such as invoice.*,payment.registered, without blanks.",
                    endpoint.event_filter,
                ))

    def _compute_counts(self):
        groups = self.env['exchange.delivery']._read_group(
            [('endpoint_id', 'in', self.ids)], ['endpoint_id', 'state'], ['__count'],
        )
        counts = {(endpoint.id, state): count for endpoint, state, count in groups}
        for endpoint in self:
            for state in ('waiting', 'sent', 'dead'):
                endpoint[f'{state}_count'] = counts.get((endpoint.id, state), 0)

    # === ACTIONS === #

    def action_rotate_secret(self) -> bool:
        """Make a new secret; messages are signed with both until the old one is dropped."""
        self.check_access('write')
        for endpoint in self:
            endpoint.write({'previous_secret': endpoint.secret, 'secret': secrets.token_urlsafe(32)})
        return True

    def action_drop_previous_secret(self) -> bool:
        """Sign with the new secret only."""
        self.check_access('write')
        self.previous_secret = False
        return True

    def action_send_test(self) -> bool:
        """Send a message that tells nothing, to see whether it arrives."""
        self.check_access('write')
        for endpoint in self:
            event_sudo = self.env['exchange.event'].sudo().create({  # sudo: events are written by the machine
                'event_id': secrets.token_hex(16), 'event_type': 'exchange.test', 'company_id': endpoint.company_id.id,
                'model': endpoint._name, 'res_id': endpoint.id, 'occurred_on': fields.Datetime.now(),
                'data': {'endpoint': endpoint.name},
            })
            event_sudo.delivery_ids.create({'event_id': event_sudo.id, 'endpoint_id': endpoint.id})
        self.env.ref('accounting_exchange.ir_cron_deliver').sudo()._trigger()  # sudo: wakes the sender
        return True

    def action_resume(self) -> bool:
        """Call the endpoint again: what happened meanwhile goes first, in its order."""
        self.check_access('write')
        self.write({'paused_since': False, 'failing_since': False})
        self.activity_unlink(['mail.mail_activity_data_warning'])
        waiting = self.env['exchange.delivery'].search([('endpoint_id', 'in', self.ids), ('state', '=', 'waiting')])
        return waiting.action_retry()

    def action_replay_dead(self) -> bool:
        """Send again what was given up."""
        self.check_access('write')
        deliveries = self.env['exchange.delivery'].search([('endpoint_id', 'in', self.ids), ('state', '=', 'dead')])
        return deliveries.action_retry()

    def action_view_deliveries(self) -> dict:
        """Open what was sent, waits or was given up."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('accounting_exchange.exchange_delivery_action')
        return {**action, 'domain': [('endpoint_id', '=', self.id)], 'context': {}}

    # === BUSINESS === #

    def _wants(self, event_type: str) -> bool:
        """Tell whether the endpoint asks for events of this type, as the database decides it."""
        self.ensure_one()
        patterns = [re.escape(part).replace(r'\*', '.*') for part in self.event_filter.split(',')]
        return any(re.fullmatch(pattern, event_type) for pattern in patterns)

    def _pause_if_hopeless(self, error: str) -> None:
        """Stop calling an endpoint that has failed for days, and ask a manager to look after it."""
        self.ensure_one()
        if self.paused_since or self.failing_since > fields.Datetime.now() - PAUSE_AFTER:
            return
        self.paused_since = fields.Datetime.now()
        self.activity_schedule(
            'mail.mail_activity_data_warning', user_id=self._responsible_user().id,
            summary=self.env._("Webhook %s is paused", self.name),
            note=self.env._(
                "Nothing has arrived for %(days)s days: %(error)s. Ask whoever runs the receiver, then click on "
                "“Resume”. What happens meanwhile is kept and sent then.", days=PAUSE_AFTER.days, error=error,
            ),
        )

    def _responsible_user(self):
        """Return the manager who set the endpoint up, else the first one there is."""
        managers = self.env.ref('accounting_exchange.group_exchange_manager').all_user_ids.filtered(lambda user: (
            user.active and user.id != SUPERUSER_ID and self.company_id in user.company_ids
        ))
        return (managers & self.create_uid) or managers.sorted('id')[:1] or self.env.user

    def _secrets(self) -> list[str]:
        return [secret for secret in (self.secret, self.previous_secret) if secret]

    def _next_delivery(self):
        """Return the message that goes next, if it is due."""
        self.ensure_one()
        Delivery = self.env['exchange.delivery']
        waiting = [('endpoint_id', '=', self.id), ('state', '=', 'waiting')]
        if not self.is_ordered:
            waiting.append(('next_try_on', '<=', fields.Datetime.now()))
        found = Delivery.search(waiting, order='event_id.id', limit=1)
        return found.filtered(lambda delivery: delivery.next_try_on <= fields.Datetime.now())

    def _deliver_next(self) -> int:
        """Send the next message unless another sender does; return how many were sent."""
        if self.paused_since:
            return 0
        if self.is_ordered:
            self.env.cr.execute('SELECT pg_try_advisory_xact_lock(%s, %s)', (CLAIM_CLASS, self.id))
            if not self.env.cr.fetchone()[0]:
                return 0
        delivery = self._next_delivery()
        delivery = delivery.try_lock_for_update().filtered(lambda delivery: delivery.state == 'waiting')
        if not delivery:
            return 0
        delivery._send()
        return 1
