"""How receivables were paid, as SQL: one row for each amount that money settled, credit notes left out."""

from collections.abc import Sequence
from datetime import date

from odoo.tools import SQL

DAY_ONE = date(1, 1, 1)


def payment_history(company_ids: Sequence[int], until: date, since: date | None = None) -> SQL:
    """Return a query of what was paid after `since` and until a day, both counted by the later side's date.

    Columns: company_id, partner_id (commercial entity), line_id (the receivable), charged_on, due, paid_on, days
    (past due, negative if early), amount (company currency). Exchange differences are no payments.
    """
    return SQL(
        """
        SELECT partial.company_id, partner.commercial_partner_id AS partner_id, debit.id AS line_id,
               debit.date AS charged_on, COALESCE(debit.date_maturity, debit.date) AS due, partial.max_date AS paid_on,
               partial.max_date - COALESCE(debit.date_maturity, debit.date) AS days, partial.amount
          FROM account_partial_reconcile AS partial
          JOIN account_move_line AS debit ON debit.id = partial.debit_move_id
          JOIN account_account AS account ON account.id = debit.account_id
          JOIN account_move_line AS credit ON credit.id = partial.credit_move_id
          JOIN account_move AS payment ON payment.id = credit.move_id
          JOIN res_partner AS partner ON partner.id = debit.partner_id
         WHERE partial.company_id = ANY(%(companies)s)
           AND partial.max_date > %(since)s AND partial.max_date <= %(until)s
           AND account.account_type = 'asset_receivable' AND debit.parent_state = 'posted'
           AND credit.parent_state = 'posted' AND payment.move_type = 'entry' AND partial.amount > 0
           AND NOT EXISTS (SELECT FROM account_partial_reconcile AS exchange
                            WHERE exchange.exchange_move_id = credit.move_id)
        """, companies=list(company_ids), since=since or DAY_ONE, until=until,
    )
