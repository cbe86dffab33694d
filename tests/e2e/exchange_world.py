"""A company with German books for a test: invoices by the thousand, copied as rows from a few that Odoo made."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from tests.e2e.processes import cloned_database, plain_database, psql, run_script
from tools import postgres

GERMAN_BOOKS = """
env['ir.module.module'].search([('name', '=', 'l10n_de')]).button_immediate_install()
company = env['res.company'].search([], limit=1)
company.write({'country_id': env.ref('base.de').id, 'datev_consultant': 29098, 'datev_client': 55003})
env['account.chart.template'].try_loading('de_skr03', company, install_demo=False)
env.cr.commit()
"""
MOULDS = """
from odoo.fields import Command
company = env['res.company'].search([], limit=1)
def account(code):
    return env['account.account'].with_company(company).search([('code', '=', code)], limit=1)
def tax(name):
    return env.ref(f'account.{company.id}_{name}_skr03')
term = env['account.payment.term'].create({'name': 'Three parts', 'line_ids': [
    Command.create({'value': 'percent', 'value_amount': share, 'nb_days': days})
    for share, days in ((33.33, 0), (33.33, 30), (33.34, 60))
]})
def line(code, taxes, price):
    return Command.create({
        'name': code, 'account_id': account(code).id, 'price_unit': price, 'tax_ids': [Command.set(taxes.ids)],
    })
moulds = {
    'plain': ([line('8400', tax('tax_ust_19'), 100.01)], False),
    'parts': ([line('8400', tax('tax_ust_19'), 49.99), line('8300', tax('tax_ust_7'), 20.07)], term),
    'keyed': ([line('8200', tax('tax_ust_19'), 75.55)], False),
}
for kind, (lines, terms) in moulds.items():
    customer = env['res.partner'].create({'name': f'Kundin Müller {kind}', 'ref': f'mould-{kind}'})
    invoice = env['account.move'].create({
        'move_type': 'out_invoice', 'partner_id': customer.id, 'invoice_date': '2026-01-15', 'ref': f'mould-{kind}',
        'invoice_payment_term_id': terms and terms.id, 'invoice_line_ids': lines,
    })
    invoice.action_post()
env.cr.commit()
"""
COPY_CUSTOMERS = """
INSERT INTO res_partner
SELECT made.* FROM (
    SELECT mould, n, nextval('res_partner_id_seq') AS id
      FROM res_partner AS mould, generate_series(1, %s) AS n WHERE mould.ref = %s OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.mould, jsonb_build_object(
    'id', id, 'commercial_partner_id', id, 'ref', 'D-' || (mould).ref || '-' || n, 'name', 'Kunde Süß ' || n,
    'complete_name', 'Kunde Süß ' || n
)) AS made
"""
COPY_INVOICES = """
INSERT INTO account_move
SELECT made.* FROM (
    SELECT mould, n, nextval('account_move_id_seq') AS id, customer.id AS customer_id
      FROM account_move AS mould, generate_series(%s, %s) AS n, res_partner AS customer
     WHERE mould.ref = %s AND customer.ref = 'D-' || %s || '-' || (1 + n %% %s) OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.mould, jsonb_build_object(
    'id', id, 'name', 'RE/' || (mould).ref || '/' || n, 'ref', %s::text, 'sequence_number', 100000 + id,
    'partner_id', customer_id, 'commercial_partner_id', customer_id, 'date', date '2026-01-01' + n %% 31,
    'invoice_date', date '2026-01-01' + n %% 31, 'payment_reference', n::text
)) AS made
"""
COPY_LINES = """
INSERT INTO account_move_line
SELECT made.* FROM (
    SELECT line AS old, move.id AS move_id, move.name AS number, move.partner_id, move.date,
           1 + move.id %% 9 AS factor, nextval('account_move_line_id_seq') AS id
      FROM account_move AS mould JOIN account_move_line AS line ON line.move_id = mould.id
      JOIN account_move AS move ON move.ref = %s
     WHERE mould.ref = %s OFFSET 0
) AS source, LATERAL jsonb_populate_record(source.old, jsonb_build_object(
    'id', id, 'move_id', move_id, 'move_name', number, 'partner_id', partner_id, 'date', date,
    'balance', (old).balance * factor, 'debit', (old).debit * factor, 'credit', (old).credit * factor,
    'amount_currency', (old).amount_currency * factor, 'amount_residual', (old).amount_residual * factor,
    'amount_residual_currency', (old).amount_residual_currency * factor, 'full_reconcile_id', NULL
)) AS made
"""
COPY_TAXES = """
INSERT INTO account_move_line_account_tax_rel (account_move_line_id, account_tax_id)
SELECT line.id, rel.account_tax_id
  FROM account_move AS mould JOIN account_move_line AS old ON old.move_id = mould.id
  JOIN account_move_line_account_tax_rel AS rel ON rel.account_move_line_id = old.id
  JOIN account_move AS move ON move.ref = %s
  JOIN account_move_line AS line ON line.move_id = move.id AND line.account_id = old.account_id
   AND line.name = old.name AND line.display_type = old.display_type
 WHERE mould.ref = %s
"""


@contextmanager
def german_books() -> Iterator[str]:
    """A database of its own with the chart SKR 03 and one posted invoice of each kind."""
    with exchange_database() as database:
        run_script(database, GERMAN_BOOKS)
        run_script(database, MOULDS)
        yield database


@contextmanager
def exchange_database() -> Iterator[str]:
    """A database of its own that has the exchange and nothing in it."""
    postgres.ensure()
    os.environ['EXCHANGE_ROOT'] = _root()
    with cloned_database(plain_database(['accounting_exchange'])) as database:
        yield database


@cache
def _root() -> str:
    """A folder for the files of all tests of this session."""
    folder = tempfile.mkdtemp(prefix='exchange-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_invoices(database: str, kind: str, count: int, customers: int = 50, first: int = 1) -> None:
    """Add posted invoices like the one of a kind, one to nine times its amounts, all over January."""
    mould = f'mould-{kind}'
    if first == 1:
        psql(database, COPY_CUSTOMERS, customers, mould)
    ref = f'copy-{kind}-{first}'
    psql(database, COPY_INVOICES, first, first + count - 1, mould, mould, customers, ref)
    psql(database, COPY_LINES, ref, mould)
    psql(database, COPY_TAXES, ref, mould)
    psql(database, 'ANALYZE account_move, account_move_line, res_partner')
