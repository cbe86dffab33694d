"""Meter readings from a CSV or Excel file: looked at first, then taken, each row exactly once."""

import base64
import re
from datetime import date, datetime

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.reading_intake import KEYS
from .import_file import file_rows

COLUMNS = ('external_ref', 'group', 'unit', 'meter', 'date', 'value', 'goes_on_from')
NEEDED = {'unit', 'date', 'value'}
NUMBER = re.compile(r'-?\d{1,12}(\.\d{1,12})?')
NUMBERS = ('value', 'goes_on_from')
REFERENCE = ('group', 'unit', 'meter', 'date', 'value')
ROW_LIMIT = 10_000
SHOWN = 10
REFUSED_SHOWN = 100


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
        return self._show('checked', items, {'new': 0, 'known': 0, 'refused': refused})

    def action_import(self) -> dict:
        """Take the good rows; the others are told with their place. Doing it twice takes nothing twice."""
        self.ensure_one()
        items = self._items()
        return self._show('done', items, self._readings().send_readings(items))

    def _readings(self):
        self.env['service.allocation.reading']._check_remote_access()
        return self.env['service.allocation.reading']

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
        """Return the rows of the file as objects of `send_readings`.

        :raises UserError: for a file that is neither CSV nor Excel, has no header or too many rows.
        """
        rows = file_rows(base64.b64decode(self.file))
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
