"""Recurring revenue in SQL: what each service brings a month on a day, and how each customer changed since."""

MONTHS = """CASE line.interval_unit
    WHEN 'month' THEN 1.0 / line.interval_count WHEN 'quarter' THEN 1.0 / (3 * line.interval_count)
    WHEN 'half_year' THEN 1.0 / (6 * line.interval_count) WHEN 'year' THEN 1.0 / (12 * line.interval_count)
    WHEN 'week' THEN 52.0 / (12 * line.interval_count) ELSE 365.0 / (12 * line.interval_count) END"""
"""As `rules.metrics.monthly_amount`, not rounded."""
BY_PRICE = f'line.price_subtotal * {MONTHS}'
ROUNDING = '0.51 * power(10::numeric, -currency.decimal_places)'
"""What is no more than this off the monthly amount of a service was rounded there; more was taken off by a discount."""
SHARE = "entry.explanation ->> 'share'"
SHARE_NUMBER = f"""
    split_part({SHARE}, '/', 1)::numeric / COALESCE(NULLIF(split_part({SHARE}, '/', 2), ''), '1')::numeric
"""
KEPT = "(entry.explanation ->> 'amount')::numeric"
WHOLE = f"""
    CASE WHEN {KEPT} = entry.amount_untaxed AND entry.explanation -> 'steps' IS NULL
         THEN round((entry.explanation ->> 'quantity')::numeric * (entry.explanation ->> 'price_unit')::numeric
                    * (1 - (entry.explanation ->> 'discount')::numeric / 100), currency.decimal_places)
         ELSE entry.amount_untaxed / NULLIF({SHARE_NUMBER}, 0) END
"""
"""What the whole period of a charge costs; from its price where that tells, since a part of it was rounded."""

TAKE = f"""
    INSERT INTO service_revenue_snapshot (
        company_id, contract_line_id, contract_id, partner_id, plan_id, product_id, month, day, mrr)
    SELECT line.company_id, line.id, line.contract_id, partner.commercial_partner_id, line.plan_id, line.product_id,
           %(month)s, %(day)s, round(rate.rate * CASE
               WHEN %(is_past)s AND billed.monthly IS NOT NULL THEN billed.monthly
               WHEN %(is_past)s OR abs(line.recurring_monthly - {BY_PRICE}) < {ROUNDING} THEN {BY_PRICE}
               ELSE line.recurring_monthly END, 6)
      FROM service_contract_line line
      JOIN service_contract contract ON contract.id = line.contract_id
      JOIN res_partner partner ON partner.id = contract.partner_id
      JOIN res_currency currency ON currency.id = line.currency_id
      JOIN unnest(%(currency_ids)s::int[], %(rates)s::numeric[]) AS rate (currency_id, rate)
        ON rate.currency_id = line.currency_id
      LEFT JOIN LATERAL (
            SELECT NULLIF({WHOLE}, 0) * {MONTHS} AS monthly
              FROM service_billing_entry entry
             WHERE %(is_past)s AND entry.contract_line_id = line.id AND entry.kind = 'recurring'
               AND entry.state != 'void' AND entry.period_start <= %(day)s AND entry.period_end > %(day)s
             LIMIT 1
      ) AS billed ON TRUE
     WHERE line.company_id = %(company_id)s AND line.kind = 'recurring'
       AND COALESCE(line.date_start, contract.date_start) <= %(day)s
       AND COALESCE(LEAST(line.date_end, contract.date_end), 'infinity') >= %(day)s
       AND COALESCE(contract.date_trial_end, '-infinity') < %(day)s
       AND (contract.state IN ('active', 'suspended', 'ended')
            OR contract.state = 'removed' AND billed.monthly IS NOT NULL)
       AND NOT EXISTS (
            SELECT FROM service_contract_pause pause
             WHERE pause.contract_id = contract.id AND pause.date_start <= %(day)s
               AND COALESCE(pause.date_end, 'infinity') > %(day)s)
    ON CONFLICT (contract_line_id, month) DO UPDATE
       SET day = EXCLUDED.day, mrr = EXCLUDED.mrr, partner_id = EXCLUDED.partner_id, plan_id = EXCLUDED.plan_id,
           product_id = EXCLUDED.product_id
"""
"""Of a past day the ledger tells the price; what it does not know, such as arrears, has the price of today."""

FORGET = """
    DELETE FROM service_revenue_snapshot
     WHERE company_id = %(company_id)s AND month = %(month)s AND day != %(day)s
"""
"""What was there on an earlier day of the month and is no more."""

FORGET_MOVEMENTS = 'DELETE FROM service_revenue_movement WHERE company_id = %(company_id)s AND month = %(month)s'
MOVE = """
    INSERT INTO service_revenue_movement (company_id, partner_id, month, kind, amount, mrr)
    SELECT %(company_id)s, partner_id, %(month)s, CASE
               WHEN before = 0 THEN CASE WHEN is_known THEN 'reactivation' ELSE 'new' END
               WHEN after = 0 THEN 'churn'
               WHEN after > before THEN 'expansion' ELSE 'contraction' END,
           after - before, after
      FROM (
        SELECT partner_id, COALESCE(sum(mrr) FILTER (WHERE month = %(previous)s), 0) AS before,
               COALESCE(sum(mrr) FILTER (WHERE month = %(month)s), 0) AS after,
               COALESCE(bool_or(month < %(month)s AND mrr != 0), FALSE) AS is_known
          FROM service_revenue_snapshot
         WHERE company_id = %(company_id)s AND month <= %(month)s
         GROUP BY partner_id) AS changed
     WHERE after != before
"""
"""As `rules.mrr.movements`: one for each customer and month, so they sum to the change."""

FIGURES = """
    SELECT row_number() OVER (ORDER BY company_id, month) AS id, company_id, month, mrr,
           12 * mrr AS arr, mrr - change AS mrr_start, new, expansion, contraction, churn, reactivation, change,
           customers, customers - gained + lost AS customers_start, lost AS customers_lost,
           mrr / NULLIF(customers, 0) AS arpa,
           100.0 * lost / NULLIF(customers - gained + lost, 0) AS customer_churn,
           -100 * (churn + contraction) / NULLIF(mrr - change, 0) AS revenue_churn,
           100 * (mrr - change + expansion + contraction + churn) / NULLIF(mrr - change, 0) AS nrr,
           100 * (mrr - change + contraction + churn) / NULLIF(mrr - change, 0) AS grr
      FROM (
        SELECT company_id, month, sum(mrr) AS mrr, count(DISTINCT partner_id) FILTER (WHERE mrr != 0) AS customers,
               sum(amount) AS change, COALESCE(sum(amount) FILTER (WHERE kind = 'new'), 0) AS new,
               COALESCE(sum(amount) FILTER (WHERE kind = 'expansion'), 0) AS expansion,
               COALESCE(sum(amount) FILTER (WHERE kind = 'contraction'), 0) AS contraction,
               COALESCE(sum(amount) FILTER (WHERE kind = 'churn'), 0) AS churn,
               COALESCE(sum(amount) FILTER (WHERE kind = 'reactivation'), 0) AS reactivation,
               count(*) FILTER (WHERE kind IN ('new', 'reactivation')) AS gained,
               count(*) FILTER (WHERE kind = 'churn') AS lost
          FROM (
            SELECT company_id, month, partner_id, mrr, 0 AS amount, 'mrr' AS kind FROM service_revenue_snapshot
             UNION ALL
            SELECT company_id, month, partner_id, 0, amount, kind FROM service_revenue_movement) AS part
         GROUP BY company_id, month) AS moved
"""

COHORTS = """
    WITH customer AS (
        SELECT partner_id, month, sum(mrr) AS mrr FROM service_revenue_snapshot
         WHERE company_id = %(company_id)s GROUP BY partner_id, month HAVING sum(mrr) != 0
    ), cohort AS (SELECT partner_id, min(month) AS month FROM customer GROUP BY partner_id)
    SELECT cohort.month, customer.month, count(*), sum(customer.mrr)
      FROM customer JOIN cohort USING (partner_id)
     GROUP BY cohort.month, customer.month ORDER BY cohort.month, customer.month
"""
