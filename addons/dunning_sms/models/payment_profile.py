"""How a customer pays, per company: score and segment, worked out every night for all customers in a few queries."""

from datetime import date

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL
from psycopg2.extras import execute_values

from ..rules import payment_score
from ..rules.payment_score import HALF_LIFE, History
from .payment_history_sql import payment_history
from .receivable_sql import flush_receivables, open_receivables

BATCH = 5000
COLUMNS = (
    'company_id', 'partner_id', 'score', 'segment', 'on_time_share', 'days_late', 'item_count', 'overdue',
    'broken_promise_count', 'last_activity', 'updated_on',
)
SEGMENTS = [
    ('prompt', "Pays on time"), ('mostly', "Mostly on time"), ('late', "Pays late"), ('risk', "At risk"),
    ('new', "Little known"), ('inactive', "Inactive"),
]


class PaymentProfile(models.Model):
    _name = 'payment.profile'
    _description = "Payment Behaviour"
    _order = 'score, id'
    _rec_name = 'partner_id'

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, ondelete='cascade')
    score = fields.Integer(
        readonly=True, aggregator='avg',
        help="0 to 100: 40 points for the share of money paid on time, 60 for how few days late it was, less 5 for "
             "each broken promise of the last year. Recent money counts more; what is overdue now counts as late.",
    )
    segment = fields.Selection(SEGMENTS, required=True, readonly=True, index=True)
    on_time_share = fields.Float("Paid on time", readonly=True, aggregator='avg', help="Share of the money, 1 is all.")
    days_late = fields.Float("Average days late", readonly=True, aggregator='avg', digits=(16, 1))
    item_count = fields.Integer("Due items known", readonly=True)
    overdue = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    broken_promise_count = fields.Integer("Broken promises", readonly=True, help="In the last year.")
    last_activity = fields.Date("Last activity", readonly=True, help="When something was last due or paid.")
    updated_on = fields.Date("Worked out on", readonly=True)

    _key = models.UniqueIndex("(partner_id, company_id)", "A customer has one payment behaviour per company.")

    def action_view_statement(self) -> dict:
        """Open the statement of account of the customer."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_view_statement()

    # === NIGHTLY === #

    @api.model
    def _cron_update(self) -> None:
        """Work out the profiles of all companies, thousands of customers at a time; goes on where it was stopped."""
        for company in self.env['res.company'].search([]):
            today = company._dunning_today()
            while partner_ids := self._next_partners(company, today, stale=True):
                self._update_partners(company, today, partner_ids)
                if not self.env['ir.cron']._commit_progress(len(partner_ids), remaining=1):
                    return
        self.env['ir.cron']._commit_progress(remaining=0)

    @api.model
    def _update(self, company, today: date) -> None:
        """Work out the profiles of one company at once."""
        after = 0
        while partner_ids := self._next_partners(company, today, after):
            self._update_partners(company, today, partner_ids)
            after = partner_ids[-1]

    def _update_partners(self, company, today: date, partner_ids: list[int]) -> None:
        histories = self._histories(company, today, partner_ids)
        self._upsert([
            self._profile_row(company.id, partner_id, histories.get(partner_id, History()), today)
            for partner_id in partner_ids
        ])

    def _next_partners(self, company, today: date, after: int = 0, stale: bool = False) -> list[int]:
        """Return the next customers with receivables; with `stale` those whose profile is not of today."""
        flush_receivables(self.env)
        rows = self.env.execute_query(SQL(
            """
            SELECT DISTINCT partner.commercial_partner_id
              FROM account_move_line AS line
              JOIN account_account AS account ON account.id = line.account_id
              JOIN res_partner AS partner ON partner.id = line.partner_id
         LEFT JOIN payment_profile AS profile
                ON profile.partner_id = partner.commercial_partner_id AND profile.company_id = line.company_id
             WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
               AND line.company_id = %(company)s AND line.date <= %(today)s
               AND partner.commercial_partner_id > %(after)s
               AND (NOT %(stale)s OR profile.updated_on IS NULL OR profile.updated_on < %(today)s)
             ORDER BY 1 LIMIT %(limit)s
            """, company=company.id, today=today, after=after, stale=stale, limit=BATCH,
        ))
        return [row[0] for row in rows]

    @api.model
    def _histories(self, company, today: date, partner_ids: list[int] | None = None) -> dict[int, History]:
        """Return what is known of the customers of a company as of a day, ``{partner_id: History}``."""
        chosen = SQL("WHERE partner_id = ANY(%s)", partner_ids) if partner_ids is not None else SQL()
        promises = self._broken_promises(company, today, partner_ids)
        rows = self.env.execute_query(SQL(
            """
            SELECT partner_id, COUNT(DISTINCT line_id), SUM(weight), SUM(weight) FILTER (WHERE days <= 0),
                   SUM(weight * days) FILTER (WHERE days > 0), SUM(overdue), SUM(overdue * days), MAX(day)
              FROM (SELECT partner_id, line_id, days, amount * power(0.5, (%(today)s - paid_on) / %(half)s::float)
                           AS weight, 0 AS overdue, paid_on AS day
                      FROM (%(history)s) AS history %(chosen)s
                 UNION ALL
                    SELECT partner_id, id, days, 0, residual, due
                      FROM (%(open)s) AS open %(chosen)s %(and)s days > 0 AND residual > 0) AS known
          GROUP BY partner_id
            """,
            today=today, half=HALF_LIFE, history=payment_history([company.id], today),
            open=open_receivables(today, [company.id]), chosen=chosen,
            **{'and': SQL("AND") if partner_ids is not None else SQL("WHERE")},
        ))
        return {
            partner_id: History(
                items, float(weight or 0), float(on_time or 0), float(late or 0), float(overdue or 0),
                float(overdue_days or 0), promises.get(partner_id, 0), last,
            )
            for partner_id, items, weight, on_time, late, overdue, overdue_days, last in rows
        }

    def _broken_promises(self, company, today: date, partner_ids: list[int] | None) -> dict[int, int]:
        """Return how many promises each customer broke in the last year."""
        chosen = [('partner_id', 'in', partner_ids)] if partner_ids is not None else []
        groups = self.env['payment.promise'].sudo()._read_group([  # sudo: a scheduled job over all customers
            ('company_id', '=', company.id), ('state', '=', 'broken'), ('date', '<=', today),
            ('date', '>', today - relativedelta(years=1)), *chosen,
        ], ['partner_id'], ['__count'])
        return {partner.id: count for partner, count in groups}

    def _profile_row(self, company_id: int, partner_id: int, history: History, today: date) -> tuple:
        return (
            company_id, partner_id, payment_score.score(history) or 0, payment_score.segment(history, today),
            payment_score.on_time_share(history) or 0.0, payment_score.average_days_late(history) or 0.0,
            history.items, history.overdue, history.broken_promises, history.last_activity, today,
        )

    def _upsert(self, rows: list[tuple]) -> None:
        # SQL: thousands of rows a statement; the unique index decides what is new
        changes = ', '.join(f'{name} = EXCLUDED.{name}' for name in COLUMNS[2:])
        execute_values(self.env.cr._obj, f"""
            INSERT INTO payment_profile ({', '.join(COLUMNS)}) VALUES %s
                ON CONFLICT (partner_id, company_id) DO UPDATE SET {changes}
        """, rows, page_size=BATCH)
        self.invalidate_model()
