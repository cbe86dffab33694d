"""The open receivables as of a day, as SQL that reports, worklist and forecast stand on."""

from collections.abc import Sequence
from datetime import date

from odoo.tools import SQL

SOURCES = ('account.move', 'account.move.line', 'account.partial.reconcile', 'res.partner')


def flush_receivables(env) -> None:
    """Write what is still in memory, so that SQL sees it."""
    for model in SOURCES:
        env[model].flush_model()


def open_receivables(as_of: date, company_ids: Sequence[int]) -> SQL:
    """Return a query of what is open at the end of a day: one row for each receivable journal item.

    Columns: id, move_id, company_id, partner_id (commercial entity), currency_id, user_id (salesperson), date, due,
    days (past due), residual (company currency, credits negative), residual_currency. What was matched after that
    day is added to what is open now, so that the age of the books does not matter.
    """
    return SQL(
        """
        SELECT line.id, line.move_id, line.company_id, partner.commercial_partner_id AS partner_id, line.currency_id,
               COALESCE(move.invoice_user_id, partner.user_id) AS user_id, line.date,
               COALESCE(line.date_maturity, line.date) AS due,
               GREATEST(%(as_of)s - COALESCE(line.date_maturity, line.date), 0) AS days,
               line.amount_residual + COALESCE(later.amount, 0) AS residual,
               line.amount_residual_currency + COALESCE(later.amount_currency, 0) AS residual_currency
          FROM account_move_line AS line
          JOIN account_move AS move ON move.id = line.move_id
          JOIN account_account AS account ON account.id = line.account_id
          JOIN res_partner AS partner ON partner.id = line.partner_id
     LEFT JOIN (
               SELECT side.line_id, SUM(side.amount) AS amount, SUM(side.amount_currency) AS amount_currency
                 FROM account_partial_reconcile AS partial
           CROSS JOIN LATERAL (VALUES
                      (partial.debit_move_id, partial.amount, partial.debit_amount_currency),
                      (partial.credit_move_id, -partial.amount, -partial.credit_amount_currency)
                      ) AS side (line_id, amount, amount_currency)
                WHERE partial.max_date > %(as_of)s AND partial.company_id = ANY(%(companies)s)
             GROUP BY side.line_id
               ) AS later ON later.line_id = line.id
         WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
           AND line.company_id = ANY(%(companies)s) AND line.date <= %(as_of)s
           AND (line.reconciled IS NOT TRUE OR later.line_id IS NOT NULL)
           AND line.amount_residual + COALESCE(later.amount, 0) != 0
        """, as_of=as_of, companies=list(company_ids),
    )
