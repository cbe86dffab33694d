"""What the double-check of the billing looks for in SQL; each query gives `COLUMNS` for what is wrong.

`scope` limits a query to what changed lately, `company_id` and `open_ids` are its arguments by name.
"""

COLUMNS = ('source_id', 'line_id', 'entry_id', 'move_id', 'period_start', 'period_end', 'expected', 'found')

ENTRY_SCOPE = """
    entry.company_id = %(company_id)s
    AND (%(since)s::date IS NULL OR entry.charge_date >= %(since)s OR entry.write_date >= %(since)s
         OR entry.id = ANY(%(open_ids)s))
"""
SIGN = "CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END"
ON_INVOICE = f"""
      FROM service_billing_entry entry
      JOIN account_move_line line ON line.id = entry.move_line_id
      JOIN account_move move ON move.id = line.move_id
      JOIN res_company company ON company.id = entry.company_id
      JOIN res_currency currency ON currency.id = entry.currency_id
     WHERE {ENTRY_SCOPE} AND entry.state != 'void'
"""
BOOKED = "CASE WHEN line.currency_id = company.currency_id THEN -line.balance ELSE -line.amount_currency END"
"""Differs by one unit where core rounds all lines of an invoice together, with tax inside or finer prices."""
KEPT = "(entry.explanation ->> 'amount')::numeric"
PRICED = f"""({SIGN} * round(
    line.quantity::numeric * line.price_unit::numeric * (1 - line.discount::numeric / 100), currency.decimal_places))"""
SHARE = "entry.explanation ->> 'share'"
CALCULATED = f"""round(
    (entry.explanation ->> 'quantity')::numeric * (entry.explanation ->> 'price_unit')::numeric
    * (1 - (entry.explanation ->> 'discount')::numeric / 100)
    * split_part({SHARE}, '/', 1)::numeric / COALESCE(NULLIF(split_part({SHARE}, '/', 2), ''), '1')::numeric,
    (entry.explanation ->> 'digits')::int)"""
ENTRY_COLUMNS = 'entry.id, entry.contract_line_id, entry.id, entry.move_id, entry.period_start, entry.period_end'

QUERIES = {
    'overlap': f"""
        SELECT {ENTRY_COLUMNS}, NULL, entry.amount_untaxed
          FROM service_billing_entry entry
         WHERE {ENTRY_SCOPE} AND entry.state != 'void' AND entry.kind IN ('recurring', 'one_time', 'usage')
           AND EXISTS (
            SELECT FROM service_billing_entry other
             WHERE other.contract_line_id = entry.contract_line_id AND other.kind = entry.kind
               AND other.state != 'void' AND other.id < entry.id
               AND other.period_start < entry.period_end AND entry.period_start < other.period_end)
    """,
    'no_invoice': f"""
        SELECT {ENTRY_COLUMNS}, entry.amount_untaxed, NULL
          FROM service_billing_entry entry
          LEFT JOIN account_move_line line ON line.id = entry.move_line_id AND line.parent_state = 'posted'
         WHERE {ENTRY_SCOPE} AND entry.state != 'void' AND line.id IS NULL
    """,
    'no_entry': """
        SELECT line.id, line.service_contract_line_id, NULL, move.id, line.service_period_start,
               line.service_period_last_day + 1, NULL, line.price_subtotal
          FROM account_move_line line
          JOIN account_move move ON move.id = line.move_id
         WHERE line.service_contract_line_id IS NOT NULL AND line.display_type = 'product'
           AND move.company_id = %(company_id)s AND move.state = 'posted'
           AND move.move_type IN ('out_invoice', 'out_refund') AND move.reversed_entry_id IS NULL
           AND (%(since)s::date IS NULL OR move.date >= %(since)s OR move.write_date >= %(since)s
                OR line.id = ANY(%(open_ids)s))
           AND NOT EXISTS (SELECT FROM service_billing_entry entry WHERE entry.move_line_id = line.id)
    """,
    'void_open': f"""
        SELECT {ENTRY_COLUMNS}, NULL, entry.amount_untaxed
          FROM service_billing_entry entry
          JOIN account_move_line line ON line.id = entry.move_line_id AND line.parent_state = 'posted'
         WHERE {ENTRY_SCOPE} AND entry.state = 'void' AND entry.amount_untaxed != 0
           AND NOT EXISTS (
            SELECT FROM account_move credit
             WHERE credit.reversed_entry_id = line.move_id AND credit.state = 'posted')
    """,
    'ledger_invoice': f"""
        SELECT {ENTRY_COLUMNS}, entry.amount_untaxed, {SIGN} * line.price_subtotal
        {ON_INVOICE} AND entry.amount_untaxed IS DISTINCT FROM {SIGN} * line.price_subtotal
    """,
    'booking': f"""
        SELECT {ENTRY_COLUMNS}, {SIGN} * line.price_subtotal, {BOOKED}
        {ON_INVOICE} AND abs({SIGN} * line.price_subtotal - {BOOKED}) > CASE
            WHEN company.tax_calculation_rounding_method = 'round_globally' AND EXISTS (
                SELECT FROM account_move_line part
                 WHERE part.move_id = move.id AND part.display_type = 'product'
                   AND part.quantity::numeric * part.price_unit::numeric * (1 - part.discount::numeric / 100)
                       != part.price_subtotal)
            THEN power(10::numeric, -currency.decimal_places) ELSE 0 END
    """,
    'price': f"""
        SELECT {ENTRY_COLUMNS}, {KEPT}, {PRICED}
        {ON_INVOICE} AND {KEPT} IS NOT NULL AND {KEPT} != {PRICED}
    """,
    'calculation': f"""
        SELECT {ENTRY_COLUMNS}, {CALCULATED}, {KEPT}
        {ON_INVOICE} AND {KEPT} IS NOT NULL AND entry.explanation -> 'steps' IS NULL AND {KEPT} != {CALCULATED}
    """,
    'grid': f"""
        SELECT {ENTRY_COLUMNS}, entry.amount_untaxed, NULL
          FROM service_billing_entry entry
         WHERE {ENTRY_SCOPE} AND entry.state != 'void' AND entry.kind IN ('recurring', 'usage')
           AND (entry.period_start < (entry.explanation -> 'full_period' ->> 0)::date
                OR entry.period_end > (entry.explanation -> 'full_period' ->> 1)::date)
    """,
    'pending': """
        SELECT pending.id, pending.contract_line_id, NULL::int, NULL::int, pending.period_start, pending.period_end,
               pending.amount, NULL
          FROM service_pending_charge pending
          JOIN service_contract contract ON contract.id = pending.contract_id
         WHERE pending.company_id = %(company_id)s AND pending.state = 'open'
           AND contract.state IN ('active', 'ended') AND contract.parked_on IS NULL
           AND EXISTS (
                SELECT FROM service_billing_run run
                 WHERE run.company_id = pending.company_id AND run.state = 'done' AND run.date >= pending.charge_date
                   AND run.started_at > pending.write_date AND NOT EXISTS (
                    SELECT FROM service_billing_run_service_contract_rel chosen
                     WHERE chosen.service_billing_run_id = run.id))
    """,
    'credit_balance': """
        SELECT credit.id, NULL::int, NULL::int, credit.invoice_id, credit.date_granted, credit.expiry_date,
               credit.amount + COALESCE(history.change, 0), credit.balance
          FROM service_credit_grant credit
          LEFT JOIN (SELECT grant_id, sum(signed_amount) AS change FROM service_credit_entry GROUP BY grant_id) history
            ON history.grant_id = credit.id
         WHERE credit.company_id = %(company_id)s
           AND credit.balance != credit.amount + COALESCE(history.change, 0)
    """,
    'credit_use': f"""
        SELECT {ENTRY_COLUMNS}, -{KEPT}, used.amount
          FROM service_billing_entry entry
          LEFT JOIN (
                SELECT use.billing_entry_id, -sum(use.signed_amount) AS amount
                  FROM service_credit_entry use
                 GROUP BY use.billing_entry_id
          ) used ON used.billing_entry_id = entry.id
          LEFT JOIN (
                SELECT origin.billing_entry_id, sum(unserved.amount) AS amount
                  FROM (SELECT DISTINCT back.billing_entry_id, back.origin_id, back.amount
                          FROM service_credit_entry back
                          JOIN service_billing_entry row ON row.id = back.billing_entry_id AND row.state != 'void'
                         WHERE back.kind = 'unused') unserved
                  JOIN service_credit_entry origin ON origin.id = unserved.origin_id
                 GROUP BY origin.billing_entry_id
          ) given ON given.billing_entry_id = entry.id
         WHERE {ENTRY_SCOPE} AND entry.kind = 'credit'
           AND COALESCE(used.amount, 0) != CASE entry.state WHEN 'void' THEN COALESCE(given.amount, 0) ELSE -{KEPT} END
    """,
    'credit_payment': """
        SELECT use.settlement_id, max(use.contract_line_id), NULL::int, max(use.move_id), min(use.date), NULL::date,
               sum(use.amount), max(booked.amount)
          FROM service_credit_entry use
          LEFT JOIN LATERAL (
                SELECT sum(CASE line.currency_id WHEN line.company_currency_id THEN line.debit
                            ELSE GREATEST(line.amount_currency, 0) END) AS amount
                  FROM account_move_line line
                 WHERE line.move_id = use.settlement_id AND line.parent_state = 'posted'
          ) booked ON TRUE
         WHERE use.company_id = %(company_id)s AND use.settlement_id IS NOT NULL
           AND (%(since)s::date IS NULL OR use.create_date >= %(since)s OR use.settlement_id = ANY(%(open_ids)s))
         GROUP BY use.settlement_id
        HAVING sum(use.amount) IS DISTINCT FROM max(booked.amount)
    """,
}
"""By the kind of finding; amounts are those of the charge, a credit below 0."""

GAP_CANDIDATES = """
    SELECT line.id
      FROM service_contract_line line
      JOIN service_contract contract ON contract.id = line.contract_id
      LEFT JOIN (
            SELECT contract_line_id, kind, sum(period_end - period_start) AS days, min(period_start) AS first,
                   max(period_end) AS last
              FROM service_billing_entry WHERE state != 'void' AND company_id = %(company_id)s
             GROUP BY contract_line_id, kind
      ) AS billed ON billed.contract_line_id = line.id AND billed.kind = line.kind
     WHERE contract.company_id = %(company_id)s AND contract.state IN ('active', 'ended')
       AND contract.parked_on IS NULL AND COALESCE(line.date_start, contract.date_start) <= %(day)s
       AND (billed.days IS NULL OR billed.days < billed.last - billed.first
            OR billed.first > COALESCE(line.date_start, contract.date_start)
            OR line.kind != 'one_time'
               AND billed.last <= COALESCE(LEAST(line.date_end, contract.date_end), %(day)s)
               AND LEAST(billed.last + CASE WHEN line.kind = 'recurring' AND line.timing = 'advance' THEN interval '0'
                    ELSE make_interval(
                        months => line.interval_count * CASE line.interval_unit
                            WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half_year' THEN 6 WHEN 'year' THEN 12
                            ELSE 0 END,
                        days => line.interval_count * CASE line.interval_unit
                            WHEN 'week' THEN 7 WHEN 'day' THEN 1 ELSE 0 END) - interval '4 days'
                    END, LEAST(line.date_end, contract.date_end) + 1) <= %(day)s)
     ORDER BY line.id
"""
"""Services that may have a period nobody billed: holes, a late beginning, a next period that is over."""
