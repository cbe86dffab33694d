"""A message of a step: its channel, whether it is a fallback, and its text in every language."""

from decimal import Decimal

from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import html2plaintext, is_html_empty

from ..rules import sms_text, wording
from ..rules.decision import Route

CHANNELS = [
    ('email', "E-mail"), ('sms', "Text message"), ('letter', "Letter"), ('portal', "Portal notice"),
    ('activity', "Activity for staff"),
]


class DunningRoute(models.Model):
    _name = 'dunning.route'
    _description = "Reminder Message"
    _order = 'step_id, sequence, id'

    step_id = fields.Many2one('dunning.step', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='step_id.company_id')
    sequence = fields.Integer(default=10)
    channel = fields.Selection(CHANNELS, required=True, default='email')
    is_fallback = fields.Boolean("Only if the one before fails")
    subject = fields.Char(translate=True)
    body = fields.Html("Text", translate=True, sanitize_attributes=False)
    sms_body = fields.Text("Text message", translate=True)
    user_id = fields.Many2one(
        'res.users', "Responsible", help="Who gets the activity; empty: the customer's salesperson.",
    )
    sms_preview = fields.Text(compute='_compute_sms_size')
    sms_size = fields.Char("Size", compute='_compute_sms_size')
    sms_warning = fields.Char(compute='_compute_sms_size')

    @api.depends('sms_body', 'channel')
    @api.depends_context('lang')
    def _compute_sms_size(self):
        company = self.env.company
        gateway = company.dunning_gateway_id
        for route in self:
            text = sms_text.clean(wording.longest(route.sms_body or '')) if route.channel == 'sms' else ''
            plain = sms_text.without_accents(text)
            sent = plain if company.dunning_sms_plain else text
            size = sms_text.measure(sent)
            route.sms_preview = sent
            route.sms_size = route._size_words(size, gateway)
            route.sms_warning = route._size_warning(text, plain, size, company)

    def _size_words(self, size, gateway) -> str | bool:
        """Return the size of the longest text in words, with its cost if the gateway has a price."""
        if not size.parts:
            return False
        words = self.env._(
            "%(parts)s parts, %(units)s of %(limit)s characters (%(encoding)s) with the longest values",
            parts=size.parts, units=size.units, limit=size.units + size.left,
            encoding='GSM-7' if size.encoding == 'gsm7' else 'UCS-2',
        )
        if gateway.part_price:
            words += self.env._(
                ", %(cost)s a message",
                cost=gateway.currency_id.format(float(size.cost(Decimal(str(gateway.part_price))))),
            )
        return words

    def _size_warning(self, text: str, plain: str, size, company) -> str | bool:
        """Return what makes the message dearer than it has to be."""
        if size.encoding == 'gsm7':
            return False
        better = sms_text.measure(plain)
        if company.dunning_sms_plain or better.parts >= size.parts:
            return self.env._("These characters make the message longer: %(chars)s", chars=' '.join(size.foreign))
        return self.env._(
            "%(chars)s cost %(more)s more parts. Without accents the message has %(parts)s.",
            chars=' '.join(size.foreign), more=size.parts - better.parts, parts=better.parts,
        )

    @api.depends('channel', 'step_id')
    def _compute_display_name(self):
        names = dict(self._fields['channel']._description_selection(self.env))
        for route in self:
            route.display_name = names.get(route.channel, '')

    @api.constrains('subject', 'body', 'sms_body')
    def _check_placeholders(self):
        for route in self:
            text = f'{route.subject or ""} {html2plaintext(route.body or "")} {route.sms_body or ""}'
            if unknown := wording.unknown_placeholders(text):
                raise ValidationError(self.env._(
                    "%(step)s: nobody fills %(unknown)s. Known are %(known)s.",
                    step=route.step_id.name, unknown=', '.join(f'{{{name}}}' for name in unknown),
                    known=', '.join(f'{{{name}}}' for name in wording.KNOWN),
                ))

    @api.constrains('channel', 'subject', 'body', 'sms_body')
    def _check_text(self):
        for route in self:
            if route.channel == 'sms' and not (route.sms_body or '').strip():
                raise ValidationError(self.env._("%(step)s: the text message has no text.", step=route.step_id.name))
            if route.channel in ('email', 'letter', 'portal') and (
                is_html_empty(route.body) or not (route.subject or '').strip()
            ):
                raise ValidationError(self.env._(
                    "%(step)s: give the message a subject and a text.", step=route.step_id.name,
                ))

    def _route(self) -> Route:
        return Route(self.channel, self.is_fallback, self.id)

    def _texts(self, values: dict[str, str]) -> tuple[str, str]:
        """Return subject and text of this message, in the language of the environment, with values filled in.

        :param values: text by placeholder; `Markup` values go into HTML as they are.
        """
        subject = wording.filled(self.subject or self.step_id.name or '', values, _one_line)
        if self.channel == 'sms':
            text = sms_text.clean(wording.filled(self.sms_body or '', values))
            return subject, sms_text.without_accents(text) if self.env.company.dunning_sms_plain else text
        return subject, wording.filled(self.body or '', values, _html)


def _one_line(value: str) -> str:
    """Return a value without line breaks: a subject is a header, and nobody may add another one."""
    return ' '.join(str(value).split())


def _html(value: str) -> str:
    return str(value) if isinstance(value, Markup) else str(escape(value))
