"""Cash by week: what was expected at the beginning of each week, and what came in; the forecast tests itself."""

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.tools import SQL

from ..rules.portfolio import backtest


class InstallmentCashWeek(models.Model):
    _name = 'installment.cash.week'
    _description = "Cash by Week"
    _inherit = ['installment.ratio.mixin']
    _auto = False
    _order = 'week desc'
    _rec_name = 'week'
    _ratios = {'hit_rate': "100 * SUM(CASE WHEN %(is_past)s THEN %(received_due)s END)"
                           " / NULLIF(SUM(CASE WHEN %(is_past)s THEN %(expected)s END), 0)"}

    week = fields.Date("Week from", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    is_past = fields.Boolean("Over", readonly=True)
    expected = fields.Monetary(
        readonly=True, help="Installments that fell due in the week, less what was paid of them before it began.",
    )
    received_due = fields.Monetary("Of it paid in the week", readonly=True)
    received = fields.Monetary(
        "Received", readonly=True, help="All payments of the week: of what fell due, of arrears, and early ones.",
    )
    hit_rate = fields.Float(
        "Paid in its week (%)", readonly=True, aggregator='avg', digits=(16, 1),
        help="Of what was expected, in weeks that are over; nothing for weeks to come.",
    )

    @property
    def _table_query(self) -> SQL:
        # Payments are the credits of payments and bank lines; credit notes bring no cash.
        return SQL("""
            WITH line AS (
                SELECT line.id, line.company_id, line.currency_id, line.amount,
                       COALESCE(line.date_planned, line.date_due) AS due
                  FROM installment_line AS line
                  JOIN installment_plan AS plan ON plan.id = line.plan_id
                 WHERE plan.closing IS DISTINCT FROM 'cancelled'
                   AND (plan.closed_on IS NULL OR COALESCE(line.date_planned, line.date_due) <= plan.closed_on)
            ), paid AS (
                SELECT claim.installment_line_id AS line_id, claim.company_id, claim.currency_id, credit.date AS day,
                       SUM(part.debit_amount_currency) AS amount
                  FROM account_partial_reconcile AS part
                  JOIN account_move_line AS claim ON claim.id = part.debit_move_id
                  JOIN account_move_line AS credit ON credit.id = part.credit_move_id
                  JOIN account_move AS entry ON entry.id = credit.move_id
                 WHERE claim.installment_line_id IS NOT NULL
                   AND (entry.origin_payment_id IS NOT NULL OR entry.statement_line_id IS NOT NULL)
                 GROUP BY 1, 2, 3, 4
            ), due AS (
                SELECT line.company_id, line.currency_id, begin.week, SUM(line.amount - before.amount) AS expected,
                       SUM(within.amount) AS received_due
                  FROM line
                  CROSS JOIN LATERAL (SELECT date_trunc('week', line.due)::date AS week) AS begin
                  CROSS JOIN LATERAL (
                      SELECT COALESCE(SUM(amount), 0) AS amount FROM paid
                       WHERE paid.line_id = line.id AND paid.day < begin.week
                  ) AS before
                  CROSS JOIN LATERAL (
                      SELECT COALESCE(SUM(amount), 0) AS amount FROM paid
                       WHERE paid.line_id = line.id AND paid.day >= begin.week AND paid.day < begin.week + 7
                  ) AS within
                 GROUP BY 1, 2, 3
            ), came AS (
                SELECT company_id, currency_id, date_trunc('week', day)::date AS week, SUM(amount) AS received
                  FROM paid GROUP BY 1, 2, 3
            )
            SELECT row_number() OVER (ORDER BY week, company_id, currency_id) AS id, week, company_id, currency_id,
                   week + 7 <= %(today)s AS is_past, COALESCE(expected, 0) AS expected,
                   COALESCE(received_due, 0) AS received_due, COALESCE(received, 0) AS received,
                   CASE WHEN week + 7 <= %(today)s THEN 100 * received_due / NULLIF(expected, 0) END AS hit_rate
              FROM due FULL JOIN came USING (company_id, currency_id, week)
        """, today=fields.Date.context_today(self))

    @api.model
    def read_cash_backtest(self, weeks: int = 12) -> list[dict]:
        """Tell how well expected cash foretold what came in, over the last whole weeks.

        :param weeks: how many weeks, 1 to 520.
        :return: one dict a currency with `currency`, `weeks` (dicts with `week`, `expected`, `received_due`,
            `received`), `hit_rate` (share of what was expected that came in its week), `bias` (received in all,
            over or under what was expected, as a share) and `error` (mean absolute error as a share).
        """
        today = fields.Date.context_today(self)
        rows = self.search([
            ('is_past', '=', True), ('company_id', 'in', self.env.companies.ids),
            ('week', '>=', fields.Date.subtract(today, days=7 * (min(max(weeks, 1), 520) + 1))),
        ], order='week')
        return [items._backtest(currency) for currency, items in rows.grouped('currency_id').items()]

    def _backtest(self, currency) -> dict:
        names = ('expected', 'received_due', 'received')
        exact = [tuple(to_decimal(currency.round(row[name])) for name in names) for row in self]
        result = backtest(exact)
        return {
            'currency': currency.name,
            'weeks': [{'week': str(row.week), **{name: currency.round(row[name]) for name in names}} for row in self],
            'hit_rate': float(result.hit_rate), 'bias': float(result.bias), 'error': float(result.error),
        }
