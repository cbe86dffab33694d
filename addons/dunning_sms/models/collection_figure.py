"""The figures of collection at the end of each month: what is outstanding, how old, DSO and CEI."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

from ..rules.figures import Event, month_figures
from .receivable_sql import flush_receivables

MONTHS = 12
LOOKED_BACK = MONTHS + 3
"""Days sales outstanding of the first month shown looks at two months before it."""


class CollectionFigure(models.Model):
    _name = 'collection.figure'
    _description = "Collection Figures"
    _order = 'month_end desc, company_id'
    _rec_name = 'month_end'

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    currency_id = fields.Many2one(related='company_id.currency_id')
    month_end = fields.Date("Month", required=True, readonly=True, help="Its last day, or today in the running month.")
    month = fields.Date("First day of the month", required=True, readonly=True)
    receivable = fields.Monetary("Outstanding", readonly=True)
    overdue = fields.Monetary(readonly=True)
    bucket_0 = fields.Monetary("Not due", readonly=True)
    bucket_1 = fields.Monetary("Overdue, first bucket", readonly=True)
    bucket_2 = fields.Monetary("Overdue, second bucket", readonly=True)
    bucket_3 = fields.Monetary("Overdue, third bucket", readonly=True)
    bucket_4 = fields.Monetary("Overdue, older", readonly=True)
    sales = fields.Monetary("Credit sales", readonly=True, help="Invoices less credit notes of the month, with tax.")
    dso = fields.Float(
        "DSO", readonly=True, aggregator='avg', digits=(16, 1),
        help="Days sales outstanding: receivables / credit sales of three months x their days.",
    )
    cei = fields.Float(
        "CEI", readonly=True, aggregator='avg', digits=(16, 1),
        help="Collection effectiveness index of the month, in percent: (begin + credit sales - end total) / (begin + "
             "credit sales - end current) x 100. 100 is best.",
    )

    _key = models.UniqueIndex("(company_id, month)", "A company has one row per month.")

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        # EXTENDS base: buckets carry the days that the company has set
        described = super().fields_get(allfields, attributes)
        for place, label in enumerate(self.env['account.statement']._bucket_labels()):
            if 'string' in described.get(f'bucket_{place}', ()):
                described[f'bucket_{place}']['string'] = label
        return described

    @api.model
    def _cron_update(self) -> None:
        """Work out the last months and the forecast of every company anew: late entries change the past."""
        companies = self.env['res.company'].search([]).filtered(
            lambda company: (company.collection_updated_on or date.min) < company._dunning_today())
        for done, company in enumerate(companies, start=1):
            self._update_all(company, company._dunning_today())
            if not self.env['ir.cron']._commit_progress(1, remaining=len(companies) - done):
                return

    @api.model
    def _update_all(self, company, today: date) -> None:
        """Work out figures and forecast of a company."""
        self._update(company, today)
        self.env['collection.forecast']._update(company, today)
        company.collection_updated_on = today

    @api.model
    def _update(self, company, today: date) -> None:
        flush_receivables(self.env)
        month_ends = self._month_ends(today)
        sales = self._sales_by_month(company, month_ends)
        bounds = self.env['account.statement'].with_company(company)._bounds()
        made = month_figures(self._events(company, month_ends), sales, month_ends, bounds)[-MONTHS:]
        self.search([('company_id', '=', company.id), ('month', '>=', made[0].month_end.replace(day=1))]).unlink()
        if any(row.receivable or row.sales for row in made):
            self.create([self._figure_vals(company, row) for row in made])

    def _month_ends(self, today: date) -> list[date]:
        """Return the ends of the last months, today for the running one."""
        first = today.replace(day=1)
        ends = [first - relativedelta(months=back) - relativedelta(days=1) for back in range(LOOKED_BACK)]
        return [*reversed(ends), today]

    def _events(self, company, month_ends: list[date]) -> list[Event]:
        """Return what changed, summed by due date and month end: as many rows as days, not as invoices."""
        rows = self.env.execute_query(SQL(
            """
            SELECT due, month_end, is_credit, SUM(amount)::text FROM (
                SELECT COALESCE(line.date_maturity, line.date) AS due, line.date AS day, line.balance < 0 AS is_credit,
                       line.balance AS amount
                  FROM account_move_line AS line JOIN account_account AS account ON account.id = line.account_id
                 WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
                   AND line.company_id = %(company)s AND line.partner_id IS NOT NULL
             UNION ALL
                SELECT COALESCE(line.date_maturity, line.date), partial.max_date, line.balance < 0,
                       CASE WHEN line.id = partial.debit_move_id THEN -partial.amount ELSE partial.amount END
                  FROM account_partial_reconcile AS partial
                  JOIN account_move_line AS line ON line.id IN (partial.debit_move_id, partial.credit_move_id)
                  JOIN account_account AS account ON account.id = line.account_id
                 WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
                   AND partial.company_id = %(company)s AND line.partner_id IS NOT NULL
            ) AS event
              JOIN LATERAL (SELECT MIN(ends) AS month_end FROM unnest(%(ends)s) AS ends WHERE ends >= event.day
                           ) AS months ON month_end IS NOT NULL
          GROUP BY due, month_end, is_credit
            """, company=company.id, ends=month_ends,
        ))
        return [Event(due, day, Decimal(amount), is_credit) for due, day, is_credit, amount in rows]

    def _sales_by_month(self, company, month_ends: list[date]) -> list[Decimal]:
        rows = self.env.execute_query(SQL(
            """
            SELECT month_end, SUM(line.balance)::text
              FROM account_move_line AS line
              JOIN account_move AS move ON move.id = line.move_id
              JOIN account_account AS account ON account.id = line.account_id
              JOIN LATERAL (SELECT MIN(ends) AS month_end FROM unnest(%(ends)s) AS ends WHERE ends >= line.date
                           ) AS months ON month_end IS NOT NULL
             WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
               AND line.company_id = %(company)s AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND line.date > %(first)s
          GROUP BY month_end
            """, company=company.id, ends=month_ends, first=month_ends[0],
        ))
        sales = defaultdict(Decimal, {month_end: Decimal(amount) for month_end, amount in rows})
        return [sales[month_end] for month_end in month_ends]

    def _figure_vals(self, company, row) -> dict:
        return {
            'company_id': company.id, 'month_end': row.month_end, 'month': row.month_end.replace(day=1),
            'receivable': float(row.receivable), 'overdue': float(row.overdue), 'sales': float(row.sales),
            'dso': float(row.dso or 0), 'cei': float(row.cei or 0),
            **{f'bucket_{place}': float(amount) for place, amount in enumerate(row.buckets)},
        }
