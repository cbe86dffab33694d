"""Tables in files: CSV, XLSX and JSON as rows of named values, and back, with texts that stay texts."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .errors import ExchangeError

LARGEST_UNPACKED = 500 * 1024 * 1024
"""A spreadsheet that unpacks to more than this is none."""
FORMULA_MARKS = ('=', '+', '-', '@', '\t', '\r')
"""A spreadsheet takes a text that begins like this for a formula."""


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
    """Return the text of a file; without a given encoding it must be UTF-8.

    Raises ExchangeError (`encoding`) with the place of the first byte that does not fit.
    """
    try:
        return content.decode(encoding or 'utf-8-sig')
    except (UnicodeDecodeError, LookupError) as error:
        place = getattr(error, 'start', 0)
        line = content.count(b'\n', 0, place) + 1
        raise ExchangeError('encoding', encoding=encoding or 'utf-8', line=line) from error


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
            rows.append(Row(number, named, '' if len(cells) == len(columns) else 'columns'))


def _delimiter(line: str) -> str:
    return max(';,\t|', key=line.count)


def _read_xlsx(content: bytes) -> Table:
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > LARGEST_UNPACKED:
                raise ExchangeError('too_large')
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        lines = list(book.active.iter_rows(values_only=True))
    except ExchangeError:
        raise
    except Exception as error:  # the library answers broken files with errors of many kinds
        raise ExchangeError('not_xlsx') from error
    columns = _columns(lines[0] if lines else ())
    return Table(columns, tuple(
        Row(number, dict(zip(columns, cells, strict=False)))
        for number, cells in enumerate(lines[1:], 2) if any(cell is not None for cell in cells)
    ))


def _read_json(text: str) -> Table:
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ExchangeError('not_json') from error
    rows = found.get('rows') if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise ExchangeError('no_columns')
    columns = _columns(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    return Table(columns, tuple(
        Row(number, row if isinstance(row, dict) else {}, '' if isinstance(row, dict) else 'columns')
        for number, row in enumerate(rows, 1)
    ))


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
