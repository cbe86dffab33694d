"""Files as other programs write them: what can be read without a guess is read, the rest refused with its reason."""

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from odoo.addons.accounting_exchange.rules.errors import ExchangeError
from odoo.addons.accounting_exchange.rules.tables import read_table


def workbook(*sheets: list[list[object]]) -> bytes:
    """Return an XLSX file with these sheets; the last one was looked at when it was saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.active = len(sheets) - 1
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_part(content: bytes, name: str, change) -> bytes:
    """Return the XLSX file with one of its parts changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, 'w') as changed:
        for member in source.namelist():
            part = source.read(member)
            changed.writestr(member, change(part) if member == name else part)
    return target.getvalue()


def values_of(table) -> list[dict]:
    return [dict(row.values) for row in table.rows]


class TestCsv:
    def test_a_separator_at_the_end_of_every_line_is_no_cell(self):
        table = read_table(b'ref;name;\r\nC-1;Ana;\r\n', 'csv')
        assert (table.columns, values_of(table)) == (('ref', 'name'), [{'ref': 'C-1', 'name': 'Ana'}])
        assert [row.reason for row in table.rows] == ['']

    def test_a_cell_too_many_that_says_something_is_refused(self):
        assert [row.reason for row in read_table(b'ref;name\nC-1;Ana;x\nC-2\n', 'csv').rows] == ['columns', 'columns']

    @pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-32'])
    @pytest.mark.parametrize('setting', ['', 'cp1252', 'utf-8-sig'])
    def test_a_byte_order_mark_says_how_the_file_is_written(self, encoding, setting):
        table = read_table('ref\tname\nC-1\tŁucja €\n'.encode(encoding), 'csv', setting)
        assert values_of(table) == [{'ref': 'C-1', 'name': 'Łucja €'}]

    def test_half_a_file_with_a_mark_is_refused(self):
        with pytest.raises(ExchangeError) as refused:
            read_table('ref;name\nC-1;Ana'.encode('utf-16')[:-1], 'csv')
        assert (refused.value.code, refused.value.values['encoding']) == ('encoding', 'UTF-16')

    def test_windows_1252_is_read_where_the_job_says_so_and_refused_elsewhere(self):
        content = 'ref;name\nC-1;Müller €\n'.encode('cp1252')
        assert values_of(read_table(content, 'csv', 'cp1252'))[0]['name'] == 'Müller €'
        with pytest.raises(ExchangeError) as refused:
            read_table(content, 'csv')
        assert refused.value.values['line'] == 2


class TestJson:
    def test_json_lines_are_rows_and_a_broken_line_is_told(self):
        table = read_table(b'{"ref": "C-1", "price": 1.10}\n\n{"ref": "C-2", "pri\n[1]\n{"ref": "C-3"}\n', 'json')
        assert table.columns == ('ref', 'price')
        assert [(row.number, row.reason) for row in table.rows] == [(1, ''), (3, 'json_line'), (4, 'columns'), (5, '')]
        assert table.rows[0].values['price'] == Decimal('1.10')

    @pytest.mark.parametrize('content', [
        b'[{"ref": "C-1"}, {"re', b'{"ref": "C-1"', b'ref;name\nC-1;Ana\n', b'{}\n{}\n',
    ])
    def test_half_a_file_or_another_format_is_refused_as_a_whole(self, content):
        with pytest.raises(ExchangeError):
            read_table(content, 'json')


class TestXlsx:
    def test_the_first_sheet_counts_whichever_was_open_last(self):
        content = workbook([['ref', 'name'], ['C-1', 'Ana']], [['Notes'], ['Ask Bruno']])
        assert values_of(read_table(content, 'xlsx')) == [{'ref': 'C-1', 'name': 'Ana'}]

    def test_a_hidden_sheet_does_not_count(self):
        content = workbook([['Lists'], ['x']], [['ref'], ['C-1']])
        change = (b'state="visible"', b'state="hidden"', 1)
        hidden = with_part(content, 'xl/workbook.xml', lambda part: part.replace(*change))
        assert values_of(read_table(hidden, 'xlsx')) == [{'ref': 'C-1'}]

    def test_rows_are_read_past_a_wrong_note_of_the_size(self):
        content = workbook([['ref', 'name'], ['C-1', 'Ana'], ['C-2', 'Bo']])
        wrong = with_part(content, 'xl/worksheets/sheet1.xml', lambda part: part.replace(b'ref="A1:B3"', b'ref="A1"'))
        assert [row['ref'] for row in values_of(read_table(wrong, 'xlsx'))] == ['C-1', 'C-2']

    def test_a_formula_that_failed_is_no_value(self):
        content = workbook([['ref', 'name'], ['C-1', '#N/A'], ['C-2', '#1 Gym']])
        assert [row.reason for row in read_table(content, 'xlsx').rows] == ['formula', '']

    def test_a_formula_without_its_result_is_told(self):
        """Programs that write formulas and never work them out leave no value behind."""
        content = workbook([['ref', 'price'], ['C-1', '=1+1'], ['C-2', 3]])
        assert [row.reason for row in read_table(content, 'xlsx').rows] == ['formula', '']
