"""Usage records from a CSV or Excel file: looked at first, then taken, each row exactly once."""

import base64
import re

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.usage_intake import KEYS
from .import_file import file_rows

COLUMNS = ('external_ref', 'meter', 'contract', 'line', 'moment', 'quantity', 'key')
NEEDED = {'external_ref', 'moment'}
NUMBER = re.compile(r'-?\d{1,12}(\.\d{1,12})?')
ROW_LIMIT = 100_000
CHUNK = 5_000
SHOWN = 10
REFUSED_SHOWN = 100


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
        return self._show('checked', items, {'new': 0, 'known': 0, 'refused': refused})

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
        return self._show('done', items, result)

    def _records(self):
        self.env['service.usage.record']._check_remote_access()
        return self.env['service.usage.record']

    def _show(self, state: str, items: list[dict], result: dict) -> dict:
        html = self.env['ir.qweb']._render('service_contracts.usage_import_result', {
            'state': state, 'columns': COLUMNS, 'items': items[:SHOWN], 'count': len(items),
            'result': result, 'refused': result['refused'][:REFUSED_SHOWN],
        })
        self.write({'state': state, 'preview_html': html})
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id,
            'view_mode': 'form', 'target': 'new',
        }

    # === READ === #

    def _items(self) -> list[dict]:
        """Return the rows of the file as objects of `send_usage`.

        :raises UserError: for a file that is neither CSV nor Excel, has no header or too many rows.
        """
        content = base64.b64decode(self.file)
        rows = file_rows(content)
        if rows is None:
            raise UserError(self.env._("The file cannot be read. Save it as Excel workbook (.xlsx) or CSV in UTF-8."))
        header = [str(name or '').strip().lower() for name in rows[0]] if rows else []
        if missing := NEEDED - set(header):
            raise UserError(self.env._(
                "The first row must name the columns %(columns)s. Missing: %(missing)s.",
                columns=', '.join(COLUMNS), missing=', '.join(sorted(missing)),
            ))
        rows = [row for row in rows[1:] if any(value not in (None, '') for value in row)]
        if len(rows) > ROW_LIMIT:
            raise UserError(self.env._("The file has more than %s rows. Split it.", ROW_LIMIT))
        return [self._item(dict(zip(header, row, strict=False))) for row in rows]

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
