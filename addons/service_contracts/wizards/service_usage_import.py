"""Usage records from a CSV or Excel file: looked at first, then taken, each row exactly once."""

import re

from odoo import fields, models

from ..models.usage_intake import KEYS
from .import_file import named_rows, show_result

COLUMNS = ('external_ref', 'meter', 'contract', 'line', 'moment', 'quantity', 'key')
NEEDED = {'external_ref', 'moment'}
NUMBER = re.compile(r'-?\d{1,12}(\.\d{1,12})?')
ROW_LIMIT = 100_000
CHUNK = 5_000


class ServiceUsageImport(models.TransientModel):
    _name = 'service.usage.import'
    _description = "Import of Usage"

    file = fields.Binary("CSV or Excel file", required=True, attachment=False)
    file_name = fields.Char()
    meter_id = fields.Many2one(
        'service.meter', "Meter", check_company=True, help="For rows that name no meter.",
    )
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
        _rows, refused, _due = self._records()._check_items(items)
        return show_result(self, COLUMNS, 'checked', items, {'new': 0, 'known': 0, 'refused': refused})

    def action_import(self) -> dict:
        """Take the good rows; the others are told with their place. Doing it twice takes nothing twice."""
        self.ensure_one()
        items = self._items()
        result = {'new': 0, 'known': 0, 'refused': []}
        for first in range(0, len(items), CHUNK):
            part = self._records().send_usage(items[first:first + CHUNK])
            result['new'] += part['new']
            result['known'] += part['known']
            result['refused'] += [{**row, 'place': row['place'] + first} for row in part['refused']]
        return show_result(self, COLUMNS, 'done', items, result)

    def _records(self):
        self.env['service.usage.record']._check_remote_access()
        return self.env['service.usage.record']

    # === READ === #

    def _items(self) -> list[dict]:
        """Return the rows of the file as objects of `send_usage`."""
        return [self._item(row) for row in named_rows(self, COLUMNS, NEEDED, ROW_LIMIT)]

    def _item(self, row: dict) -> dict:
        """Return a row as an object; an empty cell is left out, a number in a text becomes one."""
        item = {name: value for name, value in row.items() if name in KEYS and value not in (None, '')}
        if isinstance(quantity := item.get('quantity'), str) and NUMBER.fullmatch(quantity.strip()):
            item['quantity'] = float(quantity)
        for name in ('external_ref', 'contract', 'meter', 'key'):
            if isinstance(item.get(name), (int, float)):
                item[name] = f'{item[name]:g}' if isinstance(item[name], float) else str(item[name])
        if isinstance(item.get('line'), (str, float)) and NUMBER.fullmatch(str(item['line'])):
            item['line'] = int(float(item['line']))
        if 'meter' not in item and self.meter_id:
            item['meter'] = self.meter_id.code
        return item
