"""A file that somebody uploads: its rows, from CSV by any usual separator or an Excel workbook, and its result."""

import base64
import csv
import io
import zipfile
from datetime import datetime

import openpyxl
from odoo.exceptions import UserError

SHOWN = 10
REFUSED_SHOWN = 100


def named_rows(wizard, columns: tuple[str, ...], needed: set[str], limit: int) -> list[dict]:
    """Return the rows of the file of a wizard as values by the names of its first row; empty rows are left out.

    :raises UserError: for a file that is neither CSV nor Excel, lacks a needed column or has more than `limit` rows.
    """
    env = wizard.env
    rows = file_rows(base64.b64decode(wizard.file))
    if rows is None:
        raise UserError(env._("The file cannot be read. Save it as Excel workbook (.xlsx) or CSV in UTF-8."))
    header = [str(name or '').strip().lower() for name in rows[0]] if rows else []
    if missing := needed - set(header):
        raise UserError(env._(
            "The first row must name the columns %(columns)s. Missing: %(missing)s.",
            columns=', '.join(columns), missing=', '.join(sorted(missing)),
        ))
    rows = [row for row in rows[1:] if any(value not in (None, '') for value in row)]
    if len(rows) > limit:
        raise UserError(env._("The file has more than %s rows. Split it.", limit))
    return [dict(zip(header, row, strict=False)) for row in rows]


def show_result(wizard, columns: tuple[str, ...], state: str, items: list[dict], result: dict) -> dict:
    """Bring a wizard into a state and return the action that shows its first rows and what was refused."""
    html = wizard.env['ir.qweb']._render('service_contracts.usage_import_result', {
        'state': state, 'columns': columns, 'items': items[:SHOWN], 'count': len(items),
        'result': result, 'refused': result['refused'][:REFUSED_SHOWN],
    })
    wizard.write({'state': state, 'preview_html': html})
    return {
        'type': 'ir.actions.act_window', 'res_model': wizard._name, 'res_id': wizard.id,
        'view_mode': 'form', 'target': 'new',
    }


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
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def _excel_rows(content: bytes) -> list | None:
    """Return the rows of the first sheet; times stay times."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, openpyxl.utils.exceptions.InvalidFileException):
        return None
    return [
        [value.replace(microsecond=0) if isinstance(value, datetime) else value for value in row] for row in rows
    ]
