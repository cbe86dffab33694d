"""Units of a group: the flats, shops and common areas that take part in shared costs, each with its shares."""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.money import to_decimal

LIMIT = 10**9
SHARES = ('area', 'persons', 'thousandths')


class ServiceAllocationUnit(models.Model):
    _name = 'service.allocation.unit'
    _description = "Unit that Shares Costs"
    _inherit = ['service.input.mixin']
    _order = 'group_id, sequence, name, id'
    _check_company_auto = True

    group_id = fields.Many2one('service.allocation.group', "Group", required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='group_id.company_id', store=True, index=True, precompute=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, help="As readings and statements name it; unique within the group.")
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [('private', "Flat, office, shop"), ('common', "Common area")], default='private', required=True,
    )
    area = fields.Float("Area", digits=(12, 3), help="In square metres.")
    persons = fields.Float("Persons", digits=(12, 3))
    thousandths = fields.Float("Thousandths", digits=(12, 3), help="The share of ownership.")
    payer_line_id = fields.Many2one(
        'service.contract.line', "Paid by while vacant", ondelete='restrict', check_company=True,
        index='btree_not_null', help="Empty: as the group says.",
    )
    occupancy_ids = fields.One2many('service.allocation.occupancy', 'unit_id', "Occupants")
    occupant_id = fields.Many2one('res.partner', "Occupant", compute='_compute_occupant_id')
    area_percent = fields.Float("Share of the area (%)", compute='_compute_area_percent')

    _name_is_unique = models.UniqueIndex("(group_id, name)", "The group has a unit of this name already.")
    # PostgreSQL takes NaN for greater than every number, so the upper bound keeps it and infinity out.
    _shares_in_range = models.Constraint(
        f'CHECK (LEAST(area, persons, thousandths) >= 0 AND GREATEST(area, persons, thousandths) < {LIMIT})',
        "Shares are numbers from 0 up to one thousand million.",
    )

    # === COMPUTE === #

    @api.depends('name', 'group_id.name')
    @api.depends_context('within_group')
    def _compute_display_name(self):
        for unit in self:
            group = not self.env.context.get('within_group') and unit.group_id.name
            unit.display_name = f'{group}, {unit.name}' if group else unit.name

    @api.depends('occupancy_ids.date_start', 'occupancy_ids.date_end', 'occupancy_ids.contract_line_id')
    def _compute_occupant_id(self):
        for unit in self:
            today = (unit.company_id or self.env.company)._service_today()
            holding = [one for one in unit.occupancy_ids if one.date_start and one._covers(today)]
            unit.occupant_id = holding[0].partner_id if holding else False

    @api.depends('area', 'group_id.unit_ids.area')
    def _compute_area_percent(self):
        for unit in self:
            total = sum(unit.group_id.unit_ids.mapped('area'))
            unit.area_percent = 100 * unit.area / total if total else 0.0

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), **dict.fromkeys(SHARES, (0, LIMIT))}

    def _shares(self) -> dict[str, Decimal]:
        """Return the weight of the unit by each way of sharing."""
        self.ensure_one()
        return {**{name: to_decimal(self[name]) for name in SHARES}, 'unit': Decimal(1)}

    def _vacant_payer(self):
        """Return the service that is charged while nobody holds the unit."""
        self.ensure_one()
        return self.payer_line_id or self.group_id.payer_line_id
