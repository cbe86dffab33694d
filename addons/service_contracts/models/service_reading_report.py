"""Meter readings that occupants report from their panel: looked at by staff, then they count as readings."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.errors import RuleError
from ..rules.money import to_decimal
from ..rules.readings import Plausibility, plausibility
from .service_gate import SERVICE_GATE, has_passed_gate

SOURCES = {'accepted': ('sent',), 'refused': ('sent',)}
"""The gate: from which status each status may be reached."""
NUMBER_LIMIT = 10**9


class ServiceReadingReport(models.Model):
    _name = 'service.reading.report'
    _description = "Reported Meter Reading"
    _order = 'state desc, id desc'

    unit_id = fields.Many2one('service.allocation.unit', required=True, readonly=True, ondelete='cascade', index=True)
    group_id = fields.Many2one(related='unit_id.group_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='unit_id.company_id', store=True, index=True, precompute=True)
    contract_id = fields.Many2one('service.contract', required=True, readonly=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one('res.partner', "Reported by", required=True, readonly=True, ondelete='restrict')
    meter_id = fields.Many2one('service.meter', required=True, readonly=True, ondelete='restrict')
    measure = fields.Char(related='meter_id.unit', string="Measured in")
    date = fields.Date("Read on", required=True, readonly=True)
    value = fields.Float("Reading", digits=(18, 6), required=True, readonly=True)
    last_date = fields.Date("Last read on", readonly=True)
    last_value = fields.Float("Last reading", digits=(18, 6), readonly=True)
    doubt = fields.Selection(
        [('lower', "Lower than the last reading"), ('high', "Far more than usual"), ('first', "No earlier reading")],
        readonly=True, help="Why it should be looked at; empty where it fits what was read before.",
    )
    photo = fields.Image("Photo of the meter", max_width=1600, max_height=1600, readonly=True, attachment=True)
    state = fields.Selection(
        [('sent', "Reported"), ('accepted', "Accepted"), ('refused', "Refused")], "Status", required=True,
        readonly=True, default='sent', index=True,
    )
    reason = fields.Char("Words to the customer", help="Why the reading is refused.")
    reading_id = fields.Many2one('service.allocation.reading', "Counts as", readonly=True, ondelete='set null')

    _one_a_day = models.UniqueIndex(
        "(unit_id, meter_id, date) WHERE state = 'sent'", "A reading of this meter and day waits already.",
    )

    @api.depends('unit_id', 'meter_id', 'date')
    def _compute_display_name(self):
        for report in self:
            report.display_name = f'{report.unit_id.name}, {report.meter_id.name}, {report.date}'

    # === CRUD === #

    def write(self, vals):
        if not has_passed_gate(self.env) and vals.keys() - {'reason'}:
            raise UserError(self.env._("A reported reading stays as it came. Accept or refuse it."))
        return super().write(vals)

    # === ACTIONS === #

    def action_accept(self) -> bool:
        """Let reported readings count; accepted ones are left as they are.

        :raises UserError: for one that was refused.
        """
        self.check_access('write')
        for report in self.filtered(lambda report: report.state != 'accepted'):
            reading = self.env['service.allocation.reading'].create({
                'unit_id': report.unit_id.id, 'meter_id': report.meter_id.id, 'date': report.date,
                'value': report.value,
            })
            report._set_state('accepted', reading_id=reading.id)
        return True

    def action_refuse(self) -> bool:
        """Refuse reported readings with the reason the customer reads; refused ones are left as they are.

        :raises UserError: without a reason, or for one that counts already.
        """
        self.check_access('write')
        for report in self.filtered(lambda report: report.state != 'refused'):
            if not report.reason:
                raise UserError(self.env._("%s: write down why it is refused.", report.display_name))
            report._set_state('refused')
        return True

    def _set_state(self, state: str, **vals) -> None:
        """Bring a report into a status, the only way there is."""
        if self.state not in SOURCES[state]:
            raise UserError(self.env._("%s is settled already.", self.display_name))
        self.with_context(service_gate=SERVICE_GATE).write({'state': state, **vals})


class ServiceAllocationGroup(models.Model):
    _inherit = 'service.allocation.group'

    reported_meter_ids = fields.Many2many(
        'service.meter', 'service_allocation_group_reported_meter_rel', string="Read by occupants",
        check_company=True, help="Occupants may report what these meters show from their customer panel.",
    )
    readings_until = fields.Date("Readings until", help="The last day on which occupants may report. Empty: any day.")


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _readable_meters(self) -> list[tuple]:
        """Return the flats of the contract with the meters whose readings are asked for now, and what was reported."""
        today = self.company_id._service_today()
        occupancies = self.env['service.allocation.occupancy'].search([
            ('contract_line_id.contract_id', '=', self.id), ('date_start', '<=', today),
            '|', ('date_end', '=', False), ('date_end', '>=', today),
        ])
        return [
            (occupancy.unit_id, meter) for occupancy in occupancies for meter in occupancy.group_id.reported_meter_ids
            if not occupancy.group_id.readings_until or occupancy.group_id.readings_until >= today
        ]

    def _reported_readings(self):
        """Return what the occupant reported, the newest first."""
        return self.env['service.reading.report'].search([('contract_id', '=', self.id)], limit=24, order='id desc')

    def _report_reading(self, chosen: str, typed: str, day: str, partner, photo: bytes | None = None):
        """Take a reading from the panel; the same one sent again changes nothing.

        :param chosen: unit and meter as `_readable_meters` offers them, `unit:meter`.
        :param typed: what the customer typed; comma or point before the decimals.
        :raises UserError: for what is no number or day, or another flat.
        """
        offered = {f'{unit.id}:{meter.id}': (unit, meter) for unit, meter in self._readable_meters()}
        if chosen not in offered:
            raise UserError(self.env._("Readings of this meter are not asked for at the moment."))
        (unit, meter), value, read_on = offered[chosen], self._typed_number(typed), self._typed_reading_day(day)
        waiting = self.env['service.reading.report'].search([
            ('unit_id', '=', unit.id), ('meter_id', '=', meter.id), ('date', '=', read_on), ('state', '=', 'sent')])
        if waiting and waiting.value == value:
            return waiting
        waiting.with_context(service_gate=SERVICE_GATE).write({
            'state': 'refused', 'reason': self.env._("Replaced by a newer one.")})
        waiting.flush_recordset()  # the unique index lets one wait, and the next is inserted before other writes
        found = unit._plausibility(meter, read_on, value)
        return waiting.create({
            'unit_id': unit.id, 'meter_id': meter.id, 'contract_id': self.id, 'partner_id': partner.id,
            'date': read_on, 'value': value, 'photo': photo, 'doubt': found.doubt or False,
            'last_date': found.last and found.last.day, 'last_value': float(found.last.value) if found.last else 0.0,
        })

    def _typed_number(self, text: str) -> float:
        try:
            number = to_decimal(str(text or '').strip().replace(',', '.'))
        except RuleError as error:
            raise UserError(self.env._("“%s” is no reading. Type the number the meter shows.", text)) from error
        if not 0 <= number < NUMBER_LIMIT:
            raise UserError(self.env._("“%s” is no reading. Type the number the meter shows.", text))
        return float(number)

    def _typed_reading_day(self, text: str) -> date:
        today = self.company_id._service_today()
        try:
            day = date.fromisoformat(text) if text else today
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%s” is no day.", text)) from error
        if not today - timedelta(days=60) <= day <= today:
            raise UserError(self.env._("Choose the day on which you read the meter, at most 60 days ago."))
        return day


class ServiceAllocationUnit(models.Model):
    _inherit = 'service.allocation.unit'

    def _plausibility(self, meter, day: date, value: float) -> Plausibility:
        """Tell whether a reading fits what was read of the unit before."""
        known = self.env['service.allocation.reading']._by_unit(self, meter, date.min, day)
        readings = known.get(self.id, {}).get(str(meter.id), ())
        return plausibility([reading for reading in readings if not reading.is_estimated], day, to_decimal(value))
