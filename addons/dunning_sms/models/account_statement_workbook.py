"""Statements of account as a workbook; names stay text, whatever they begin with."""

import io

import xlsxwriter
from odoo import api, models

TEXT_ONLY = {'in_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False, 'strings_to_numbers': False}
WIDTHS = (12, 12, 22, 22, 28, 14, 14, 12)


class AccountStatement(models.AbstractModel):
    _inherit = 'account.statement'

    def _workbook(self, statements: list[dict]) -> bytes:
        """Return an .xlsx file with the movements, the open items and the ages of statements."""
        return self._workbook_of({
            self.env._("Movements"): self._movement_rows(statements),
            self.env._("Open items"): self._open_rows(statements),
            self.env._("Ageing"): self._ageing_rows(statements),
        })

    @api.model
    def _workbook_of(self, sheets: dict[str, list[list]]) -> bytes:
        """Return an .xlsx file of sheets by name, the first row of each as its heading."""
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream, TEXT_ONLY) as book:
            formats = {
                'title': book.add_format({'bold': True, 'bottom': 1}),
                'money': book.add_format({'num_format': '#,##0.00'}),
                'date': book.add_format({'num_format': 'yyyy-mm-dd'}),
            }
            for name, rows in sheets.items():
                self._fill_sheet(book, formats, name, rows)
        return stream.getvalue()

    def _fill_sheet(self, book, formats: dict, name: str, rows: list[list]) -> None:
        """Write rows, the first as heading: text as text, dates and amounts as such."""
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value, None if number else formats['title'])
                elif isinstance(value, float):
                    sheet.write_number(number, column, value, formats['money'])
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value:
                    sheet.write_datetime(number, column, value, formats['date'])

    def _movement_rows(self, statements: list[dict]) -> list[list]:
        _ = self.env._
        rows = [[_("Date"), _("Due date"), _("Customer"), _("Document"), _("Description"), _("Amount"), _("Balance"),
                 _("Currency"), _("Settled"), _("Part")]]
        for statement, values, part in _parts(statements):
            rows.append([statement['date_from'], None, statement['partner'], '', _("Opening balance"), None,
                         values['opening'], values['currency'], '', part])
            rows += [
                [row['date'], row['due_date'], statement['partner'], row['document'], _described(row), row['amount'],
                 row['balance'], values['currency'], _settled_text(row), part]
                for row in values['movements']
            ]
        return rows

    def _open_rows(self, statements: list[dict]) -> list[list]:
        _ = self.env._
        rows = [[_("Date"), _("Due date"), _("Customer"), _("Document"), _("Description"), _("Amount"), _("Open"),
                 _("Currency"), _("Days overdue"), _("Ageing"), _("Part")]]
        for statement, values, part in _parts(statements):
            rows += [
                [row['date'], row['due_date'], statement['partner'], row['document'], _described(row), row['amount'],
                 row['open'], values['currency'], row['days_overdue'], row['bucket'], part]
                for row in values['open_items']
            ]
        return rows

    def _ageing_rows(self, statements: list[dict]) -> list[list]:
        _ = self.env._
        rows = [[_("Customer"), _("Part"), _("Currency"), *self._bucket_labels(), _("Balance")]]
        for statement, values, part in _parts(statements):
            amounts = [bucket['amount'] for bucket in values['buckets']]
            rows.append([statement['partner'], part, values['currency'], *amounts, values['closing']])
        return rows


def _parts(statements: list[dict]):
    """Yield each statement in each currency, then its sections with their name."""
    for statement in statements:
        for values in statement['currencies']:
            yield statement, values, ''
            for section in values.get('sections', ()):
                yield statement, {**section, 'currency': values['currency']}, section['name']


def _described(row: dict) -> str:
    return f"{row['description']} {row['ref']}".strip()


def _settled_text(row: dict) -> str:
    return ', '.join(f"{part['document']}: {part['amount']}" for part in row.get('settled', ()))
