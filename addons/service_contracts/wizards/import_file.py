"""Rows of a file that somebody uploads: CSV by any usual separator, or an Excel workbook."""

import csv
import io
import zipfile
from datetime import datetime

import openpyxl


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
