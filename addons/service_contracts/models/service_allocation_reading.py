"""Meter readings of units: entered, imported or sent in batches, each once; corrected by a newer one, never edited."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..rules.money import to_decimal
from ..rules.readings import Reading
from .reading_intake import ReadingIntake, ReadingRow, RefusedReading
from .service_gate import SERVICE_GATE, has_passed_gate

ITEM_LIMIT = 10_000
LIMIT = 10**12
COLUMNS = ('unit_id', 'group_id', 'company_id', 'meter_id', 'date', 'value', 'goes_on_from', 'external_ref')


class ServiceAllocationReading(models.Model):
    _name = 'service.allocation.reading'
    _description = "Meter Reading"
    _order = 'date desc, id desc'

    unit_id = fields.Many2one('service.allocation.unit', required=True, readonly=True, ondelete='restrict')
    group_id = fields.Many2one(related='unit_id.group_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='unit_id.company_id', store=True, index=True, precompute=True)
    meter_id = fields.Many2one('service.meter', required=True, readonly=True, ondelete='restrict', index=True)
    measure = fields.Char(related='meter_id.unit', string="Measured in")
    date = fields.Date(
        "Read on", required=True, readonly=True, default=lambda self: self.env.company._service_today(),
        help="What the meter showed when this day began.",
    )
    value = fields.Float("Reading", digits=(18, 6), required=True, readonly=True)
    is_exchange = fields.Boolean(
        "Meter exchanged", readonly=True, help="The meter was exchanged or set back after this reading.",
    )
    goes_on_from = fields.Float(
        "Goes on from", digits=(18, 6), readonly=True, help="What the meter shows from then on.",
    )
    external_ref = fields.Char(
        "Reference", readonly=True, copy=False, help="Unique in the company: sent twice, a reading counts once.",
    )
    source = fields.Selection(
        [('manual', "Entered"), ('sent', "Sent or imported"), ('estimate', "Estimate")],
        required=True, readonly=True, default='manual',
    )
    allocation_id = fields.Many2one(
        'service.allocation', "Estimated by", readonly=True, ondelete='cascade', index='btree_not_null', copy=False,
    )
    active = fields.Boolean("Counts", default=True, readonly=True, help="A reading that was struck out does not count.")

    _external_ref_is_unique = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL", "There is a reading with this reference already.",
    )
    _by_unit_and_day = models.Index("(unit_id, meter_id, date)")
    # PostgreSQL takes NaN for greater than every number, so the upper bounds keep it and infinity out.
    _value_in_range = models.Constraint(
        f'CHECK (LEAST(value, goes_on_from) >= 0 AND GREATEST(value, goes_on_from) < {LIMIT})',
        "A reading is a number from 0 up to one million million.",
    )

    # === COMPUTE === #

    @api.depends('unit_id', 'meter_id', 'date')
    def _compute_display_name(self):
        for reading in self:
            reading.display_name = f'{reading.unit_id.name}, {reading.meter_id.name}, {reading.date}'

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take readings typed in by hand: the same checks as for those of other systems."""
        if not has_passed_gate(self.env):
            for vals in vals_list:
                vals |= {'source': 'manual', 'active': True, 'allocation_id': False}
        readings = super().create(vals_list)
        readings._check_date()
        readings._announce()
        return readings

    def _check_date(self) -> None:
        for reading in self:
            if reading.source != 'estimate' and reading.date > reading.company_id._service_today():
                raise ValidationError(self.env._(
                    "%(unit)s: %(date)s has not come yet. A reading is entered after it was taken.",
                    unit=reading.unit_id.display_name, date=reading.date,
                ))

    def write(self, vals):
        if not has_passed_gate(self.env):
            raise UserError(self.env._(
                "Readings stay as they came. Enter another one for the same day, the last one counts, "
                "or strike it out.",
            ))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not has_passed_gate(self.env):
            raise UserError(self.env._("Readings stay as they came. Strike out one that is wrong."))

    # === ACTIONS === #

    def action_strike_out(self) -> bool:
        """Let wrong readings count no more; those struck out already are left as they are."""
        self.check_access('write')
        counting = self.filtered('active')
        counting.with_context(service_gate=SERVICE_GATE).write({'active': False})
        counting._announce()
        return True

    # === REMOTE === #

    @api.model
    def send_readings(self, readings: list[dict], partial: bool = True) -> dict:
        """Take meter readings of the current company; safe to repeat, since a known reference changes nothing.

        :param readings: at most 10,000 objects with

            * ``external_ref``: text of at most 200 characters, unique in the company
            * ``group``: code or database id of the group that shares costs
            * ``unit``: name of the unit within the group
            * ``meter``: code or database id of the meter
            * ``date``: day of the reading, ``YYYY-MM-DD``, not in the future
            * ``value``: what the meter showed when the day began, from 0 up to 10^12
            * ``goes_on_from``: where the meter goes on after it was exchanged or set back; left out otherwise

        :param partial: true takes the good ones and tells of the others; false takes all or none.
        :return: ``new`` and ``known`` (numbers of readings), and ``refused``: objects with ``place`` (from 1),
            ``external_ref`` and ``reason`` (a sentence). With ``partial`` false and anything refused, ``new`` and
            ``known`` are 0 and nothing was taken.
        :raises UserError: if readings is no list of at most 10,000.
        :raises AccessError: without the role Contracts: Integrator or Contracts: User.
        """
        self._check_remote_access()
        if not isinstance(readings, list) or len(readings) > ITEM_LIMIT:
            raise UserError(self.env._("“readings” must be a list of at most %s objects.", ITEM_LIMIT))
        if not isinstance(partial, bool):
            raise UserError(self.env._("“partial” must be true or false."))
        rows, refused = self._check_items(readings)
        if refused and not partial:
            return {'new': 0, 'known': 0, 'refused': refused}
        new = self._insert(rows)
        return {'new': new, 'known': len(rows) - new, 'refused': refused}

    def _check_remote_access(self) -> None:
        if not self.env.su and not self.env.user.has_group('service_contracts.group_contract_user'):
            raise AccessError(self.env._("Meter readings need the role Contracts: Integrator or Contracts: User."))

    def _check_items(self, items: list) -> tuple[list[ReadingRow], list[dict]]:
        """Return the readings to be stored, and what is wrong with the others."""
        intake = ReadingIntake(self.env, items)
        rows, refused = [], []
        for place, item in enumerate(items, 1):
            try:
                rows.append(intake.row(item))
            except RefusedReading as error:
                ref = item.get('external_ref') if type(item) is dict else None
                refused.append({
                    'place': place, 'external_ref': ref[:200] if type(ref) is str else '', 'reason': str(error),
                })
        return rows, refused

    # === BUSINESS === #

    @api.model
    def _insert(self, rows: list[ReadingRow]) -> int:
        """Store readings that passed the checks, leave out those whose reference is known, return how many are new."""
        if not rows:
            return 0
        # SQL because one statement takes a whole batch, and the unique index decides what is known
        ids = [row[0] for row in self.env.execute_query(SQL(
            """
            INSERT INTO service_allocation_reading (
                unit_id, group_id, company_id, meter_id, date, value, goes_on_from, is_exchange, external_ref,
                source, active, create_uid, write_uid, create_date, write_date)
            SELECT unit_id, group_id, company_id, meter_id, date, round(value, 6), round(goes_on_from, 6),
                   goes_on_from IS NOT NULL, ref, 'sent', TRUE, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM unnest(%(unit_id)s::int[], %(group_id)s::int[], %(company_id)s::int[], %(meter_id)s::int[],
                          %(date)s::date[], %(value)s::numeric[], %(goes_on_from)s::numeric[], %(external_ref)s::text[])
                AS v (unit_id, group_id, company_id, meter_id, date, value, goes_on_from, ref)
            ON CONFLICT (company_id, external_ref) WHERE external_ref IS NOT NULL DO NOTHING
            RETURNING id
            """,
            uid=self.env.uid, now=fields.Datetime.now(),
            **{name: [getattr(row, name) for row in rows] for name in COLUMNS},
        ))]
        self.invalidate_model(flush=False)
        self.browse(ids)._announce()
        return len(ids)

    def _announce(self) -> None:
        """Let the statements of these days know."""
        for group, readings in self.grouped('group_id').items():
            days = readings.mapped('date')
            group._announce_change(min(days), max(days))

    @api.model
    def _by_unit(self, units, meters, date_from, date_to, without=None) -> dict[int, dict[str, tuple[Reading, ...]]]:
        """Return the readings of units by meter, the last one of each day, an estimate only where nothing was read.

        :param without: leave out the estimates of these statements.
        """
        domain = [('unit_id', 'in', units.ids), ('meter_id', 'in', meters.ids),
                  ('date', '>=', date_from), ('date', '<=', date_to)]
        if without:
            domain += ['|', ('allocation_id', '=', False), ('allocation_id', 'not in', without.ids)]
        names = ['unit_id', 'meter_id', 'date', 'value', 'goes_on_from', 'is_exchange', 'source']
        found: dict[int, dict[str, dict]] = {}
        for reading in self.search_fetch(domain, names, order='id'):
            days = found.setdefault(reading.unit_id.id, {}).setdefault(str(reading.meter_id.id), {})
            if reading.source != 'estimate' or reading.date not in days or days[reading.date].is_estimated:
                days[reading.date] = reading._reading()
        return {unit: {meter: tuple(days.values()) for meter, days in meters.items()} for unit, meters in found.items()}

    def _reading(self) -> Reading:
        """Return the reading as the rules know it."""
        self.ensure_one()
        goes_on = to_decimal(self.goes_on_from) if self.is_exchange else None
        return Reading(self.date, to_decimal(self.value), goes_on, self.source == 'estimate')
