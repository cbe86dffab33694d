"""A contact rule: the hours, holidays, caps and consent by which a law lets customers be contacted."""

from datetime import time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.calendar import ContactRule, Holiday, Window

WEEKDAYS = [
    ('0', "Monday"), ('1', "Tuesday"), ('2', "Wednesday"), ('3', "Thursday"), ('4', "Friday"), ('5', "Saturday"),
    ('6', "Sunday"),
]
BASES = [('opt_out', "Until the customer objects"), ('opt_in', "Only with the customer's consent")]


class DunningContactRule(models.Model):
    _name = 'dunning.contact.rule'
    _description = "Contact Rule"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one('res.country', help="Proposed to companies of this country.")
    source = fields.Text("Law", translate=True, help="The law or norm behind this rule, for those who check it.")
    window_ids = fields.One2many('dunning.contact.window', 'rule_id', "Hours", copy=True)
    holiday_ids = fields.One2many('dunning.holiday', 'rule_id', "Holidays", copy=True)
    on_holidays = fields.Boolean("Contact on holidays", default=True)
    per_day = fields.Integer("Messages a day", help="At most so many to a customer; 0: no limit.")
    per_week = fields.Integer("Messages in seven days", help="At most so many to a customer; 0: no limit.")
    one_channel = fields.Boolean(
        "One channel a week", help="A customer reached on one channel is not contacted on another for seven days.",
    )
    limits_email = fields.Boolean("Limits e-mails", default=True)
    limits_sms = fields.Boolean("Limits text messages", default=True)
    consent_email = fields.Selection(BASES, "E-mail goes", required=True, default='opt_out')
    confirms_opt_out = fields.Boolean(
        "Confirm a STOP", default=True, help="One last text message tells that the opt-out was taken.",
    )
    consent_sms = fields.Selection(BASES, "Text messages go", required=True, default='opt_out')

    _caps = models.Constraint(
        'CHECK (per_day >= 0 AND per_week >= 0)', "A limit of messages is 0 (none) or more.",
    )

    def _rule(self) -> ContactRule:
        """Return the rule as the rules know it; without a record everything is open."""
        if not self:
            return ContactRule(channels=frozenset())
        self.ensure_one()
        limited = {'email': self.limits_email, 'sms': self.limits_sms}
        return ContactRule(
            tuple(window._window() for window in self.window_ids),
            tuple(holiday._holiday() for holiday in self.holiday_ids),
            self.on_holidays, self.per_day, self.per_week, self.one_channel,
            frozenset(channel for channel, is_limited in limited.items() if is_limited),
        )

    def _needs_consent(self, channel: str) -> bool:
        """Tell whether a channel may be used only for those who agreed."""
        return bool(self) and channel in ('email', 'sms') and self[f'consent_{channel}'] == 'opt_in'


class DunningContactWindow(models.Model):
    _name = 'dunning.contact.window'
    _description = "Contact Hours"
    _order = 'weekday, hour_from'

    rule_id = fields.Many2one('dunning.contact.rule', required=True, index=True, ondelete='cascade')
    weekday = fields.Selection(WEEKDAYS, required=True)
    hour_from = fields.Float("From", required=True)
    hour_to = fields.Float("To", required=True)

    _hours = models.Constraint(
        'CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)',
        "Contact hours must end after they begin, on the same day.",
    )

    def _window(self) -> Window:
        return Window(int(self.weekday), _clock(self.hour_from), _clock(self.hour_to))


class DunningHoliday(models.Model):
    _name = 'dunning.holiday'
    _description = "Holiday"
    _order = 'kind, month, day, easter_offset, date'

    rule_id = fields.Many2one('dunning.contact.rule', required=True, index=True, ondelete='cascade')
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [('fixed', "Same date each year"), ('easter', "Days from Easter Sunday"), ('single', "One date")],
        required=True, default='fixed',
    )
    month = fields.Integer()
    day = fields.Integer()
    easter_offset = fields.Integer("Days from Easter")
    date = fields.Date()
    to_monday = fields.Boolean("Moved to Monday", help="Kept on the following Monday if it is no Monday.")

    @api.constrains('kind', 'month', 'day', 'date')
    def _check_day(self):
        for holiday in self:
            fixed = 1 <= holiday.month <= 12 and 1 <= holiday.day <= 31
            if (holiday.kind == 'fixed' and not fixed) or (holiday.kind == 'single' and not holiday.date):
                raise ValidationError(self.env._("Give the day of the holiday “%(name)s”.", name=holiday.name))

    def _holiday(self) -> Holiday:
        return Holiday(
            self.month, self.day,
            self.easter_offset if self.kind == 'easter' else None,
            self.to_monday, self.date if self.kind == 'single' else None,
        )


def _clock(hours: float) -> time:
    """Return hours such as 7.5 as a time; 24 is the end of the day."""
    if hours >= 24:
        return time.max
    minutes = round(hours * 60)
    return time(minutes // 60, minutes % 60)
