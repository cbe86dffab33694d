"""The figures as a workbook: months, movements and cohorts, a sheet each."""

import io

import xlsxwriter

SAFE = {'in_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False}
"""Names of customers stay text, whatever they begin with."""
FIGURES = (
    'month', 'mrr_start', 'new', 'expansion', 'contraction', 'churn', 'reactivation', 'mrr', 'arr', 'customers',
    'customers_lost', 'arpa', 'customer_churn', 'revenue_churn', 'nrr', 'grr',
)
MOVEMENTS = ('month', 'partner_id', 'kind', 'amount', 'mrr')


def figures_workbook(env, company) -> bytes:
    """Return the workbook of a company, read with the rights of the user."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as workbook:
        domain = [('company_id', '=', company.id)]
        _records(workbook, env._("Figures"), env['service.revenue.figures'].search(domain), FIGURES)
        _records(workbook, env._("Movements"), env['service.revenue.movement'].search(domain), MOVEMENTS)
        for measure, title in (('customers', env._("Cohorts, customers")), ('revenue', env._("Cohorts, revenue"))):
            _cohorts(workbook, title, env['service.revenue.cohort'].new({'company_id': company.id, 'measure': measure}))
    return stream.getvalue()


def _records(workbook, title: str, records, names: tuple[str, ...]) -> None:
    sheet = workbook.add_worksheet(title)
    bold, day = workbook.add_format({'bold': True}), workbook.add_format({'num_format': 'yyyy-mm-dd'})
    for column, name in enumerate(names):
        sheet.write_string(0, column, records._fields[name]._description_string(records.env), bold)
        for row, record in enumerate(records, 1):
            _cell(sheet, row, column, record, name, day)
    sheet.set_column(0, len(names) - 1, 14)
    sheet.freeze_panes(1, 1)


def _cell(sheet, row: int, column: int, record, name: str, day) -> None:
    field, value = record._fields[name], record[name]
    if field.type == 'date':
        sheet.write_datetime(row, column, value, day)
    elif field.type == 'many2one':
        sheet.write_string(row, column, value.display_name or '')
    elif field.type == 'selection':
        sheet.write_string(row, column, dict(field._description_selection(record.env)).get(value, ''))
    else:
        sheet.write_number(row, column, value)


def _cohorts(workbook, title: str, cohort) -> None:
    sheet = workbook.add_worksheet(title)
    day, percent = (workbook.add_format({'num_format': text}) for text in ('yyyy-mm', '0.0%'))
    for row, values in enumerate(cohort._rows(), 1):
        sheet.write_datetime(row, 0, values['month'], day)
        sheet.write_number(row, 1, values['begun'])
        for age, cell in enumerate(values['cells']):
            sheet.write_number(0, 2 + age, age)
            sheet.write_number(row, 2 + age, cell['share'], percent)
    sheet.conditional_format(1, 2, 200, 60, {'type': '2_color_scale', 'min_color': '#FFFFFF', 'max_color': '#63BE7B'})
