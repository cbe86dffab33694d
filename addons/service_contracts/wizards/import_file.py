"""A file that somebody uploads: its rows, from CSV by any usual separator or an Excel workbook, and its result."""

import base64
import csv
import io
import re
import zipfile
import zlib
from datetime import datetime

import openpyxl
from odoo import fields, models
from odoo.exceptions import UserError

SHOWN = 10
REFUSED_SHOWN = 100
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, LookupError, AttributeError, TypeError, ValueError, OSError, SyntaxError,
    openpyxl.utils.exceptions.InvalidFileException,
)
"""What openpyxl raises for a workbook that is damaged: it has no error of its own, and SyntaxError is that of XML."""
NUMBER = re.compile(r'-?\d{1,12}(\.\d{1,12})?')


class ServiceFileImport(models.AbstractModel):
    """What the imports share: a file, the meter of rows that name none, a look before anything is taken."""

    _name = 'service.file.import'
    _description = "Import from a File"

    file = fields.Binary("CSV or Excel file", required=True, attachment=False)
    file_name = fields.Char()
    meter_id = fields.Many2one('service.meter', "Meter", check_company=True, help="For rows that name no meter.")
    company_id = fields.Many2one('res.company', default=lambda self: self.env.company, readonly=True)
    state = fields.Selection(
        [('file', "File"), ('checked', "Checked"), ('done', "Done")], default='file', required=True,
    )
    preview_html = fields.Html("Result", readonly=True, sanitize=False)

    def _named_rows(self, columns: tuple[str, ...], needed: set[str], limit: int) -> list[dict]:
        """Return the rows of the file as values by the names of its first row; empty rows are left out.

        :raises UserError: for a file that is neither CSV nor Excel, lacks a needed column or has too many rows.
        """
        rows = file_rows(base64.b64decode(self.file))
        if rows is None:
            raise UserError(self.env._("The file cannot be read. Save it as Excel workbook (.xlsx) or CSV in UTF-8."))
        header = [str(name or '').strip().lower() for name in rows[0]] if rows else []
        if missing := needed - set(header):
            raise UserError(self.env._(
                "The first row must name the columns %(columns)s. Missing: %(missing)s.",
                columns=', '.join(columns), missing=', '.join(sorted(missing)),
            ))
        rows = [row for row in rows[1:] if any(value not in (None, '') for value in row)]
        if len(rows) > limit:
            raise UserError(self.env._("The file has more than %s rows. Split it.", limit))
        return [dict(zip(header, row, strict=False)) for row in rows]

    def _show_result(self, columns: tuple[str, ...], state: str, items: list[dict], result: dict) -> dict:
        """Bring the wizard into a state and return the action that shows its first rows and what was refused."""
        html = self.env['ir.qweb']._render('service_contracts.usage_import_result', {
            'state': state, 'columns': columns, 'items': items[:SHOWN], 'count': len(items),
            'result': result, 'refused': result['refused'][:REFUSED_SHOWN],
        })
        self.write({'state': state, 'preview_html': html})
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id,
            'view_mode': 'form', 'target': 'new',
        }


def as_number(value):
    """Return the number that a text of a CSV file is; anything else as it is."""
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value.strip()) else value


def as_text(value):
    """Return the text that a number of a workbook stands for; anything else as it is."""
    if isinstance(value, float):
        return f'{value:g}'
    return str(value) if isinstance(value, int) else value


def file_rows(content: bytes) -> list | None:
    """Return the rows of a CSV file in UTF-8 or of the first sheet of a workbook; None for any other file."""
    return _excel_rows(content) if content[:2] == b'PK' else _csv_rows(content)


def _csv_rows(content: bytes) -> list | None:
    try:
        text = content.decode('utf-8-sig')
    except UnicodeDecodeError:
        return None
    first = text.partition('\n')[0]
    delimiter = max(',;\t', key=first.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return None


def _excel_rows(content: bytes) -> list | None:
    """Return the rows of the first sheet; times stay times."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except BROKEN:
        return None
    return [
        [value.replace(microsecond=0) if isinstance(value, datetime) else value for value in row] for row in rows
    ]
