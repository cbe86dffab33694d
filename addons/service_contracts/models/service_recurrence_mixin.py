"""How often a service is billed, at which end of the period and on which day."""

from functools import lru_cache

from odoo import api, fields, models

from ..rules.periods import Interval, Recurrence

UNIT_SELECTION = [
    ('day', "Days"),
    ('week', "Weeks"),
    ('month', "Months"),
    ('quarter', "Quarters"),
    ('half_year', "Half-years"),
    ('year', "Years"),
]
MONTH_SELECTION = [
    ('1', "January"), ('2', "February"), ('3', "March"), ('4', "April"),
    ('5', "May"), ('6', "June"), ('7', "July"), ('8', "August"),
    ('9', "September"), ('10', "October"), ('11', "November"), ('12', "December"),
]
WEEKDAY_SELECTION = [
    ('0', "Monday"), ('1', "Tuesday"), ('2', "Wednesday"), ('3', "Thursday"),
    ('4', "Friday"), ('5', "Saturday"), ('6', "Sunday"),
]
RECURRENCE_FIELDS = (
    'interval_count', 'interval_unit', 'timing',
    'anchor', 'anchor_day', 'anchor_month', 'anchor_weekday', 'proration', 'lead_days',
)


class ServiceRecurrenceMixin(models.AbstractModel):
    _name = 'service.recurrence.mixin'
    _description = "Recurrence"
    _inherit = ['service.input.mixin']

    interval_count = fields.Integer("Every", default=1, required=True)
    interval_unit = fields.Selection(UNIT_SELECTION, "Unit of time", default='month', required=True)
    timing = fields.Selection(
        [('advance', "In advance"), ('arrears', "In arrears")],
        "Billed", default='advance', required=True,
        help="In advance: on the first day of each period, or days before it. In arrears: on the day after its last.",
    )
    anchor = fields.Selection(
        [('start', "Start day"), ('calendar', "Calendar day")],
        "Periods begin on", default='start', required=True,
        help="Start day: periods count from the day the service starts. "
             "Calendar day: all customers share the same bill day; the first period may be short.",
    )
    anchor_day = fields.Integer(
        "Bill day", default=1, required=True, help="Day of the month; 31 is the last day of every month.",
    )
    anchor_month = fields.Selection(
        MONTH_SELECTION, "Counted from", default='1', required=True,
        help="Quarters, half-years and years are counted from this month.",
    )
    anchor_weekday = fields.Selection(WEEKDAY_SELECTION, "Bill weekday", default='0', required=True)
    proration = fields.Selection(
        [('none', "Full price"), ('day', "By day"), ('30_360', "By day, months of 30 days")],
        "Short periods", default='day', required=True,
        help="How a period is charged in which the service did not run from the first day to the last.",
    )
    lead_days = fields.Integer(
        "Lead days", default=lambda self: self.env.company.service_lead_days, required=True,
        help="In advance: a period is billed so many days before it begins. 0: on its first day.",
    )
    recurrence_label = fields.Char("Recurrence", compute='_compute_recurrence_label')

    _interval_count_positive = models.Constraint(
        'CHECK (interval_count BETWEEN 1 AND 1000)',
        "A period counts from 1 to 1000 days, weeks, months or years.",
    )
    _anchor_day_in_month = models.Constraint(
        'CHECK (anchor_day BETWEEN 1 AND 31)',
        "The bill day is a day of the month, from 1 to 31.",
    )
    _lead_days_in_range = models.Constraint(
        'CHECK (lead_days BETWEEN 0 AND 60)',
        "A period is billed from 0 to 60 days before it begins.",
    )

    @api.depends('interval_count', 'interval_unit')
    @api.depends_context('lang')
    def _compute_recurrence_label(self):
        for record in self:
            record.recurrence_label = record._recurrence_text()

    def _input_ranges(self):
        return {**super()._input_ranges(), 'interval_count': (1, 1000), 'anchor_day': (1, 31), 'lead_days': (0, 60)}

    def _recurrence_text(self) -> str:
        """Return the recurrence as people say it: “per month”, “every 3 months”."""
        self.ensure_one()
        env = self.env
        if self.interval_count == 1:
            return {
                'day': env._("per day"),
                'week': env._("per week"),
                'month': env._("per month"),
                'quarter': env._("per quarter"),
                'half_year': env._("per half-year"),
                'year': env._("per year"),
            }.get(self.interval_unit, '')
        texts = {
            'day': env._("every %(count)s days", count=self.interval_count),
            'week': env._("every %(count)s weeks", count=self.interval_count),
            'month': env._("every %(count)s months", count=self.interval_count),
            'quarter': env._("every %(count)s quarters", count=self.interval_count),
            'half_year': env._("every %(count)s half-years", count=self.interval_count),
            'year': env._("every %(count)s years", count=self.interval_count),
        }
        return texts.get(self.interval_unit, '')

    def _recurrence(self, start):
        """Return the grid of billing periods of a service that begins on `start` (date).

        :raises RuleError: when the fields make no grid, such as an interval of 0 months.
        """
        return _grid(
            self.interval_count, self.interval_unit, self.anchor, self.anchor_day,
            self.anchor_month, self.anchor_weekday, start,
        )


@lru_cache(maxsize=8192)
def _grid(count, unit, anchor, anchor_day, anchor_month, anchor_weekday, start) -> Recurrence:
    """Contracts of one plan and day share one grid, so it is made once."""
    interval = Interval(count, unit)
    if anchor == 'calendar':
        return Recurrence.from_calendar(interval, start, anchor_day, int(anchor_month), int(anchor_weekday))
    return Recurrence.from_start(interval, start)
