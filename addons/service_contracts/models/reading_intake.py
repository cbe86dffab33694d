"""Meter readings on their way in: each is checked and finds its unit and its meter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from odoo.api import Environment
from odoo.fields import Domain

from ..rules.sent import is_number, is_text, shown

KEYS = {'external_ref', 'group', 'unit', 'meter', 'date', 'value', 'goes_on_from'}
LIMIT = 10**12
TEXT_LIMIT = 200
ID_LIMIT = 2**31


class RefusedReading(Exception):
    """A reading that cannot be taken, with a sentence for whoever sent it."""


@dataclass(slots=True)
class ReadingRow:
    """A reading that may be stored."""

    unit_id: int
    group_id: int
    company_id: int
    meter_id: int
    date: date
    value: float
    goes_on_from: float | None
    external_ref: str


class ReadingIntake:
    """Checks readings of one company; units and meters are looked up once for all of a batch."""

    def __init__(self, env: Environment, items: list):
        self.env = env
        self.today = env.company._service_today()
        self._units = self._find_units(items)
        self._meters = self._find_meters(items)

    def row(self, item) -> ReadingRow:
        """Return the reading to be stored.

        :raises RefusedReading: with a sentence on what is wrong and what to do.
        """
        env = self.env
        if type(item) is not dict or not item.keys() <= KEYS:
            raise RefusedReading(env._("A reading is an object with %s and no other keys.", ', '.join(sorted(KEYS))))
        external_ref = item.get('external_ref')
        if not external_ref or not is_text(external_ref, TEXT_LIMIT):
            raise RefusedReading(env._("“external_ref” must be a text of 1 to %s characters.", TEXT_LIMIT))
        goes_on_from = item.get('goes_on_from')
        unit = self._unit(item)
        return ReadingRow(
            unit.id, unit.group_id.id, env.company.id, self._meter(item), self._date(item.get('date')),
            self._number(item, 'value'), None if goes_on_from is None else self._number(item, 'goes_on_from'),
            external_ref,
        )

    def _number(self, item: dict, name: str) -> float:
        value = item.get(name)
        if not is_number(value, LIMIT) or value < 0:
            raise RefusedReading(self.env._(
                "“%s” must be a number from 0 up to one million million, such as 1234.5.", name,
            ))
        return float(value)

    def _date(self, value) -> date:
        try:
            day = date.fromisoformat(value) if type(value) is str else value
        except ValueError:
            day = None
        if type(day) is not date or not 1900 <= day.year < 3000:
            raise RefusedReading(self.env._("“date” must be a day, written as 2025-12-31."))
        if day > self.today:
            raise RefusedReading(self.env._("%s has not come yet: a reading is sent after it was taken.", day))
        return day

    def _unit(self, item: dict):
        unit = self._units.get(_name(item.get('group'), item.get('unit')))
        if unit is None:
            raise RefusedReading(self.env._(
                "There is no unit “%(unit)s” in a group “%(group)s” of %(company)s.",
                unit=shown(item.get('unit')), group=shown(item.get('group')), company=self.env.company.name,
            ))
        return unit

    def _meter(self, item: dict) -> int:
        meter_id = self._meters.get(_name(item.get('meter')))
        if meter_id is None:
            raise RefusedReading(self.env._(
                "There is no meter “%(meter)s” in %(company)s.",
                meter=shown(item.get('meter')), company=self.env.company.name,
            ))
        return meter_id

    def _find_units(self, items: list) -> dict:
        """Return the units by group and name, the group by its code or id."""
        names = {name for item in items if type(item) is dict
                 and (name := _name(item.get('group'), item.get('unit'))) and type(name[1]) is str}
        ids = [group for group, _unit in names if type(group) is int]
        codes = [group for group, _unit in names if type(group) is str]
        groups = Domain('group_id', 'in', ids) | Domain('group_id.code', 'in', codes)
        units = self.env['service.allocation.unit'].search(
            groups & Domain('name', 'in', [unit for _group, unit in names])
            & Domain('company_id', '=', self.env.company.id),
        )
        return {(group, unit.name): unit for unit in units for group in (unit.group_id.id, unit.group_id.code)}

    def _find_meters(self, items: list) -> dict:
        """Return the ids of the meters by code and by id; a code of one's own company wins."""
        names = {name[0] for item in items if type(item) is dict and (name := _name(item.get('meter')))}
        domain = Domain('id', 'in', [name for name in names if type(name) is int])
        domain |= Domain('code', 'in', [name for name in names if type(name) is str])
        meters = self.env['service.meter'].search(domain & Domain('company_id', 'in', (self.env.company.id, False)))
        own_last = meters.sorted(lambda meter: bool(meter.company_id))
        return {(name,): meter.id for meter in own_last for name in (meter.id, meter.code)}


def _name(*values) -> tuple | None:
    """Return texts and ids that can be looked up, None for anything else."""
    fits = all(is_text(value) or type(value) is int and 0 < value < ID_LIMIT for value in values)
    return values if fits else None
