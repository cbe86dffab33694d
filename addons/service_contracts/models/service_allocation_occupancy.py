"""Who holds a unit from when to when, and the service that its share of the costs is charged to."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..rules.cost_statement import Tenure
from ..rules.periods import Period


class ServiceAllocationOccupancy(models.Model):
    _name = 'service.allocation.occupancy'
    _description = "Occupant of a Unit"
    _inherit = ['service.input.mixin']
    _order = 'unit_id, date_start, id'
    _check_company_auto = True

    unit_id = fields.Many2one('service.allocation.unit', required=True, ondelete='cascade', index=True)
    group_id = fields.Many2one(related='unit_id.group_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='unit_id.company_id', store=True, index=True, precompute=True)
    contract_line_id = fields.Many2one(
        'service.contract.line', "Charged to", required=True, ondelete='restrict', check_company=True, index=True,
        help="The service whose contract, product and taxes the share of the costs is charged by.",
    )
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True, index=True, string="Occupant")
    advance_line_id = fields.Many2one(
        'service.contract.line', "Advances", ondelete='restrict', check_company=True, index='btree_not_null',
        domain="[('kind', '=', 'recurring'), ('partner_id', '=', partner_id)]",
        help="The recurring service whose billed charges are advances on the costs. Empty: no advances are paid.",
    )
    date_start = fields.Date("From", required=True, help="The first day as occupant; a reading of this day splits the "
                                                        "consumption between the one before and this one.")
    date_end = fields.Date("To", help="The last day as occupant. Empty: until somebody else follows.")

    _date_order = models.Constraint('CHECK (date_start <= date_end)', "An occupant leaves after moving in.")

    def init(self):
        """Forbid two occupants of one unit on the same day; the unit is compared as a one-number range.

        Checked at the end of a transaction: one moves out and another moves in by one save, in any order.
        """
        super().init()
        name = 'service_allocation_occupancy_no_overlap'
        self.env.cr.execute('SELECT 1 FROM pg_constraint WHERE conname = %s', (name,))
        if not self.env.cr.fetchone():
            self.env.cr.execute(SQL(
                """
                ALTER TABLE service_allocation_occupancy ADD CONSTRAINT %s
                EXCLUDE USING gist (
                    int4range(unit_id, unit_id, '[]') WITH =, daterange(date_start, date_end, '[]') WITH &&
                ) DEFERRABLE INITIALLY DEFERRED
                """, SQL.identifier(name),
            ))

    # === CONSTRAINTS === #

    @api.constrains('unit_id', 'date_start', 'date_end')
    def _check_overlap(self):
        """Say in words what the database would refuse."""
        for occupancies in self.unit_id.occupancy_ids.grouped('unit_id').values():
            earlier = None
            for occupancy in occupancies.sorted('date_start'):
                if earlier and earlier._covers(occupancy.date_start):
                    raise ValidationError(self.env._(
                        "%(unit)s: %(occupant)s moves in on %(start)s, before %(earlier)s has left. "
                        "Give %(earlier)s a last day first.",
                        unit=occupancy.unit_id.display_name, occupant=occupancy.partner_id.display_name,
                        start=occupancy.date_start, earlier=earlier.partner_id.display_name,
                    ))
                earlier = occupancy

    # === COMPUTE === #

    @api.depends('unit_id.name', 'partner_id.name')
    def _compute_display_name(self):
        for occupancy in self:
            occupancy.display_name = f'{occupancy.unit_id.name}: {occupancy.partner_id.display_name}'

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        occupancies = super().create(vals_list)
        occupancies._announce()
        return occupancies

    def write(self, vals):
        self._announce()
        result = super().write(vals)
        self._announce()
        return result

    def unlink(self):
        self._announce()
        return super().unlink()

    # === BUSINESS === #

    def _announce(self) -> None:
        """Let statements of these days know, one group at a time."""
        for group, occupancies in self.grouped('group_id').items():
            ends = occupancies.mapped('date_end')
            group._announce_change(min(occupancies.mapped('date_start')), all(ends) and max(ends))

    def _covers(self, day: date) -> bool:
        self.ensure_one()
        return self.date_start <= day and not (self.date_end and self.date_end < day)

    def _tenure(self) -> Tenure:
        """Return the occupant as the rules know it."""
        self.ensure_one()
        end = self.date_end + timedelta(days=1) if self.date_end else date.max
        return Tenure(str(self.id), Period(self.date_start, end))
