"""The installment book: what is outstanding of each plan, how late it is, and the share at risk."""

from odoo import fields, models
from odoo.tools import SQL

BUCKETS = [('0', "On time"), ('1', "1 to 30 days"), ('2', "31 to 60 days"), ('3', "61 to 90 days"),
           ('4', "More than 90 days")]


class InstallmentPortfolio(models.Model):
    _name = 'installment.portfolio'
    _description = "Portfolio at Risk"
    _inherit = ['installment.ratio.mixin']
    _auto = False
    _order = 'days_late desc, outstanding desc'
    _rec_name = 'plan_id'
    _ratios = {'at_risk': "SUM(CASE WHEN %(days_late)s > 30 THEN %(outstanding)s ELSE 0 END)"
                          " / NULLIF(SUM(%(outstanding)s), 0)"}

    plan_id = fields.Many2one('installment.plan', "Plan", readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    terms_id = fields.Many2one('installment.terms', "Terms", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    date_start = fields.Date("Agreed on", readonly=True)
    outstanding = fields.Monetary("Principal outstanding", readonly=True)
    overdue = fields.Monetary(readonly=True)
    days_late = fields.Integer(readonly=True, aggregator='max', help="Of the oldest open installment.")
    bucket = fields.Selection(BUCKETS, "Late", readonly=True)
    at_risk = fields.Float(
        "At risk", readonly=True, aggregator='avg',
        help="Share of the principal that belongs to plans with an installment more than 30 days late.",
    )

    @property
    def _table_query(self) -> SQL:
        return SQL("""
            SELECT book.*, (days_late > 30)::int::float AS at_risk,
                   CASE WHEN days_late <= 0 THEN '0' WHEN days_late <= 30 THEN '1' WHEN days_late <= 60 THEN '2'
                        WHEN days_late <= 90 THEN '3' ELSE '4' END AS bucket
              FROM (
                SELECT plan.id, plan.id AS plan_id, plan.partner_id, plan.terms_id, plan.company_id, plan.currency_id,
                       plan.date_start, SUM(LEAST(line.principal, line.amount_residual)) AS outstanding,
                       SUM(line.amount_residual) FILTER (WHERE line.date_maturity < %(today)s) AS overdue,
                       GREATEST(%(today)s - MIN(line.date_maturity), 0) AS days_late
                  FROM installment_plan AS plan
                  JOIN installment_line AS line ON line.plan_id = plan.id AND line.amount_residual > 0
                 GROUP BY plan.id
              ) AS book
        """, today=fields.Date.context_today(self))
