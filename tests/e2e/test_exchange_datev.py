"""A DATEV file of 10,000 bookings: read by a program that others wrote, its sums are those of the ledger."""

import base64
import time
from collections import defaultdict
from decimal import Decimal

import pytest
from mloda.community.feature_groups.experimental.german_ledger.datev import read_batch

from tests.e2e.exchange_world import copy_invoices, german_books
from tests.e2e.processes import psql, run_script

EXPORT = """
import time
began = time.monotonic()
export = env['datev.export'].create({'date_from': '2026-01-01', 'date_to': '2026-01-31'})
export.action_export()
env.cr.commit()
print(export.id, round(time.monotonic() - began, 1))
"""
SUMS = """
SELECT account.code_store ->> company.id::text, sum(line.balance)
  FROM account_move_line AS line JOIN account_account AS account ON account.id = line.account_id
  JOIN account_move AS move ON move.id = line.move_id JOIN res_company AS company ON company.id = move.company_id
 WHERE move.state = 'posted' AND move.date BETWEEN '2026-01-01' AND '2026-01-31' GROUP BY 1
"""
OWED = """
SELECT person.number, sum(line.balance)
  FROM account_move_line AS line JOIN account_account AS account ON account.id = line.account_id
  JOIN account_move AS move ON move.id = line.move_id
  JOIN datev_person_account AS person ON person.partner_id = line.partner_id
 WHERE move.state = 'posted' AND account.account_type = 'asset_receivable' GROUP BY 1
"""


@pytest.fixture(scope='module')
def books():
    with german_books() as database:
        copy_invoices(database, 'plain', 2000)
        copy_invoices(database, 'parts', 1200)
        copy_invoices(database, 'keyed', 800)
        yield database


def export(database: str) -> tuple[int, float]:
    number, seconds = run_script(database, EXPORT).split()
    return int(number), float(seconds)


def written(database: str, export_id: int, tmp_path) -> str:
    """Write the bookings of an export where another program finds them; return the path."""
    content = run_script(database, f"""
file = env['datev.export'].browse({export_id}).file_ids.filtered(lambda file: file.kind == 'bookings')
print(file.content.decode())
""")
    path = tmp_path / f'EXTF_{export_id}.csv'
    path.write_bytes(base64.b64decode(content))
    return str(path)


def sums_of(path: str) -> dict[str, Decimal]:
    """The sum of each account, debit positive, as the other program reads it."""
    _header, legs = read_batch(path)
    sums = defaultdict(Decimal)
    for account, amount in zip(legs['Konto'], legs['Betrag'], strict=True):
        sums[account] += amount
    return dict(sums)


def test_ten_thousand_bookings_are_read_by_another_program_and_sum_up_to_the_ledger(books, tmp_path):
    """K4: customers to the cent; revenue with the tax that its key, or its automatic account, tells."""
    began = time.monotonic()
    export_id, seconds = export(books)
    path = written(books, export_id, tmp_path)
    header, legs = read_batch(path)
    lines = len(legs['Konto']) // 2
    sums = sums_of(path)
    ledger = {code: Decimal(f'{amount:.2f}') for code, amount in psql(books, SUMS)}
    customers = {number: Decimal(f'{amount:.2f}') for number, amount in psql(books, OWED)}
    assert lines >= 10_000
    assert (header.mandant, header.skr, str(header.datum_bis)) == ('55003', '03', '2026-01-31')
    assert {number: amount for number, amount in sums.items() if len(number) == 5} == customers
    assert sums['8400'] + sums['8200'] == ledger['8400'] + ledger['8200'] + ledger['1776']
    assert sums['8300'] == ledger['8300'] + ledger['1771']
    ((difference, count, problems),) = psql(books, """
        SELECT sum(file.ledger_difference), sum(file.line_count), count(problem.id)
          FROM datev_export_file AS file LEFT JOIN datev_problem AS problem ON problem.export_id = file.export_id
         WHERE file.export_id = %s AND file.kind = 'bookings'""", export_id)
    assert (float(difference), count, problems) == (0.0, lines, 0)
    print(f'{lines} bookings exported in {seconds} s, read and compared in {time.monotonic() - began:.1f} s')


def test_a_second_export_has_only_what_is_new_and_what_changed(books, tmp_path):
    """Nothing goes twice; a change goes as Generalumkehr, so that both files together are the ledger."""
    if not psql(books, 'SELECT 1 FROM datev_export LIMIT 1'):
        export(books)
    ((first,),) = psql(books, "SELECT min(id) FROM datev_export WHERE state = 'done'")
    run_script(books, """
invoice = env['account.move'].search([('ref', '=', 'mould-keyed')])
invoice.button_draft()
invoice.invoice_line_ids.price_unit = 80
invoice.action_post()
env.cr.commit()
""")
    copy_invoices(books, 'plain', 10, first=5001)
    second, _seconds = export(books)
    files = [written(books, number, tmp_path) for number in (first, second)]
    totals = defaultdict(Decimal)
    for path in files:
        for account, amount in sums_of(path).items():
            totals[account] += amount
    customers = {number: Decimal(f'{amount:.2f}') for number, amount in psql(books, OWED)}
    assert {number: amount for number, amount in totals.items() if len(number) == 5 and amount} == customers
    assert len(read_batch(files[1])[1]['Konto']) // 2 == 12
