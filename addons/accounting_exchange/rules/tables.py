"""Tables in files: CSV, XLSX and JSON as rows of named values, and back, with texts that stay texts."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .errors import ExchangeError

LARGEST_UNPACKED = 250 * 1024 * 1024
"""A spreadsheet that unpacks to more than this is none."""
FORMULA_MARKS = ('=', '+', '-', '@', '\t', '\r')
"""A spreadsheet takes a text that begins like this for a formula."""
MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig', 'UTF-8'), (codecs.BOM_UTF32_LE, 'utf-32', 'UTF-32'),
    (codecs.BOM_UTF32_BE, 'utf-32', 'UTF-32'), (codecs.BOM_UTF16_LE, 'utf-16', 'UTF-16'),
    (codecs.BOM_UTF16_BE, 'utf-16', 'UTF-16'),
)
"""Byte order marks, the longer ones first: such a file tells its encoding itself, with the name people know."""
FAILED = frozenset({'#N/A', '#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NULL!', '#NUM!'})
"""What a spreadsheet shows in place of a value that it could not work out."""


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file; `reason` is the code of what makes it unreadable."""

    number: int
    values: dict[str, object]
    reason: str = ''


@dataclass(frozen=True)
class Table:
    """Headings and rows of a file; the number of a row is that of its line."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(content: bytes, form: str, encoding: str = '', delimiter: str = '') -> Table:
    """Return what stands in a file.

    Raises ExchangeError: `empty`, `encoding`, `not_xlsx`, `too_large`, `not_json`, `no_columns`, `twice` (a heading).
    """
    if not content:
        raise ExchangeError('empty')
    if form == 'xlsx':
        return _read_xlsx(content)
    text = decode(content, encoding)
    return _read_json(text) if form == 'json' else _read_csv(text, delimiter)


def decode(content: bytes, encoding: str = '') -> str:
    """Return the text of a file; a byte order mark tells its encoding, else the given one, else it must be UTF-8.

    Raises ExchangeError (`encoding`) with the place of the first byte that does not fit.
    """
    marked = next(((code, name) for mark, code, name in MARKS if content.startswith(mark)), None)
    code, name = marked or (encoding or 'utf-8', (encoding or 'UTF-8').upper().removesuffix('-SIG'))
    try:
        return content.decode(code)
    except (UnicodeDecodeError, LookupError) as error:
        place = getattr(error, 'start', 0)
        line = content.count(b'\n', 0, place) + 1
        raise ExchangeError('encoding', encoding=name, line=line) from error


def write_table(form: str, columns: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ';',
                encoding: str = 'utf-8-sig') -> bytes:
    """Return a file with these rows. Texts of other people stay texts in every spreadsheet program."""
    if form == 'xlsx':
        return _write_xlsx(columns, rows)
    if form == 'json':
        return json.dumps([dict(zip(columns, map(_plain, row), strict=True)) for row in rows],
                          ensure_ascii=False, indent=1).encode()
    target = io.StringIO(newline='')
    writer = csv.writer(target, delimiter=delimiter or ';', lineterminator='\r\n')
    writer.writerow([safe_text(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return target.getvalue().encode(encoding or 'utf-8-sig', errors='replace')


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> safe_text('=HYPERLINK("http://evil")'), safe_text('Ana')
    ('\\'=HYPERLINK("http://evil")', 'Ana')
    """
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def plain_text(text: str) -> str:
    """Return what `safe_text` was given.

    >>> plain_text("'=1+1"), plain_text("'t Hart")
    ('=1+1', "'t Hart")
    """
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_MARKS) else text


# === READ === #

def _read_csv(text: str, delimiter: str) -> Table:
    first = text.split('\n', 1)[0]
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter or _delimiter(first), strict=True)
    try:
        columns = _columns(next(reader, []))
    except csv.Error as error:
        raise ExchangeError('no_columns') from error
    rows = []
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return Table(columns, tuple(rows))
        except csv.Error:
            rows.append(Row(number, {}, 'quotes'))
            continue
        if any(cell.strip() for cell in cells):
            named = dict(zip(columns, cells, strict=False))
            fits = len(cells) >= len(columns) and not any(cell.strip() for cell in cells[len(columns):])
            rows.append(Row(number, named, '' if fits else 'columns'))


def _delimiter(line: str) -> str:
    return max(';,\t|', key=line.count)


def _read_xlsx(content: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > LARGEST_UNPACKED:
                raise ExchangeError('too_large')
        lines = _sheet_lines(content, is_worked_out=True)
        unsolved = _unsolved(content, lines)
    except ExchangeError:
        raise
    except Exception as error:  # the library answers broken files with errors of many kinds
        raise ExchangeError('not_xlsx') from error
    columns = _columns(lines[0] if lines else ())
    rows = ((number, cells, number in unsolved or _has_failed(cells)) for number, cells in enumerate(lines[1:], 2))
    return Table(columns, tuple(
        Row(number, dict(zip(columns, cells, strict=False)), 'formula' if has_failed else '')
        for number, cells, has_failed in rows if has_failed or any(cell is not None for cell in cells)
    ))


def _sheet_lines(content: bytes, is_worked_out: bool) -> list[tuple]:
    """Return the rows of the first sheet that is not hidden; which one was open last says nothing."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=is_worked_out)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == 'visible')
    sheet.reset_dimensions()  # many programs note a wrong size
    return list(sheet.iter_rows(values_only=True))


def _unsolved(content: bytes, lines: list[tuple]) -> set[int]:
    """Return the numbers of rows with a formula of which the file has no result."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sheets = [name for name in packed.namelist() if name.startswith('xl/worksheets/sheet')]
        if not any(b'<f' in packed.read(name) for name in sheets):
            return set()
    return {
        number for number, (cells, formulas) in enumerate(zip(lines, _sheet_lines(content, False), strict=True), 1)
        if any(cell is None and formula is not None for cell, formula in zip(cells, formulas, strict=False))
    }


def _has_failed(cells: Iterable[object]) -> bool:
    return any(isinstance(cell, str) and cell in FAILED for cell in cells)


def _read_json(text: str) -> Table:
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return _read_json_lines(text, error)
    if isinstance(found, dict) and 'rows' not in found:
        found = [found]  # one line of JSON lines
    rows = found['rows'] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise ExchangeError('no_columns')
    columns = _columns(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    return Table(columns, tuple(
        Row(number, row if isinstance(row, dict) else {}, '' if isinstance(row, dict) else 'columns')
        for number, row in enumerate(rows, 1)
    ))


def _read_json_lines(text: str, error: Exception) -> Table:
    """Return the rows of a file with one object a line; the first line tells whether it is such a file."""
    lines = [(number, line) for number, line in enumerate(text.split('\n'), 1) if line.strip()]
    rows = [_json_row(number, line) for number, line in lines]
    if len(rows) < 2 or rows[0].reason:
        raise ExchangeError('not_json') from error
    return Table(_columns(dict.fromkeys(key for row in rows for key in row.values)), tuple(rows))


def _json_row(number: int, line: str) -> Row:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Row(number, {}, 'json_line')
    return Row(number, found) if isinstance(found, dict) else Row(number, {}, 'columns')


def _refuse_constant(name: str):
    raise ValueError(name)


def _columns(cells: Iterable[object]) -> tuple[str, ...]:
    names = [plain_text(str(cell or '').strip()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise ExchangeError('no_columns')
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise ExchangeError('twice', column=min(twice))
    return tuple(name or f'#{place}' for place, name in enumerate(names, 1))


# === WRITE === #

def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat(sep=' ') if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return '' if value is None else str(value)


def _plain(value: object) -> object:
    """Return a value as JSON has it; amounts as text would lose their kind, so they are numbers."""
    if isinstance(value, Decimal):
        return float(value)
    return _cell(value) if isinstance(value, (date, datetime)) else value


def _write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    import xlsxwriter

    target = io.BytesIO()
    options = {'in_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False, 'strings_to_numbers': False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        heading = book.add_format({'bold': True})
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column, heading)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value)
    return target.getvalue()


def _write_cell(sheet, number: int, place: int, value: object) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(number, place, value)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(number, place, value)
    elif value is not None and value != '':
        sheet.write_string(number, place, value if isinstance(value, str) else str(_cell(value)))
