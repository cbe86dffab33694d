"""What must be true of the books after any fault, as queries that look for what is wrong."""

EXPECTED = """
    SELECT line.id AS line_id, line.kind, due.start::date
      FROM service_contract_line AS line
      JOIN service_contract AS contract ON contract.id = line.contract_id,
           generate_series(0, CASE line.kind WHEN 'one_time' THEN 0 ELSE 60 END) AS k,
           LATERAL (SELECT line.date_start + make_interval(months => k) AS start,
                           line.date_start + make_interval(months => k + 1) AS after) AS due
     WHERE contract.state IN ('active', 'ended') AND contract.parked_on IS NULL
       AND (contract.date_end IS NULL OR due.start <= contract.date_end)
       AND CASE WHEN line.kind = 'recurring' AND line.timing = 'arrears'
                THEN due.after ELSE due.start END <= %s
"""
"""What monthly contracts owe, worked out anew: PostgreSQL's months, none of the add-on's code."""

AT_ANY_MOMENT = {
    'charges are billed twice': """
        SELECT contract_line_id, period_start, kind, correction FROM service_billing_entry WHERE state <> 'void'
         GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    'live periods of one service overlap': """
        SELECT a.id, b.id
          FROM service_billing_entry a JOIN service_billing_entry b USING (contract_line_id, kind)
         WHERE a.id < b.id AND a.state <> 'void' AND b.state <> 'void' AND a.kind <> 'credit'
           AND a.period_start < b.period_end AND b.period_start < a.period_end""",
    'charges have no posted invoice line of the same amount': """
        SELECT entry.id FROM service_billing_entry entry
          LEFT JOIN account_move_line line ON line.id = entry.move_line_id
           AND line.parent_state = 'posted' AND line.move_id = entry.move_id
           AND line.service_contract_line_id = entry.contract_line_id
           AND line.service_period_start = entry.period_start
           AND line.price_subtotal = entry.amount_untaxed
         WHERE entry.state <> 'void' AND line.id IS NULL""",
    'invoice lines have no charge of their own': """
        SELECT line.id FROM account_move_line line JOIN account_move move ON move.id = line.move_id
          LEFT JOIN service_billing_entry entry ON entry.move_line_id = line.id
         WHERE line.service_contract_line_id IS NOT NULL AND line.display_type = 'product'
           AND move.move_type = 'out_invoice' AND move.state <> 'cancel'
         GROUP BY line.id HAVING count(entry.id) <> 1""",
    'invoices are left as drafts': """
        SELECT DISTINCT move_id FROM account_move_line
         WHERE service_contract_line_id IS NOT NULL AND parent_state = 'draft'""",
    'invoices have no lines or no receivable': """
        SELECT move.id FROM account_move move
          LEFT JOIN account_move_line line ON line.move_id = move.id
         WHERE move.move_type = 'out_invoice' GROUP BY move.id
        HAVING count(*) FILTER (WHERE line.display_type = 'product') = 0
            OR count(*) FILTER (WHERE line.display_type = 'payment_term') = 0""",
    'numbers of a journal have gaps or repeat': """
        SELECT journal_id, sequence_prefix, min(sequence_number), max(sequence_number), count(*)
          FROM account_move WHERE state = 'posted' GROUP BY 1, 2
        HAVING min(sequence_number) <> 1 OR max(sequence_number) <> count(*)
            OR count(*) <> count(DISTINCT sequence_number)""",
    'invoices are shown as following a gap': """
        SELECT DISTINCT move.id, move.name FROM account_move move
          JOIN service_billing_entry entry ON entry.move_id = move.id
         WHERE move.state = 'posted' AND made_sequence_gap""",
    'posted entries are not balanced': """
        SELECT move_id FROM account_move_line WHERE parent_state = 'posted' GROUP BY move_id
        HAVING sum(debit) <> sum(credit) OR sum(balance) <> 0""",
    'invoice totals differ from their receivables': """
        SELECT move.id FROM account_move move JOIN account_move_line line ON line.move_id = move.id
         WHERE line.display_type = 'payment_term' AND move.state = 'posted' AND move.move_type <> 'entry'
         GROUP BY move.id
        HAVING move.amount_total_signed <> sum(line.balance)
            OR move.amount_residual_signed <> sum(line.amount_residual)
            OR move.amount_untaxed + move.amount_tax <> move.amount_total""",
    'receivables of a contract differ from its lines by more than rounding': """
        SELECT line.move_id, service_contract_id
          FROM account_move_line line JOIN account_move move ON move.id = line.move_id
         WHERE display_type IN ('product', 'payment_term') AND service_contract_id IS NOT NULL
         GROUP BY 1, 2
        HAVING abs(sum(CASE WHEN display_type <> 'product' THEN -balance
                            WHEN move.move_type = 'out_refund' THEN -price_total ELSE price_total END)) > 0.02""",
    'a due date of an invoice has several receivables of one contract': """
        SELECT move_id, service_contract_id, date_maturity FROM account_move_line
         WHERE display_type = 'payment_term' AND move_id IN (
            SELECT move_id FROM account_move_line WHERE service_contract_line_id IS NOT NULL)
         GROUP BY 1, 2, 3 HAVING count(*) > 1 OR service_contract_id IS NULL""",
    'batches count other charges than the ledger has': """
        SELECT run.id FROM service_billing_run run
         WHERE (SELECT COALESCE(sum(charge_count), 0) FROM service_billing_batch WHERE run_id = run.id)
            <> (SELECT count(*) FROM service_billing_entry WHERE run_id = run.id)""",
    'batches count other amounts than their invoices': """
        SELECT run.id FROM service_billing_run run
         WHERE NOT EXISTS (SELECT FROM service_billing_entry WHERE run_id = run.id AND state = 'void')
           AND (SELECT COALESCE(sum(amount_total), 0) FROM service_billing_batch WHERE run_id = run.id)
            <> (SELECT COALESCE(sum(amount_total_signed), 0) FROM account_move WHERE id IN (
                SELECT move_id FROM service_billing_entry WHERE run_id = run.id))""",
    'reversed invoices and their credit notes do not cancel out': """
        SELECT move.id, line.account_id FROM account_move move
          JOIN account_move credit ON credit.reversed_entry_id = move.id AND credit.state = 'posted'
           AND credit.amount_total = move.amount_total
          JOIN account_move_line line ON line.move_id IN (move.id, credit.id)
         GROUP BY 1, 2 HAVING sum(line.balance) <> 0""",
    'credit notes exceed their invoice': """
        SELECT move.id FROM account_move move
          JOIN account_move credit ON credit.reversed_entry_id = move.id AND credit.state = 'posted'
         GROUP BY move.id HAVING sum(credit.amount_total) > move.amount_total""",
}
"""Queries without arguments, by what is wrong if they have rows."""

UP_TO_A_DAY = {
    'charges are not owed': f"""
        SELECT entry.id FROM service_billing_entry entry
          JOIN service_contract contract ON contract.id = entry.contract_id
         WHERE entry.state <> 'void' AND entry.kind <> 'credit'
           AND contract.parked_on IS NULL AND contract.state <> 'removed'
           AND NOT EXISTS (
            SELECT FROM ({EXPECTED}) AS expected WHERE expected.line_id = entry.contract_line_id
               AND expected.kind = entry.kind AND expected.start = entry.period_start)""",
}
"""Queries for a day until which all may be billed."""

WHEN_DONE = {
    'charges are missing': f"""
        SELECT line_id, start FROM ({EXPECTED}) AS expected WHERE NOT EXISTS (
            SELECT FROM service_billing_entry entry WHERE entry.contract_line_id = expected.line_id
               AND entry.kind = expected.kind AND entry.period_start = expected.start
               AND entry.state <> 'void')""",
    'runs go on with nothing left to do': """
        SELECT id FROM service_billing_run WHERE state = 'running' AND date <= %s""",
}
"""Queries for a day until which all must be billed."""
