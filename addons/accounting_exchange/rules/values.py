"""Cells as values: what stands in a file becomes a text, number, date or truth, or is refused with a reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from .errors import ExchangeError
from .tables import plain_text

LARGEST = Decimal(10) ** 12
LONGEST = 4000
TRUE = {'1', 'true', 'yes', 'y', 'ja', 'sí', 'si', 'x'}
FALSE = {'0', 'false', 'no', 'n', 'nein', ''}


@dataclass(frozen=True)
class Field:
    """A value that a kind of record knows; `label` is for people."""

    name: str
    label: str
    type: str = 'text'
    is_required: bool = False
    is_key: bool = False
    is_amount: bool = False
    help: str = ''


@dataclass(frozen=True)
class Column:
    """Where a field stands in the file, and what it is if the cell is empty."""

    field: Field
    source: str
    default: str = ''


@dataclass(frozen=True)
class Format:
    """How numbers and dates are written."""

    decimal_mark: str = '.'
    date_format: str = '%Y-%m-%d'


def convert(cells: Mapping[str, object], columns: Iterable[Column], form: Format) -> dict[str, object]:
    """Return field → value of a row; a field that is empty and has no default is left out.

    Raises ExchangeError: `missing`, `number`, `date`, `truth`, `text`, each with `column` and `value`.
    """
    values = {}
    for column in columns:
        raw = cells.get(column.source)
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            raw = column.default
        if raw == '':
            if column.field.is_required:
                raise ExchangeError('missing', column=column.source or column.field.label, value='')
            continue
        values[column.field.name] = _value(raw, column, form)
    return values


def row_key(values: Mapping[str, object], fields: Iterable[Field]) -> str:
    """Return what names a row: the texts of its key fields.

    >>> row_key({'a': 'X', 'b': Decimal('1.00')}, [Field('a', 'A', is_key=True), Field('b', 'B', is_key=True)])
    'X|1'
    """
    return '|'.join(_key_text(values.get(field.name, '')) for field in fields if field.is_key)


def row_digest(values: object) -> str:
    """Return a text that changes with the values, not with how they were written."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=_key_text).encode()).hexdigest()[:32]


def _value(raw: object, column: Column, form: Format):
    readers = {'number': _number, 'integer': _integer, 'date': _date, 'boolean': _truth}
    try:
        return readers.get(column.field.type, _text)(raw, form)
    except (ValueError, InvalidOperation, ArithmeticError) as error:
        code = {'integer': 'number', 'boolean': 'truth'}.get(column.field.type, column.field.type)
        raise ExchangeError(code, column=column.source or column.field.label, value=str(raw)[:60]) from error


def _text(raw: object, _form: Format) -> str:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, datetime) and raw.time().isoformat() == '00:00:00':
        raw = raw.date()
    text = plain_text(str(raw).strip())
    if '\x00' in text or len(text) > LONGEST:
        raise ValueError
    return text


def _number(raw: object, form: Format) -> Decimal:
    if isinstance(raw, bool):
        raise ValueError
    if isinstance(raw, str):
        thousands = '.' if form.decimal_mark == ',' else ','
        text = raw.strip().replace('\u00a0', '').replace(' ', '')
        pattern = rf'[+-]?(\d+|\d{{1,3}}({re.escape(thousands)}\d{{3}})+)({re.escape(form.decimal_mark)}\d+)?'
        if not re.fullmatch(pattern, text):
            raise ValueError
        raw = text.replace(thousands, '').replace(form.decimal_mark, '.')
    number = Decimal(repr(raw) if isinstance(raw, float) else raw)
    if not number.is_finite() or abs(number) >= LARGEST:
        raise ValueError
    return number


def _integer(raw: object, form: Format) -> int:
    number = _number(raw, form)
    if number != int(number):
        raise ValueError
    return int(number)


def _date(raw: object, form: Format) -> date:
    if isinstance(raw, datetime):
        day = raw.date()
    elif isinstance(raw, date):
        day = raw
    elif isinstance(raw, str):
        day = datetime.strptime(raw.strip(), form.date_format).date()
    else:
        raise ValueError
    if not 1900 <= day.year <= 2999:
        raise ValueError
    return day


def _truth(raw: object, _form: Format) -> bool:
    text = str(raw).strip().lower()
    if text not in TRUE | FALSE:
        raise ValueError
    return text in TRUE


def _key_text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), 'f')
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
