"""Meter readings from a CSV or Excel file: looked at first, then taken, each row exactly once."""

import re
from datetime import date, datetime

from odoo import fields, models

from ..models.reading_intake import KEYS
from .import_file import named_rows, show_result

COLUMNS = ('external_ref', 'group', 'unit', 'meter', 'date', 'value', 'goes_on_from')
NEEDED = {'unit', 'date', 'value'}
NUMBER = re.compile(r'-?\d{1,12}(\.\d{1,12})?')
NUMBERS = ('value', 'goes_on_from')
REFERENCE = ('group', 'unit', 'meter', 'date', 'value')
ROW_LIMIT = 10_000


class ServiceAllocationReadingImport(models.TransientModel):
    _name = 'service.allocation.reading.import'
    _description = "Import of Meter Readings"

    file = fields.Binary("CSV or Excel file", required=True, attachment=False)
    file_name = fields.Char()
    group_id = fields.Many2one(
        'service.allocation.group', "Group", check_company=True, help="For rows that name no group.",
    )
    meter_id = fields.Many2one('service.meter', "Meter", check_company=True, help="For rows that name no meter.")
    company_id = fields.Many2one('res.company', default=lambda self: self.env.company, readonly=True)
    state = fields.Selection(
        [('file', "File"), ('checked', "Checked"), ('done', "Done")], default='file', required=True,
    )
    preview_html = fields.Html("Result", readonly=True, sanitize=False)

    # === ACTIONS === #

    def action_check(self) -> dict:
        """Show the first rows and what is wrong with any, without taking one."""
        self.ensure_one()
        items = self._items()
        _rows, refused = self._readings()._check_items(items)
        return show_result(self, COLUMNS, 'checked', items, {'new': 0, 'known': 0, 'refused': refused})

    def action_import(self) -> dict:
        """Take the good rows; the others are told with their place. Doing it twice takes nothing twice."""
        self.ensure_one()
        items = self._items()
        return show_result(self, COLUMNS, 'done', items, self._readings().send_readings(items))

    def _readings(self):
        self.env['service.allocation.reading']._check_remote_access()
        return self.env['service.allocation.reading']

    # === READ === #

    def _items(self) -> list[dict]:
        """Return the rows of the file as objects of `send_readings`."""
        return [self._item(row) for row in named_rows(self, COLUMNS, NEEDED, ROW_LIMIT)]

    def _item(self, row: dict) -> dict:
        """Return a row as an object; without a reference, what it says is one, so a file is safe to repeat."""
        item = {name: _plain(value) for name, value in row.items() if name in KEYS and value not in (None, '')}
        for name in NUMBERS:
            if isinstance(text := item.get(name), str) and NUMBER.fullmatch(text.strip()):
                item[name] = float(text)
        for name in ('external_ref', 'group', 'unit', 'meter'):
            if isinstance(item.get(name), (int, float)):
                item[name] = f'{item[name]:g}' if isinstance(item[name], float) else str(item[name])
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
