"""Usage records from a CSV or Excel file: looked at first, then taken, each row exactly once."""

from odoo import models

from ..models.usage_intake import KEYS
from .import_file import NUMBER, as_number, as_text

COLUMNS = ('external_ref', 'meter', 'contract', 'line', 'moment', 'quantity', 'key')
NEEDED = {'external_ref', 'moment'}
NUMBERS = {'quantity'}
TEXTS = {'external_ref', 'contract', 'meter', 'key'}
ROW_LIMIT = 100_000
CHUNK = 5_000


class ServiceUsageImport(models.TransientModel):
    _name = 'service.usage.import'
    _inherit = ['service.file.import']
    _description = "Import of Usage"

    # === ACTIONS === #

    def action_check(self) -> dict:
        """Show the first rows and what is wrong with any, without taking one."""
        self.ensure_one()
        items = self._items()
        _rows, refused, _due = self._records()._check_items(items)
        return self._show_result(COLUMNS, 'checked', items, {'new': 0, 'known': 0, 'refused': refused})

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
        return self._show_result(COLUMNS, 'done', items, result)

    def _records(self):
        self.env['service.usage.record']._check_remote_access()
        return self.env['service.usage.record']

    # === READ === #

    def _items(self) -> list[dict]:
        """Return the rows of the file as objects of `send_usage`."""
        return [self._item(row) for row in self._named_rows(COLUMNS, NEEDED, ROW_LIMIT)]

    def _item(self, row: dict) -> dict:
        """Return a row as an object; an empty cell is left out, a number in a text becomes one."""
        item = {name: value for name, value in row.items() if name in KEYS and value not in (None, '')}
        item |= {name: as_number(item[name]) for name in NUMBERS & item.keys()}
        item |= {name: as_text(item[name]) for name in TEXTS & item.keys()}
        if isinstance(item.get('line'), (str, float)) and NUMBER.fullmatch(str(item['line'])):
            item['line'] = int(float(item['line']))
        if 'meter' not in item and self.meter_id:
            item['meter'] = self.meter_id.code
        return item
