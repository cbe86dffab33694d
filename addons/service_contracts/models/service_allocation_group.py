"""Buildings and other groups whose members share costs: who takes part, by which shares and which meters."""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.money import to_decimal

SHARE_SELECTION = [
    ('area', "Area"), ('persons', "Persons"), ('thousandths', "Thousandths"), ('unit', "Equal parts"),
]
LIMIT = 10**9


class ServiceAllocationGroup(models.Model):
    _name = 'service.allocation.group'
    _description = "Group that Shares Costs"
    _inherit = ['service.input.mixin', 'mail.thread']
    _order = 'name, id'
    _rec_names_search = ['name', 'code']
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(copy=False, help="By this name other systems send the readings.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    unit_ids = fields.One2many('service.allocation.unit', 'group_id', "Units", copy=True)
    occupancy_ids = fields.One2many('service.allocation.occupancy', 'group_id', "Occupants")
    allocation_ids = fields.One2many('service.allocation', 'group_id', "Statements")
    payer_line_id = fields.Many2one(
        'service.contract.line', "Paid by", ondelete='restrict', check_company=True, index='btree_not_null',
        tracking=True,
        help="The service that is charged for common areas and vacant units, unless the unit names another one.",
    )
    nets_advances = fields.Boolean(
        "Settle advances", default=True,
        help="A statement takes off what was billed in advance in its period, and charges or credits the difference.",
    )
    season_id = fields.Many2one(
        'service.allocation.season', "Season table", ondelete='restrict',
        help="When an occupant changes without a reading, consumption goes by these weights of the months instead "
             "of by days.",
    )
    reading_days = fields.Integer(
        "Days around a reading", default=3, required=True,
        help="A reading taken up to so many days before or after the day in question counts for that day.",
    )
    estimated_limit = fields.Float(
        "Estimates up to (%)", default=25.0,
        help="A cost is shared without consumption when estimates stand for more than this part of the shares "
             "(HeizkostenV section 9a: 25 percent).",
    )
    unit_count = fields.Integer(compute='_compute_counts')
    allocation_count = fields.Integer(compute='_compute_counts')
    reading_count = fields.Integer(compute='_compute_counts')

    _code_is_unique = models.UniqueIndex(
        "(code, company_id) WHERE code IS NOT NULL", "Another group of the company has this code.",
    )
    _in_range = models.Constraint(
        'CHECK (reading_days BETWEEN 0 AND 60 AND estimated_limit BETWEEN 0 AND 100)',
        "A reading counts for at most 60 days around it; estimates are limited to 0 to 100 percent.",
    )

    # === COMPUTE === #

    def _compute_counts(self):
        for name, model in (('unit_count', 'unit'), ('allocation_count', False), ('reading_count', 'reading')):
            Model = self.env[f'service.allocation.{model}' if model else 'service.allocation']
            counts = dict(Model._read_group([('group_id', 'in', self.ids)], ['group_id'], ['__count']))
            for group in self:
                group[name] = counts.get(group._origin, 0)

    # === ACTIONS === #

    def action_view_allocations(self) -> dict:
        """Open the statements of these groups."""
        return self._related_action('service_allocation_action')

    def action_view_readings(self) -> dict:
        """Open the readings of these groups."""
        return self._related_action('service_allocation_reading_action')

    def _related_action(self, name: str) -> dict:
        action = self.env['ir.actions.act_window']._for_xml_id(f'service_contracts.{name}')
        context = {'default_group_id': self.id} if len(self) == 1 else {}
        return {**action, 'domain': [('group_id', 'in', self.ids)], 'context': context}

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'reading_days': (0, 60), 'estimated_limit': (0, 100)}

    def _announce_change(self, date_from, date_to) -> None:
        """Mark the statements that a late reading or occupant may change.

        :param date_from: the first day touched; the days around a reading are added here.
        :param date_to: the last day touched, False for no end.
        """
        for group in self:
            span = fields.Date.add(date_from, days=-group.reading_days)
            domain = [('group_id', '=', group.id), ('has_late_change', '=', False), ('date_to', '>=', span),
                      '|', ('state', '=', 'computed'), '&', ('state', '=', 'confirmed'), ('adjusts_id', '=', False)]
            if date_to:
                domain.append(('date_from', '<=', fields.Date.add(date_to, days=group.reading_days + 1)))
            # sudo: whoever enters a reading, the statement has to be looked at again
            self.env['service.allocation'].sudo().search(domain)._mark_late_change()


class ServiceAllocationSeason(models.Model):
    _name = 'service.allocation.season'
    _description = "Weights of the Months"
    _inherit = ['service.input.mixin']
    _order = 'name, id'

    name = fields.Char(required=True, translate=True)
    month_1 = fields.Float("January", required=True)
    month_2 = fields.Float("February", required=True)
    month_3 = fields.Float("March", required=True)
    month_4 = fields.Float("April", required=True)
    month_5 = fields.Float("May", required=True)
    month_6 = fields.Float("June", required=True)
    month_7 = fields.Float("July", required=True)
    month_8 = fields.Float("August", required=True)
    month_9 = fields.Float("September", required=True)
    month_10 = fields.Float("October", required=True)
    month_11 = fields.Float("November", required=True)
    month_12 = fields.Float("December", required=True)

    _weights_above_zero = models.Constraint(
        'CHECK (LEAST(month_1, month_2, month_3, month_4, month_5, month_6, month_7, month_8, month_9, month_10, '
        'month_11, month_12) > 0 AND GREATEST(month_1, month_2, month_3, month_4, month_5, month_6, month_7, month_8, '
        f'month_9, month_10, month_11, month_12) < {LIMIT})',
        "Every month needs a weight above 0.",
    )

    @api.private
    def _season(self) -> dict[int, Decimal] | None:
        """Return the weight of each month, None for no table."""
        if not self:
            return None
        return {month: to_decimal(self[f'month_{month}']) for month in range(1, 13)}
