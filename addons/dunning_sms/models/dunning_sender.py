"""Works off the outbox: claim, check again, hand over one by one, write down what became of it.

Each call is announced in the database before it is made and settled right after it, a transaction each. A sender
that dies leaves messages it never called in the queue; the one in its hands becomes unclear, never a second text.
"""

import logging
from collections import Counter
from datetime import timedelta
from time import monotonic

from odoo import api, fields, models
from odoo.fields import Domain

from ..gateways.sms_api import SmsApiGateway
from ..rules import outbox
from ..rules.calendar import Contact, cap_refusal, is_open, local, next_opening
from ..rules.outbox import Outcome
from .dunning_mailer import PASSING

_logger = logging.getLogger(__name__)
BATCH = 50
LEASE = timedelta(minutes=10)
PATIENCE = 20
"""Seconds after which a batch that goes slowly gives back what it has not called."""
TRIES_TO_SETTLE = 3
BREAKER = 3
"""Calls in a row without an answer after which a channel rests until the next activation."""
ASKS = 6
CALLED = ('email', 'sms')
"""Channels that call somebody outside; the others are settled in the database."""


class DunningSender(models.AbstractModel):
    _name = 'dunning.sender'
    _description = "Reminder Sender"

    # === CRON === #

    @api.model
    def _cron_send(self):
        """Send what is queued, batch by batch; several workers may do so at once."""
        cron = self.env['ir.cron']
        self.env['message.opt.out.receipt']._send_queued()
        domain = self._queue_domain()
        self._release_expired()
        if not cron._commit_progress(remaining=self.env['dunning.delivery'].search_count(domain)):
            return
        sessions: dict = {}
        try:
            self._work_off(sessions)
        finally:
            self.env['dunning.mailer']._close_sessions(sessions)

    def _work_off(self, sessions: dict) -> None:
        """Claim and send batch by batch until the queue or the time is at its end."""
        cron = self.env['ir.cron']
        resting: set[str] = set()
        after = 0
        while True:
            try:
                claimed, after, seen = self._claim(resting, after)
            except PASSING:
                self._start_anew()
                if not cron._commit_progress():
                    return
                continue
            if not seen:
                return
            time_left = cron._commit_progress(seen - len(claimed))
            time_left = self._send_batch(claimed, resting, sessions) if claimed else time_left
            self.env.invalidate_all()
            if not time_left:
                return

    @api.model
    def _cron_ask(self):
        """Ask what became of messages whose outcome is unclear."""
        domain = Domain('state', '=', 'unclear') & Domain('next_try_at', '<=', fields.Datetime.now())
        while unclear := self.env['dunning.delivery'].search(domain, limit=BATCH).try_lock_for_update():
            for delivery in unclear.filtered_domain(domain):
                self._ask(delivery)
                if not self.env['ir.cron']._commit_progress(1):
                    return

    # === CLAIM === #

    def _queue_domain(self) -> Domain:
        return (
            Domain('state', '=', 'queued') & Domain('channel', '!=', 'letter')
            & Domain('next_try_at', '<=', fields.Datetime.now()) & Domain('company_id.dunning_is_active', '=', True)
        )

    def _release_expired(self) -> None:
        """Settle messages whose sender died: never called, they wait again; called, nobody knows."""
        expired = self.env['dunning.delivery'].search([
            ('state', '=', 'sending'), ('lease_until', '<', fields.Datetime.now()),
        ]).try_lock_for_update().filtered_domain([('state', '=', 'sending')])
        for delivery in expired:
            state = outbox.after_lease(bool(delivery.called_at))
            delivery._set_state(state, lease_until=False, next_try_at=fields.Datetime.now(), **(
                {'failure_reason': 'lease'} if state == 'unclear' else {}
            ))

    def _claim(self, resting: set[str], after: int) -> tuple:
        """Claim the next messages that may go out now; put off or cancel those that may not.

        All queued messages of a customer are locked together, so that two workers never exceed a cap.

        :return: the messages claimed, the last one looked at, and how many were looked at.
        """
        now = fields.Datetime.now()
        domain = self._queue_domain() & Domain('channel', 'not in', list(resting)) & Domain('id', '>', after)
        ahead = self.env['dunning.delivery'].search(domain, order='id', limit=BATCH)
        if not ahead:
            return ahead, after, 0
        queued = self.env['dunning.delivery'].search(
            [('partner_id', 'in', ahead.partner_id.ids), ('state', '=', 'queued')], order='id')
        locked = queued.try_lock_for_update()
        held = (queued - locked).partner_id
        mine = ahead.filtered(lambda delivery: delivery in locked and delivery.partner_id not in held)
        allowed = self._checked(mine.filtered(lambda delivery: delivery.state == 'queued'), now)
        allowed._set_state('sending', lease_until=now + LEASE)
        self._settle_inside(allowed.filtered(lambda delivery: delivery.channel not in CALLED))
        return allowed.filtered(lambda delivery: delivery.channel in CALLED), ahead[-1].id, len(ahead)

    def _checked(self, deliveries, now):
        """Return the messages that may go out: still owed, still wanted, at the right hour, within the caps."""
        Gatherer = self.env['dunning.gatherer']
        gone = self.env['dunning.planner']._still_holds(deliveries.notice_id, now)
        for notice in deliveries.notice_id.filtered(lambda notice: notice.id in gone):
            self._drop(notice, gone[notice.id])
        allowed = deliveries.browse()
        deliveries = deliveries.filtered(lambda delivery: delivery.state == 'queued')
        taken: dict[int, list] = {}  # of all companies: caps are the customer's
        for company, of_company in deliveries.grouped('company_id').items():
            facts = Gatherer._facts(company, of_company.partner_id.ids, now)
            for delivery in of_company:
                customer = facts[delivery.partner_id.id].customer
                history = [*customer.history, *taken.get(delivery.partner_id.id, [])]
                if self._may_go(delivery, facts[delivery.partner_id.id], history, now):
                    allowed |= delivery
                    taken.setdefault(delivery.partner_id.id, []).append(Contact(now, delivery.channel))
        return allowed

    def _may_go(self, delivery, facts, history, now) -> bool:
        """Tell whether one message may go out now; cancel it or put it off if not."""
        customer, channel = facts.customer, delivery.channel
        if channel in customer.barred:
            delivery._set_state('cancelled', failure_reason=customer.barred[channel])
            delivery._fall_back()
            delivery.notice_id._follow_deliveries()
            return False
        if channel not in customer.rule.channels:
            return True
        if not is_open(customer.rule, now, customer.zone):
            opening = next_opening(customer.rule, now, customer.zone)
            return self._put_off(delivery, opening, customer.zone, now, 'closed')
        refused = cap_refusal(customer.rule, history, channel, now, customer.zone)
        return self._put_off(delivery, None, customer.zone, now, refused) if refused else True

    def _put_off(self, delivery, moment, zone: str, now, reason: str) -> bool:
        """Let a message wait for its hour today; what cannot go out today is decided anew tomorrow."""
        if moment and local(moment, zone).date() == local(now, zone).date():
            delivery._passed().write({'next_try_at': moment, 'failure_reason': reason})
            return False
        notice = delivery.notice_id
        if notice._is_untouched():
            notice._cancel(reason)
        else:
            delivery._stop(reason)
        return False

    def _drop(self, notice, reason: str) -> None:
        """Stop what still waits of a notice that no longer holds."""
        if notice._is_untouched():
            notice._cancel(reason)
        else:
            notice.delivery_ids._stop(reason)

    # === INSIDE === #

    def _settle_inside(self, deliveries) -> None:
        """Publish portal notices and give staff their activities; no call is needed for them."""
        now = fields.Datetime.now()
        for delivery in deliveries:
            if delivery.channel == 'activity':
                self._give_activity(delivery)
            state = 'delivered' if delivery.channel == 'activity' else 'sent'
            delivery._set_state(state, called_at=now, sent_at=now, lease_until=False)
        deliveries.notice_id._follow_deliveries()

    def _give_activity(self, delivery) -> None:
        notice, route = delivery.notice_id, delivery.route_id
        user = route.user_id or notice.partner_id.user_id or notice.policy_id.create_uid
        notice.partner_id.activity_schedule(
            'mail.mail_activity_data_todo', summary=delivery.subject or notice.step_id.name,
            note=delivery.body, user_id=user.id if user.active else self.env.uid,
        )

    # === CALL === #

    def _send_batch(self, claimed, resting: set[str], sessions: dict) -> float:
        """Hand claimed messages over one by one; return the seconds left. A silent channel rests."""
        cron, Mailer = self.env['ir.cron'], self.env['dunning.mailer']
        claims = {delivery.id: (delivery.channel, delivery.lease_until) for delivery in claimed}
        made = Mailer._make(claimed.filtered(lambda delivery: delivery.channel == 'email'))
        time_left, stop_at = cron._commit_progress(), monotonic() + PATIENCE
        outcomes: dict[int, Outcome] = {}
        silent: Counter = Counter()
        for delivery_id, (channel, lease) in claims.items():
            delivery = self.env['dunning.delivery'].browse(delivery_id)  # alone, so that no commit reads them all anew
            if channel in resting or monotonic() > stop_at or not self._announce(delivery, channel, lease):
                continue
            cron._commit_progress()
            outcome = outcomes[delivery_id] = self._call(delivery, channel, made, sessions)
            self._settle(delivery, outcome)
            time_left = cron._commit_progress(1)
            silent[channel] = 0 if outcome.kind in ('accepted', 'refused') else silent[channel] + 1
            if silent[channel] >= BREAKER or outcome.state == 'down':
                resting.add(channel)
                _logger.warning("Reminders by %s rest: %s calls in a row without success", channel, silent[channel])
                self.env['dunning.alarm']._raise(delivery.company_id, channel, silent[channel])
        self._give_back({key: lease for key, (_channel, lease) in claims.items() if key not in outcomes})
        Mailer._keep(made, outcomes)
        self._clear_alarms(outcomes)
        cron._commit_progress()
        return time_left

    def _clear_alarms(self, outcomes: dict[int, Outcome]) -> None:
        """Close the alarms of channels by which messages were accepted."""
        accepted = [key for key, outcome in outcomes.items() if outcome.kind == 'accepted']
        for company, channel in self.env['dunning.delivery'].browse(accepted).grouped(
            lambda delivery: (delivery.company_id, delivery.channel),
        ):
            self.env['dunning.alarm']._clear(company, channel)

    def _announce(self, delivery, channel: str, lease) -> bool:
        """Say that a message is about to be called, which counts as a try; refuse if it is not ours any more."""
        try:
            if not self._is_still_ours(delivery, lease):
                return False
            now = fields.Datetime.now()
            vals = {'called_at': now, 'lease_until': now + LEASE, 'attempt': delivery.attempt + 1}
            if channel == 'sms':
                vals['gateway_id'] = self._gateway(delivery.company_id).id
            delivery._passed().write(vals)
            self.env.flush_all()
            return True
        except PASSING:
            self._start_anew()
            return False

    def _settle(self, delivery, outcome: Outcome) -> None:
        """Write down what became of a call; a delivery report that was quicker stands."""
        for _try in range(TRIES_TO_SETTLE):
            try:
                if delivery.state == 'sending':
                    delivery._take(outcome)
                elif outcome.reference and not delivery.provider_ref:
                    delivery._passed().provider_ref = outcome.reference[:200]
                return self.env.flush_all()
            except PASSING:
                self._start_anew()
        return None

    def _start_anew(self) -> None:
        self.env.cr.rollback()
        self.env.invalidate_all(flush=False)

    def _is_still_ours(self, delivery, lease) -> bool:
        """Tell whether our claim still holds: a batch that took too long may have been given to another sender."""
        delivery.invalidate_recordset(['state', 'lease_until'])
        return delivery.state == 'sending' and delivery.lease_until == lease > fields.Datetime.now()

    def _give_back(self, leases: dict) -> None:
        """Return messages that were claimed and not called to the queue; they used up no try."""
        ours = self.env['dunning.delivery'].browse(leases).filtered(
            lambda delivery: delivery.state == 'sending' and delivery.lease_until == leases[delivery.id])
        if ours:
            ours._set_state('queued', lease_until=False)

    def _call(self, delivery, channel: str, made: dict, sessions: dict) -> Outcome:
        """Hand one message over; whatever happens becomes an outcome."""
        try:
            if channel == 'email':
                return self.env['dunning.mailer']._hand_over(made[delivery.id], sessions)
            return self._send_sms(delivery)
        except PASSING:
            raise
        except Exception as error:  # unknown what the other side did with it
            _logger.exception("Message %s met an unexpected error", delivery.id)
            return Outcome('unclear', type(error).__name__)

    # === SMS === #

    def _send_sms(self, delivery) -> Outcome:
        company, gateway = delivery.company_id, delivery.gateway_id
        if gateway:
            return gateway._send(delivery.recipient, delivery.body, delivery.request_uuid)
        return self._send_by_provider(self._provider(company), delivery)

    def _provider(self, company):
        """Return what a company sends text messages by: Odoo's own seam."""
        api = company._get_sms_api_class()(self.env(su=True))
        api._set_company(company)
        return api

    def _gateway(self, company):
        """Return the company's gateway, nothing if another add-on's provider sends its text messages."""
        return company.dunning_gateway_id if isinstance(self._provider(company), SmsApiGateway) else (
            self.env['dunning.gateway'])

    def _send_by_provider(self, api, delivery) -> Outcome:
        """Send by Odoo's own service or another add-on's provider, one number a call."""
        try:
            results = api._send_sms_batch([{
                'content': delivery.body,
                'numbers': [{'number': delivery.recipient, 'uuid': delivery.request_uuid}],
            }])
        except Exception as error:  # the seam does not tell whether the message was taken
            return Outcome('unclear', type(error).__name__)
        result = next((found for found in results or [] if found.get('uuid') == delivery.request_uuid), {})
        state = result.get('state')
        if state in ('success', 'processing', 'sent'):
            return Outcome('accepted', reference=str(result.get('sms_twilio_sid') or ''))
        if state in ('insufficient_credit', 'unregistered', 'server_error', 'registration_needed'):
            return Outcome('later' if state != 'server_error' else 'unclear', state)
        return Outcome('refused', str(state))

    def _ask(self, delivery) -> None:
        """Find out what became of an unclear message; a mail is sent again with the same Message-Id."""
        now = fields.Datetime.now()
        count = delivery.ask_count + 1
        later = fields.Datetime.add(now, seconds=outbox.BACKOFF[min(count, len(outbox.BACKOFF)) - 1])
        delivery._passed().write({'ask_count': count, 'next_try_at': later if count < ASKS else False})
        if delivery.channel == 'email':
            if count <= 2:  # the receiver knows a repeated Message-Id
                delivery._set_state('queued', next_try_at=now)
            return
        if not delivery.gateway_id:
            return
        outcome = delivery.gateway_id._ask(delivery.request_uuid, delivery.provider_ref or '')
        if outcome.kind == 'later':
            delivery._set_state('queued', next_try_at=now, called_at=False)
        elif outcome.kind in ('accepted', 'refused'):
            delivery._take_report('failed' if outcome.kind == 'refused' else outcome.state or 'sent', outcome.reason,
                                  outcome.reference)
