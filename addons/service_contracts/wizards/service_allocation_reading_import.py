"""Meter readings from a CSV or Excel file: looked at first, then taken, each row exactly once."""

from datetime import date, datetime

from odoo import fields, models

from ..models.reading_intake import KEYS
from .import_file import as_number, as_text

COLUMNS = ('external_ref', 'group', 'unit', 'meter', 'date', 'value', 'goes_on_from')
NEEDED = {'unit', 'date', 'value'}
NUMBERS = {'value', 'goes_on_from'}
TEXTS = {'external_ref', 'group', 'unit', 'meter'}
REFERENCE = ('group', 'unit', 'meter', 'date', 'value')
ROW_LIMIT = 10_000


class ServiceAllocationReadingImport(models.TransientModel):
    _name = 'service.allocation.reading.import'
    _inherit = ['service.file.import']
    _description = "Import of Meter Readings"

    group_id = fields.Many2one(
        'service.allocation.group', "Group", check_company=True, help="For rows that name no group.",
    )

    # === ACTIONS === #

    def action_check(self) -> dict:
        """Show the first rows and what is wrong with any, without taking one."""
        self.ensure_one()
        items = self._items()
        _rows, refused = self._readings()._check_items(items)
        return self._show_result(COLUMNS, 'checked', items, {'new': 0, 'known': 0, 'refused': refused})

    def action_import(self) -> dict:
        """Take the good rows; the others are told with their place. Doing it twice takes nothing twice."""
        self.ensure_one()
        items = self._items()
        return self._show_result(COLUMNS, 'done', items, self._readings().send_readings(items))

    def _readings(self):
        self.env['service.allocation.reading']._check_remote_access()
        return self.env['service.allocation.reading']

    # === READ === #

    def _items(self) -> list[dict]:
        """Return the rows of the file as objects of `send_readings`."""
        return [self._item(row) for row in self._named_rows(COLUMNS, NEEDED, ROW_LIMIT)]

    def _item(self, row: dict) -> dict:
        """Return a row as an object; without a reference, what it says is one, so a file is safe to repeat."""
        item = {name: _plain(value) for name, value in row.items() if name in KEYS and value not in (None, '')}
        item |= {name: as_number(item[name]) for name in NUMBERS & item.keys()}
        item |= {name: as_text(item[name]) for name in TEXTS & item.keys()}
        if 'group' not in item and self.group_id:
            item['group'] = self.group_id.id
        if 'meter' not in item and self.meter_id:
            item['meter'] = self.meter_id.code
        item.setdefault('external_ref', '/'.join(str(item.get(name)) for name in REFERENCE))
        return item


def _plain(value):
    """Return a day of a workbook as text, as the interface takes it."""
    if isinstance(value, datetime):
        value = value.date()
    return str(value) if isinstance(value, date) else value
