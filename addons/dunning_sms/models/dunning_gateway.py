"""An SMS gateway: how a provider is called, how it answers, and how it reports; or a sandbox."""

import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..gateways.http_gateway import HttpGateway, Settings, fill_json
from ..rules import sms_text
from ..rules.outbox import Outcome
from ..rules.phone import sms_number
from ..rules.signature import is_genuine
from ..rules.stop_words import asks_to_start, asks_to_stop

SYSTEM = 'base.group_system'
OUTCOMES = {
    'accepted': Outcome('accepted'), 'delivered': Outcome('accepted', state='delivered'),
    'refused': Outcome('refused', 'sandbox'), 'later': Outcome('later', 'sandbox'),
    'lost': Outcome('unclear', 'sandbox'), 'unclear': Outcome('unclear', 'sandbox'),
}


class DunningGateway(models.Model):
    _name = 'dunning.gateway'
    _description = "SMS Gateway"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'sequence, id'

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', help="Empty: every company may use it.")
    user_id = fields.Many2one(
        'res.users', "Responsible", help="Is told when the gateway falls silent. Empty: a manager of collections.",
    )
    kind = fields.Selection([('http', "HTTP"), ('sandbox', "Sandbox")], required=True, default='sandbox')
    sandbox_outcome = fields.Selection(
        [('accepted', "Accepted"), ('delivered', "Delivered"), ('refused', "Refused"),
         ('later', "Not accepted, try later"), ('unclear', "Unclear, but taken"), ('lost', "Unclear, and not taken")],
        "Every message is", required=True, default='delivered',
    )
    sandbox_message_ids = fields.One2many('dunning.sandbox.message', 'gateway_id', "Recorded")
    url = fields.Char("Address", groups=SYSTEM)
    method = fields.Selection([('POST', "POST"), ('GET', "GET"), ('PUT', "PUT")], required=True, default='POST')
    headers = fields.Text(groups=SYSTEM, help='A JSON object, such as {"Authorization": "Bearer {token}"}.')
    body_format = fields.Selection([('json', "JSON"), ('form', "Form")], required=True, default='json')
    body = fields.Text(
        default='{"to": "{number}", "text": "{text}", "reference": "{reference}"}',
        help="A JSON object, for a form too. Known are {number}, {digits}, {text}, {reference}, {sender}, {token}.",
    )
    user = fields.Char(groups=SYSTEM)
    password = fields.Char(groups=SYSTEM)
    token = fields.Char(groups=SYSTEM)
    sender = fields.Char(help="Number or name the message comes from.")
    reference_path = fields.Char("Where the reference stands", help="In the answer, such as messages.0.id")
    state_path = fields.Char("Where the result stands", help="In the answer, such as messages.0.status")
    accepted_words = fields.Char("Accepted", help="Results that mean accepted, separated by commas. Empty: any.")
    refused_words = fields.Char("Refused", help="Results that mean refused for good, separated by commas.")
    not_accepted_codes = fields.Char(
        "Codes that say not accepted",
        help="Codes from 500 on that surely mean nothing was accepted, such as 503, 509.",
    )
    status_url = fields.Char(
        "Status query", groups=SYSTEM, help="Address that tells what became of {reference} or {provider_reference}.",
    )
    status_path = fields.Char("Where the status stands", default='status')
    status_words = fields.Text(
        "Status words", default='{"queued": "sent", "sent": "sent", "delivered": "delivered", "failed": "failed"}',
        help="A JSON object from the provider's word to sent, delivered or failed.",
    )
    report_secret = fields.Char("Secret of reports", groups=SYSTEM, copy=False)
    report_secret_old = fields.Char("Old secret", groups=SYSTEM, copy=False, help="Valid as well while it is changed.")
    report_url = fields.Char("Reports go to", compute='_compute_report_url')
    part_price = fields.Float("Price a part", digits=(16, 4))
    currency_id = fields.Many2one('res.currency', default=lambda self: self.env.company.currency_id)

    @api.depends('kind')
    def _compute_report_url(self):
        for gateway in self:
            gateway.report_url = f'{gateway.get_base_url()}/dunning/sms/{gateway.id or 0}/report'

    @api.constrains('headers', 'body', 'status_words')
    def _check_json(self):
        for gateway in self.sudo():  # the address fields are for system users, the check is for all
            for name in ('headers', 'body', 'status_words'):
                try:
                    value = fill_json(gateway[name] or '{}', {})
                except ValueError:
                    value = None
                if not isinstance(value, dict):
                    raise ValidationError(self.env._(
                        "%(gateway)s: “%(field)s” must be a JSON object.",
                        gateway=gateway.name, field=self._fields[name].get_description(self.env)['string'],
                    ))

    @api.constrains('kind', 'url')
    def _check_url(self):
        for gateway in self.sudo():  # as above
            if gateway.kind == 'http' and not (gateway.url or '').startswith(('https://', 'http://')):
                raise ValidationError(self.env._("%(gateway)s needs an address with https://.", gateway=gateway.name))

    # === SEND === #

    def _send(self, number: str, text: str, reference: str) -> Outcome:
        """Hand one message over and return what became of it."""
        self.ensure_one()
        if self.kind == 'sandbox':
            return self._send_sandbox(number, text, reference)
        return self._http().send(number, text, reference)

    def _ask(self, reference: str, provider_reference: str) -> Outcome:
        """Ask what became of a message."""
        self.ensure_one()
        if self.kind == 'sandbox':
            known = self.env['dunning.sandbox.message'].sudo().search(  # the outbox asks, not a person
                [('gateway_id', '=', self.id), ('reference', '=', reference)], limit=1)
            return Outcome('accepted', state='delivered') if known else Outcome('later', 'unknown to the gateway')
        return self._http().ask(reference, provider_reference)

    def _send_sandbox(self, number: str, text: str, reference: str) -> Outcome:
        outcome = OUTCOMES[self.sandbox_outcome]
        if self.sandbox_outcome in ('accepted', 'delivered', 'unclear'):
            self.env['dunning.sandbox.message'].sudo().create({  # the outbox records, not a person
                'gateway_id': self.id, 'number': number, 'body': text, 'reference': reference,
                'parts': sms_text.measure(text).parts,
            })
        return outcome

    def _http(self) -> HttpGateway:
        gateway = self.sudo()  # address and secrets are for system users; sending is not
        settings = Settings(
            gateway.url or '', gateway.method, json.loads(gateway.headers or '{}'), gateway.body_format,
            gateway.body or '', gateway.user or '', gateway.password or '', gateway.reference_path or '',
            gateway.state_path or '', _words(gateway.accepted_words), _words(gateway.refused_words),
            frozenset(int(code) for code in _words(gateway.not_accepted_codes) if code.isdigit()),
            gateway.status_url or '', gateway.status_path or '',
            {str(word).lower(): state for word, state in json.loads(gateway.status_words or '{}').items()},
        )
        return HttpGateway(settings, {'token': gateway.token or '', 'sender': gateway.sender or ''})

    # === REPORTS === #

    def _is_genuine(self, timestamp: str, body: bytes, signature: str, now: float) -> bool:
        """Tell whether a call is signed with a secret of this gateway; without a secret none is."""
        gateway = self.sudo()  # anybody may call, the secret decides
        return is_genuine(
            [gateway.report_secret or '', gateway.report_secret_old or ''], timestamp, body, signature, now,
        )


class DunningSandboxMessage(models.Model):
    _name = 'dunning.sandbox.message'
    _description = "Sandbox Message"
    _order = 'id desc'
    _rec_name = 'number'

    gateway_id = fields.Many2one('dunning.gateway', required=True, readonly=True, index=True, ondelete='cascade')
    number = fields.Char(readonly=True)
    body = fields.Text("Text", readonly=True)
    reference = fields.Char(readonly=True, index=True)
    parts = fields.Integer(readonly=True)


class DunningGatewayEvent(models.Model):
    _name = 'dunning.gateway.event'
    _description = "Gateway Call"
    _order = 'id desc'
    _rec_name = 'event'

    gateway_id = fields.Many2one('dunning.gateway', required=True, readonly=True, index=True, ondelete='cascade')
    event = fields.Char("Event", required=True, readonly=True)
    kind = fields.Selection([('report', "Delivery report"), ('answer', "Answer")], required=True, readonly=True)
    delivery_id = fields.Many2one('dunning.delivery', readonly=True, index='btree_not_null', ondelete='set null')
    state = fields.Char(readonly=True)
    has_effect = fields.Boolean(readonly=True)

    _once = models.UniqueIndex('(gateway_id, event)', "This call was taken already.")

    @api.model
    def _take(self, gateway, event: str, kind: str):
        """Note a call and return it; nothing if it was taken before, by whichever worker."""
        self.env.cr.execute(
            """INSERT INTO dunning_gateway_event
                   (gateway_id, event, kind, create_uid, write_uid, create_date, write_date)
               VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
               ON CONFLICT (gateway_id, event) DO NOTHING RETURNING id""",
            (gateway.id, event[:200], kind, self.env.uid, self.env.uid),
        )
        found = self.env.cr.fetchone()
        return self.browse(found[0]) if found else self.browse()

    @api.model
    def _report(self, gateway, event: str, reference: str, provider_ref: str, state: str, reason: str) -> bool | None:
        """Take a delivery report; None if no message has this reference (the gateway should try again)."""
        Delivery = self.env['dunning.delivery']
        delivery = Delivery.search([('request_uuid', '=', reference)], limit=1) if reference else Delivery
        if not delivery and provider_ref:
            delivery = Delivery.search(
                [('provider_ref', '=', provider_ref), ('gateway_id', '=', gateway.id)], limit=1)
        if not delivery or delivery.gateway_id != gateway:
            return None
        noted = self._take(gateway, event, 'report')
        if not noted:
            return False
        state = {'queued': 'sent', 'accepted': 'sent'}.get(state, state)
        changed = state in ('sent', 'delivered', 'failed') and delivery._take_report(state, reason, provider_ref)
        noted.write({'delivery_id': delivery.id, 'state': state[:40], 'has_effect': changed})
        return changed

    @api.model
    def _answer(self, gateway, event: str, number: str, text: str) -> None:
        """Take an answer of a recipient: an opt-out counts for every customer with this number."""
        noted = self._take(gateway, event, 'answer')
        if not noted:
            return
        stops, starts = asks_to_stop(text), asks_to_start(text)
        noted.write({'state': 'stop' if stops else 'start' if starts else 'other', 'has_effect': stops or starts})
        if not (stops or starts):
            return
        plain = self._texted(gateway, number)
        was_known = bool(self.env['phone.blacklist'].search_count([('number', '=', plain)]))
        if stops:
            self.env['phone.blacklist']._add([plain])
        else:
            self.env['phone.blacklist']._remove([plain])
        partners = self.env['dunning.delivery'].search([
            ('recipient', '=', plain), ('channel', '=', 'sms'),
        ]).partner_id
        self.env['message.consent']._note(partners, 'sms', 'refused' if stops else 'granted', 'answer', text)
        if stops and not was_known:
            self.env['message.opt.out.receipt']._confirm(gateway, plain, noted, partners)

    def _texted(self, gateway, number: str) -> str:
        """Return the number an answer comes from as we write it; providers leave out +, 00 or the country code."""
        country = (gateway.company_id or self.env.company).country_id.code
        for given, region in ((number if number.startswith(('+', '00')) else f'+{number}', None), (number, country)):
            if plain := sms_number(given, region)[0]:
                return plain
        digits = ''.join(char for char in number if char.isdigit()).lstrip('0')
        last = self.env['dunning.delivery'].search(
            [('channel', '=', 'sms'), ('recipient', '=like', f'%{digits}')], order='id desc', limit=1,
        ) if len(digits) >= 7 else None
        return last.recipient if last else number


def _words(text: str | None) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in (text or '').split(',') if word.strip())
