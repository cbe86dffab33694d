"""Calls that customers ask for: a time inside the company's hours, a number, and somebody who has to call then."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime
from psycopg2.errors import UniqueViolation
from pytz import all_timezones_set

from ..rules.call_back import call_slots

DAYS_AHEAD = 7
NOTICE = timedelta(hours=1)
"""Nobody can be promised a call at once."""
PHONE_LIMIT = 40
TEXT_LIMIT = 2000
CALL = 'mail.mail_activity_data_call'


class SupportCase(models.Model):
    _inherit = 'support.case'

    call_at = fields.Datetime("Call back at", readonly=True, copy=False, index='btree_not_null', tracking=True)
    call_phone = fields.Char("Number to call", readonly=True, copy=False)
    call_tz = fields.Char("Time zone of the customer", readonly=True, copy=False)
    call_text = fields.Char("Customer's time", compute='_compute_call_text')
    partner_phone = fields.Char(related='partner_id.phone', string="Phone")

    _called_once = models.UniqueIndex(
        "(partner_id, call_at) WHERE call_at IS NOT NULL", "This customer asked for a call at this time already.",
    )

    @api.depends('call_at', 'call_tz')
    def _compute_call_text(self):
        for case in self:
            case.call_text = case.call_at and case._call_time(case.call_tz)

    def _call_time(self, zone: str) -> str:
        """Return the time of the call as people of a time zone read it, with its name."""
        shown = format_datetime(self.env, self.call_at, tz=zone, dt_format='short')
        return f'{shown} ({zone})'

    @api.model
    def _call_zone(self, *wanted: str) -> str:
        """Return the first of these time zones that exists, else that of the company's working hours."""
        calendar = self.env.company.sudo().resource_calendar_id  # sudo: working hours are no secret
        return next((zone for zone in (*wanted, calendar.tz) if zone in all_timezones_set), 'UTC')

    @api.model
    def _call_slots(self) -> list[datetime]:
        """Return when the company can call, in UTC: in its working hours of the next days, holidays left out."""
        calendar = self.env.company.sudo().resource_calendar_id  # sudo: working hours are no secret
        now = fields.Datetime.now().replace(tzinfo=UTC)
        if not calendar:
            return []
        # from midnight on, so that the slots are the same whenever somebody looks
        start = now.astimezone(ZoneInfo(calendar.tz or 'UTC')).replace(hour=0, minute=0, second=0, microsecond=0)
        hours = calendar._work_intervals_batch(start, start + timedelta(days=DAYS_AHEAD + 1))[False]
        return call_slots([(begin, end) for begin, end, _attendances in hours], now + NOTICE)

    @api.model
    def _waiting_call(self, partner):
        """Return the case of a call that a customer waits for, the next one first."""
        return self.search([
            ('partner_id', '=', partner.id), ('call_at', '>', fields.Datetime.now()), ('state', 'in', ('new', 'open')),
        ], order='call_at', limit=1)

    @api.model
    def _ask_for_call(self, partner, typed: dict, zone: str):
        """Open the case of a call, or move the call that the customer waits for already.

        :param typed: texts of slot (UTC), phone and message.
        :raises UserError: telling what is missing or wrong.
        """
        vals = {**self._typed_call(partner, typed), 'call_tz': zone}
        if waiting := self._waiting_call(partner):
            # sudo: customers may not write on cases; the case is the user's own and the values were checked
            waiting.sudo()._move_call(vals)
            return waiting
        message = str(typed.get('message') or '').strip()[:TEXT_LIMIT]
        # sudo: a customer has no right to create; the values were checked and the partner is the user's own
        case = self.sudo()._open_call({
            **vals, 'partner_id': partner.id, 'company_id': self.env.company.id, 'channel': 'portal',
            'type_id': self._call_type().id, 'subject': self.env._("Call me back"),
            'description': message or self.env._("Call me back"),
        })
        return case.with_env(self.env)

    def _open_call(self, vals: dict):
        try:
            with self.env.cr.savepoint():
                case = self.create(vals)
        except UniqueViolation as error:
            raise UserError(self.env._("You asked for a call at this time already. Look at your cases.")) from error
        case._plan_call()
        return case

    def _typed_call(self, partner, typed: dict) -> dict:
        slots = {slot.isoformat(): slot for slot in self._call_slots()}
        slot = slots.get(str(typed.get('slot') or ''))
        if not slot:
            raise UserError(self.env._("Choose one of the times."))
        typed_phone = str(typed.get('phone') or '').strip()
        country = partner.country_id or self.env.company.country_id
        phone = len(typed_phone) <= PHONE_LIMIT and partner._phone_format(number=typed_phone, country=country)
        if not phone:
            raise UserError(self.env._(
                "“%s” is no telephone number. Write it with the code of your country, as +49 761 5550.",
                typed_phone[:PHONE_LIMIT],
            ))
        return {'call_at': slot.replace(tzinfo=None), 'call_phone': phone}

    @api.model
    def _call_type(self):
        """Return the kind of case that a call is: a request, or the first one where there is none."""
        request = self.env.ref('customer_portal_ext.case_type_request', raise_if_not_found=False)
        # sudo: kinds are shown to every customer
        return request or self.env['support.case.type'].sudo().search([], limit=1)

    def _move_call(self, vals: dict) -> None:
        if self.call_at == vals['call_at'] and self.call_phone == vals['call_phone']:
            return
        self.write(vals)
        self.activity_unlink([CALL])
        self._plan_call()

    def _plan_call(self) -> None:
        """Give somebody the call to make, at the hour of their own clock."""
        responsible = self.user_id or self.partner_id.user_id or self.env.ref('base.user_admin')
        zone = self._call_zone(responsible.tz)
        self.activity_schedule(
            CALL, user_id=responsible.id,
            date_deadline=self.call_at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date(),
            summary=self.env._("Call %(phone)s at %(time)s", phone=self.call_phone, time=self._call_time(zone)),
        )
