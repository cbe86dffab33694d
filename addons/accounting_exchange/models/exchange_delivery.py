"""The way of one event to one endpoint."""

import logging

import requests
from odoo import api, fields, models
from odoo.fields import Domain

from ..gateways import safe_http
from ..rules.webhooks import signature, wait_after

_logger = logging.getLogger(__name__)

ANSWER_SHOWN = 200
"""Characters of a receiver's answer that are kept with a failure."""
CLAIM_CLASS = 19_0_0_7
"""First key of the advisory lock on an endpoint that is told in order; the second is its id."""


class ExchangeDelivery(models.Model):
    _name = 'exchange.delivery'
    _description = "Delivery of an Event"
    _order = 'id desc'
    _log_access = False  # written by triggers

    event_id = fields.Many2one('exchange.event', required=True, readonly=True, ondelete='cascade')
    endpoint_id = fields.Many2one('exchange.webhook.endpoint', required=True, readonly=True, ondelete='cascade')
    company_id = fields.Many2one(related='event_id.company_id')
    event_type = fields.Char(related='event_id.event_type')
    occurred_on = fields.Datetime(related='event_id.occurred_on')
    state = fields.Selection(
        [('waiting', "Waiting"), ('sent', "Received"), ('dead', "Given up")], required=True, readonly=True,
        default='waiting',
    )
    attempt = fields.Integer("Attempts", readonly=True, default=0)
    next_try_on = fields.Datetime(readonly=True, default=fields.Datetime.now)
    sent_on = fields.Datetime("Received on", readonly=True)
    status = fields.Integer("HTTP status", readonly=True)
    error = fields.Char(readonly=True)

    _once = models.UniqueIndex("(event_id, endpoint_id)", "The event is on its way to this endpoint already.")
    _queue = models.Index("(endpoint_id, event_id) WHERE state = 'waiting'")

    # === ACTIONS === #

    def action_retry(self) -> bool:
        """Send again now, with the same event id."""
        self.env['exchange.webhook.endpoint'].check_access('write')
        self.sudo()._wait_again()  # sudo: one gate for people and sender
        self.env.ref('accounting_exchange.ir_cron_deliver').sudo()._trigger()  # sudo: wakes the sender
        return True

    def _wait_again(self) -> None:
        self.write({'state': 'waiting', 'attempt': 0, 'next_try_on': fields.Datetime.now(), 'error': False})

    # === SEND === #

    @api.model
    def _cron_deliver(self) -> None:
        """Tell every endpoint what it waits for, one message a transaction, turn by turn."""
        cron = self.env['ir.cron']
        if not cron._commit_progress(remaining=self.search_count(self._due_domain())):
            return
        while endpoints := self._due_endpoints():
            sent = 0
            for endpoint in endpoints:
                done = endpoint._deliver_next()
                sent += done
                time_left = cron._commit_progress(done)
                self.env.invalidate_all()
                if not time_left:
                    return
            if not sent:
                return  # another sender is at it

    @api.model
    def _due_domain(self) -> Domain:
        return Domain([
            ('state', '=', 'waiting'), ('next_try_on', '<=', fields.Datetime.now()), ('endpoint_id.active', '=', True),
            ('endpoint_id.paused_since', '=', False),
        ])

    @api.model
    def _due_endpoints(self):
        """Return the endpoints whose next message is due."""
        groups = self._read_group(self._due_domain(), ['endpoint_id'])
        endpoints = self.env['exchange.webhook.endpoint'].union(*(endpoint for endpoint, in groups))
        return endpoints.filtered(lambda endpoint: endpoint._next_delivery())

    def _send(self) -> None:
        """Send the message and note what came of it; whatever the other side does, nothing is raised."""
        self.ensure_one()
        self.event_id._complete()
        endpoint_sudo = self.endpoint_id.sudo()  # the secret is hidden from people
        body = self.event_id._body()
        headers = self._headers(endpoint_sudo._secrets(), body)
        try:
            status, answer = safe_http.call(
                'POST', endpoint_sudo.url, safe_http.allows_private(self.env), timeout=(3, endpoint_sudo.timeout),
                trusted=safe_http.authorities(self.env), is_excerpt=True, data=body, headers=headers,
            )
        except safe_http.RefusedAddress as error:
            self._note_failure(0, self.env['exchange.event']._address_problem(error, endpoint_sudo.url))
        except (requests.RequestException, safe_http.TooLarge, OSError, ValueError) as error:
            self._note_failure(0, type(error).__name__)
        else:
            if 200 <= status < 300:
                self._note_success(status)
            else:
                said = ' '.join(answer.decode('utf-8', 'replace').replace('\x00', ' ').split())[:ANSWER_SHOWN]
                self._note_failure(status, f'HTTP {status}: {said}' if said else f'HTTP {status}')

    def _headers(self, secrets, body: bytes) -> dict[str, str]:
        stamp = int(fields.Datetime.now().timestamp())
        return {
            'Content-Type': 'application/json',
            'User-Agent': 'accounting-exchange/1',
            'X-Exchange-Event': self.event_type,
            'X-Exchange-Event-Id': self.event_id.event_id,
            'X-Exchange-Signature': signature(secrets, stamp, body),
        }

    def _note_success(self, status: int) -> None:
        self.write({
            'state': 'sent', 'attempt': self.attempt + 1, 'status': status, 'error': False,
            'sent_on': fields.Datetime.now(),
        })
        if self.endpoint_id.failing_since:
            self.endpoint_id.failing_since = False

    def _note_failure(self, status: int, error: str) -> None:
        attempt, endpoint = self.attempt + 1, self.endpoint_id
        is_dead = attempt >= endpoint.max_attempts
        self.write({
            'attempt': attempt, 'status': status, 'error': error[:500], 'state': 'dead' if is_dead else 'waiting',
            'next_try_on': fields.Datetime.now() + wait_after(attempt),
        })
        if not endpoint.failing_since:
            endpoint.failing_since = fields.Datetime.now()
        if is_dead:
            endpoint.message_post(body=self.env._(
                "Event %(event)s (%(type)s) was given up after %(count)s attempts: %(error)s. "
                "Send it again by “Replay”.",
                event=self.event_id.event_id, type=self.event_type, count=attempt, error=error,
            ))
        endpoint._pause_if_hopeless(error)
        _logger.info("Webhook endpoint %s: delivery %s failed (HTTP %s)", endpoint.id, self.id, status)
