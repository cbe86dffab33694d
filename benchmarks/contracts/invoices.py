"""Invoices in a database, read from outside: exported, compared, and their numbers checked."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from tools import database

EXPORT = """
    SELECT jsonb_build_object(
        'customer', p.ref,
        'header', jsonb_build_object(
            'journal_id', m.journal_id, 'currency_id', m.currency_id, 'fiscal_position_id', m.fiscal_position_id,
            'invoice_payment_term_id', m.invoice_payment_term_id, 'invoice_date', m.invoice_date,
            'invoice_date_due', CASE WHEN m.invoice_payment_term_id IS NULL THEN m.invoice_date_due END,
            'invoice_origin', m.invoice_origin, 'invoice_user_id', m.invoice_user_id, 'team_id', m.team_id),
        'lines', (
            SELECT jsonb_agg(jsonb_build_object(
                'product', d.default_code, 'taxes', COALESCE(x.taxes, '[]'),
                'vals', jsonb_build_object(
                    'name', l.name, 'quantity', l.quantity, 'price_unit', l.price_unit, 'discount', l.discount,
                    'product_uom_id', l.product_uom_id)) ORDER BY l.sequence, l.id)
              FROM account_move_line l
              JOIN product_product d ON d.id = l.product_id
              LEFT JOIN LATERAL (
                  SELECT jsonb_agg(account_tax_id) AS taxes FROM account_move_line_account_tax_rel
                   WHERE account_move_line_id = l.id) x ON TRUE
             WHERE l.move_id = m.id AND l.display_type = 'product'))
      FROM account_move m JOIN res_partner p ON p.id = m.partner_id
     WHERE m.move_type = 'out_invoice' AND m.state = 'posted'
     ORDER BY m.sequence_number
"""
MOVES = """
    SELECT to_jsonb(m), p.ref FROM account_move m JOIN res_partner p ON p.id = m.partner_id WHERE m.state = 'posted'
"""
LINES = """
    SELECT to_jsonb(l), p.ref, d.default_code,
           ARRAY(SELECT account_tax_id FROM account_move_line_account_tax_rel
                  WHERE account_move_line_id = l.id ORDER BY 1),
           ARRAY(SELECT account_account_tag_id FROM account_account_tag_account_move_line_rel
                  WHERE account_move_line_id = l.id ORDER BY 1)
      FROM account_move_line l
      JOIN res_partner p ON p.id = l.partner_id LEFT JOIN product_product d ON d.id = l.product_id
     WHERE l.parent_state = 'posted' ORDER BY l.move_id, l.id
"""
OWN_COLUMNS = {
    'id', 'move_id', 'create_date', 'write_date', 'create_uid', 'write_uid', 'access_token', 'partner_id',
    'commercial_partner_id', 'partner_shipping_id', 'product_id', 'name', 'move_name', 'sequence_number',
    'payment_reference', 'tax_group_line_id',
}
"""Ids and numbers: they name the one invoice. Customers and products are compared by their references."""
SUMS = """
    SELECT a.code_store->>'1', count(*), sum(l.debit), sum(l.credit), sum(l.balance), sum(l.amount_residual)
      FROM account_move_line l JOIN account_account a ON a.id = l.account_id
     WHERE l.parent_state = 'posted' GROUP BY 1 ORDER BY 1
"""
NUMBERS = """
    SELECT count(*), count(DISTINCT sequence_number), max(sequence_number) - min(sequence_number) + 1
      FROM account_move WHERE move_type = 'out_invoice' AND state = 'posted' GROUP BY journal_id, sequence_prefix
"""
LEDGER = """
    SELECT (SELECT count(*) FROM service_contract_line) AS services,
           (SELECT count(*) FROM service_billing_entry WHERE state = 'posted') AS charges,
           (SELECT count(DISTINCT contract_line_id) FROM service_billing_entry WHERE state = 'posted') AS charged,
           (SELECT sum(price_subtotal) FROM service_contract_line) AS agreed,
           (SELECT sum(price_subtotal) FROM account_move_line WHERE display_type = 'product') AS billed
"""


def export(name: str, path: Path) -> None:
    """Write what was invoiced into a file, as somebody would type it: no totals, no journal items."""
    path.write_text(json.dumps([row for (row,) in database.query(EXPORT, database=name)]))


def sums_by_account(name: str) -> list[tuple]:
    """Return account, journal items, debit, credit, balance and residual."""
    return [(account, *map(float, figures)) for account, *figures in database.query(SUMS, database=name)]


def numbers_without_gaps(name: str) -> bool:
    return all(count == distinct == span for count, distinct, span in database.query(NUMBERS, database=name))


def every_service_billed_once(name: str) -> bool:
    """Each service has one live charge, and the invoices come to what the contracts say."""
    ((services, charges, charged, agreed, billed),) = database.query(LEDGER, database=name)
    return services == charges == charged and abs(float(agreed) - float(billed)) < 0.005


def differences(ours: str, theirs: str) -> list[str]:
    """Return in which columns the invoices of two databases differ, and how often; empty if they are equal.

    All columns that both know are compared, line by line.
    """
    found = Counter()
    mine, other = _by_customer(ours), _by_customer(theirs)
    if mine.keys() != other.keys():
        return [f'{len(mine)} customers invoiced instead of {len(other)}']
    for customer, rows in mine.items():
        if len(rows) != len(other[customer]):
            found['number of journal items'] += 1
            continue
        for row, twin in zip(rows, other[customer], strict=True):
            found.update(column for column in row.keys() & twin.keys() if row[column] != twin[column])
    return [f'{column} ({count} times)' for column, count in found.most_common()]


def _by_customer(name: str) -> dict[str, list[dict]]:
    """Return the invoice and its journal items by customer, in the order of their making."""
    rows = defaultdict(list)
    for move, customer in database.query(MOVES, database=name):
        rows[customer].append(_comparable(move))
    for line, customer, product, taxes, tags in database.query(LINES, database=name):
        rows[customer].append({**_comparable(line), 'product': product, 'taxes': taxes, 'tags': tags})
    return rows


def _comparable(row: dict) -> dict:
    """Leave out ids, and the number where it stands as a name."""
    own = OWN_COLUMNS - {'name'} if row.get('display_type') in ('product', 'tax') else OWN_COLUMNS
    return {name: value for name, value in row.items() if name not in own}
