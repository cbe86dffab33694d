"""Meters: what is counted, how the records of a period add up, and what happens to those that come late."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

AGGREGATION_SELECTION = [
    ('sum', "Sum"),
    ('count', "Number of records"),
    ('max', "Highest value"),
    ('latest', "Latest value"),
    ('unique', "Number of different keys"),
    ('weighted_sum', "Level, weighted by time"),
]
LEVELS = ('max', 'latest', 'weighted_sum')
"""Aggregations of a level, which may go on from period to period."""
FIXED_FIELDS = {'aggregation', 'keeps_level', 'company_id'}
"""What makes the sense of the records; it stays once there are any."""


class ServiceMeter(models.Model):
    _name = 'service.meter'
    _description = "Usage Meter"
    _inherit = ['service.input.mixin', 'mail.thread']
    _order = 'name, id'
    _rec_names_search = ['name', 'code']
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="By this name other systems send their records.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True, help="Empty: every company may use the meter.")
    unit = fields.Char(help="What is counted, as customers read it: minutes, GB, calls.", translate=True)
    unit_one = fields.Char(
        "One of it", translate=True,
        help="As customers read it after “per” and for a quantity of 1: minute, call. Empty: as the unit.",
    )
    aggregation = fields.Selection(
        AGGREGATION_SELECTION, "Counts as", default='sum', required=True, tracking=True,
        help="Level, weighted by time: each record changes a level, such as the number of seats, and a level counts "
             "for the part of the period it lasted.",
    )
    keeps_level = fields.Boolean(
        "Level goes on", default=True,
        help="A period begins with the level at which the one before ended. Otherwise it begins with 0.",
    )
    late_policy = fields.Selection(
        [
            ('next_invoice', "On the next invoice"),
            ('credit', "Credit or charge at once"),
            ('refuse', "Refuse"),
        ],
        "Late usage", default='next_invoice', required=True, tracking=True,
        help="What happens to a record of a period that is billed already. The period is priced again and the "
             "difference goes on the next invoice, or on an invoice or credit note of its own.",
    )
    rolls_over = fields.Boolean(
        "Unused quota rolls over", tracking=True, help="What is left of the free quantity stays for later periods.",
    )
    roll_over_periods = fields.Integer(
        "Usable for", default=1, required=True, help="Number of further periods in which unused quota can be used.",
    )
    roll_over_cap = fields.Float("At most", help="Limits what is carried into a period. 0: no limit.")
    record_count = fields.Integer("Records", compute='_compute_record_count')

    _code_is_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Another meter has this code. Codes of meters are unique within a company.",
    )
    _roll_over_in_range = models.Constraint(
        'CHECK (roll_over_periods BETWEEN 1 AND 1000 AND roll_over_cap >= 0 AND roll_over_cap < 10^12)',
        "Quota rolls over for 1 to 1000 periods, up to a quantity from 0 to one million million.",
    )

    # === COMPUTE === #

    def _compute_record_count(self):
        counts = dict(self.env['service.usage.record']._read_group(
            [('meter_id', 'in', self.ids)], ['meter_id'], ['__count'],
        ))
        for meter in self:
            meter.record_count = counts.get(meter._origin, 0)

    @api.depends('name', 'code')
    def _compute_display_name(self):
        for meter in self:
            meter.display_name = f'[{meter.code}] {meter.name}' if meter.code else meter.name

    # === CRUD === #

    def write(self, vals):
        self._check_input(vals)
        changes = FIXED_FIELDS & vals.keys()
        if changes and (used := self.filtered(lambda meter: meter._is_used())):
            for meter in used:
                if any(meter._input_value(name) != vals[name] for name in changes):
                    raise UserError(self.env._(
                        "%(meter)s has records, so what it counts cannot change. Archive it and create another meter.",
                        meter=meter.display_name,
                    ))
        return super().write(vals)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for meter, vals in zip(self, vals_list, strict=True):
            vals.setdefault('code', self.env._("%s-COPY", meter.code))
        return vals_list

    # === ACTIONS === #

    def action_view_records(self) -> dict:
        """Open the records of these meters."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_usage_record_action')
        return {**action, 'domain': [('meter_id', 'in', self.ids)], 'context': {'search_default_month': 0}}

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'roll_over_periods': (1, 1000), 'roll_over_cap': (0, 10**12)}

    def _unit_of(self, quantity: float | Decimal = 1) -> str:
        """Return the word for so many of what is counted; without a quantity, for one of it."""
        return (self.unit_one if quantity == 1 else '') or self.unit or ''

    def _is_used(self) -> bool:
        """Tell whether records were ever taken, whoever asks."""
        self.ensure_one()
        # sudo: a yes or no
        return bool(self.env['service.usage.record'].sudo().search_count([('meter_id', '=', self.id)], limit=1))
