"""What each reminder brings in: the money paid soon after a notice, counted for the last notice before it."""

from odoo import fields, models
from odoo.tools import SQL

from .payment_history_sql import payment_history
from .receivable_sql import flush_receivables


class DunningRecovery(models.Model):
    _name = 'dunning.recovery'
    _description = "Recovered by Reminders"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'step_id'

    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    notice_id = fields.Many2one('dunning.notice', readonly=True)
    step_id = fields.Many2one('dunning.step', "Step", readonly=True)
    move_id = fields.Many2one('account.move', "Invoice", readonly=True)
    date = fields.Date("Told on", readonly=True)
    told = fields.Monetary("Asked for", readonly=True)
    recovered = fields.Monetary(readonly=True, help="Paid within the days set for the company, after this notice and "
                                                    "before the next one about the same receivable.")
    is_recovered = fields.Float(
        "Share recovered", readonly=True, aggregator='avg', help="Of each receivable asked for.",
    )
    days = fields.Float("Days to payment", readonly=True, aggregator='avg')

    @property
    def _table_query(self) -> SQL:
        flush_receivables(self.env)
        for model in ('dunning.notice', 'dunning.notice.line'):
            self.env[model].flush_model()
        companies = self.env.companies.ids
        return SQL(
            """
            WITH told AS (
                SELECT line.id, line.company_id, line.partner_id, line.notice_id, line.step_id, line.move_id,
                       line.move_line_id, line.date, line.amount_company AS told,
                       LEAD(line.date) OVER (PARTITION BY line.move_line_id ORDER BY line.date, line.id) AS next_date
                  FROM dunning_notice_line AS line
                  JOIN dunning_notice AS notice ON notice.id = line.notice_id AND notice.state = 'sent'
                 WHERE line.step_id IS NOT NULL AND line.company_id = ANY(%(companies)s))
            SELECT told.id, told.company_id, told.partner_id, told.notice_id, told.step_id, told.move_id, told.date,
                   told.told, COALESCE(paid.amount, 0) AS recovered, paid.days,
                   LEAST(COALESCE(paid.amount, 0) / NULLIF(told.told, 0), 1)::float AS is_recovered
              FROM told
              JOIN res_company AS company ON company.id = told.company_id
         LEFT JOIN LATERAL (
                   SELECT SUM(history.amount) AS amount, AVG(history.paid_on - told.date)::float AS days
                     FROM (%(history)s) AS history
                    WHERE history.line_id = told.move_line_id AND history.paid_on >= told.date
                      AND history.paid_on <= told.date + company.dunning_recovery_days
                      AND (told.next_date IS NULL OR history.paid_on < told.next_date)
                   ) AS paid ON TRUE
            """,
            companies=companies, history=payment_history(companies, self.env.company._dunning_today()),
        )
