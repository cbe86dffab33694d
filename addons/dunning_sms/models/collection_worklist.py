"""The worklist of collections: every customer with something overdue, with all that decides whom to call first."""

from odoo import api, fields, models
from odoo.tools import SQL

from .payment_profile import SEGMENTS
from .receivable_sql import flush_receivables, open_receivables


class CollectionWorklist(models.Model):
    _name = 'collection.worklist'
    _description = "Collections Worklist"
    _auto = False
    _order = 'overdue desc, id'
    _rec_name = 'partner_id'

    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    user_id = fields.Many2one('res.users', "Salesperson", readonly=True)
    balance = fields.Monetary(readonly=True)
    overdue = fields.Monetary(readonly=True)
    item_count = fields.Integer("Overdue items", readonly=True)
    oldest_due = fields.Date("Oldest due date", readonly=True)
    days = fields.Integer("Days overdue", readonly=True, aggregator='max')
    score = fields.Integer(readonly=True, aggregator='avg')
    segment = fields.Selection(SEGMENTS, "Payment behaviour", readonly=True)
    notice_id = fields.Many2one('dunning.notice', "Last notice", readonly=True)
    notice_date = fields.Date("Told on", readonly=True)
    step_id = fields.Many2one('dunning.step', "Last step", readonly=True)
    next_step = fields.Char(
        "Next step", compute='_compute_next_step', help="The step of the policy that comes next, and its day.",
    )
    promise_date = fields.Date("Promised for", readonly=True)
    promise_amount = fields.Float("Promised", readonly=True)
    broken_promise_count = fields.Integer("Broken promises", readonly=True)
    is_on_hold = fields.Boolean("On hold", readonly=True)
    phone = fields.Char(related='partner_id.phone')
    activity_state = fields.Selection(string="Activity state", related='partner_id.activity_state')
    activity_summary = fields.Char("Activity", related='partner_id.activity_summary')
    activity_date_deadline = fields.Date("Next activity", related='partner_id.activity_date_deadline')

    @property
    def _table_query(self) -> SQL:
        flush_receivables(self.env)
        for model in ('dunning.notice', 'payment.promise', 'dunning.hold', 'payment.profile'):
            self.env[model].flush_model()
        today = self.env.company._dunning_today()
        return SQL(
            """
            SELECT late.*, partner.user_id, profile.score, profile.segment, profile.broken_promise_count,
                   notice.id AS notice_id, notice.date AS notice_date, notice.step_id,
                   promise.date AS promise_date, promise.amount AS promise_amount, hold.id IS NOT NULL AS is_on_hold
              FROM (SELECT MIN(open.id) AS id, open.partner_id, open.company_id, SUM(open.residual) AS balance,
                           SUM(open.residual) FILTER (WHERE open.days > 0 AND open.residual > 0) AS overdue,
                           COUNT(*) FILTER (WHERE open.days > 0 AND open.residual > 0) AS item_count,
                           MIN(open.due) FILTER (WHERE open.residual > 0) AS oldest_due,
                           MAX(open.days) FILTER (WHERE open.residual > 0) AS days
                      FROM (%(open)s) AS open
                  GROUP BY open.partner_id, open.company_id
                    HAVING SUM(open.residual) FILTER (WHERE open.days > 0 AND open.residual > 0) > 0) AS late
              JOIN res_partner AS partner ON partner.id = late.partner_id
         LEFT JOIN payment_profile AS profile
                ON profile.partner_id = late.partner_id AND profile.company_id = late.company_id
         LEFT JOIN LATERAL (SELECT id, date, step_id FROM dunning_notice
                             WHERE partner_id = late.partner_id AND company_id = late.company_id AND state = 'sent'
                          ORDER BY date DESC, id DESC LIMIT 1) AS notice ON TRUE
         LEFT JOIN LATERAL (SELECT MIN(date) AS date, SUM(amount) AS amount FROM payment_promise
                             WHERE partner_id = late.partner_id AND company_id = late.company_id AND state = 'open'
                           ) AS promise ON TRUE
         LEFT JOIN LATERAL (SELECT id FROM dunning_hold
                             WHERE partner_id = late.partner_id AND company_id = late.company_id
                               AND released_on IS NULL AND (date_until IS NULL OR date_until >= %(today)s)
                             LIMIT 1) AS hold ON TRUE
            """, open=open_receivables(today, self.env.companies.ids), today=today,
        )

    @api.depends('partner_id', 'days')
    def _compute_next_step(self):
        for company, rows in self.grouped('company_id').items():
            # sudo: the names of steps only; who reads the list need not read policies
            policies = self.env['dunning.policy'].sudo()._by_partner(company, rows.partner_id)
            for row in rows:
                steps = policies[row.partner_id.id].step_ids.filtered(lambda step, row=row: step.distance > row.days)
                row.next_step = steps.sorted('distance')[:1].display_name or False

    def action_view_statement(self) -> dict:
        """Open the statement of account of the customer."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_view_statement()

    def action_view_partner(self) -> dict:
        """Open the customer, to plan an activity or write a note."""
        self.ensure_one()
        return {'type': 'ir.actions.act_window', 'res_model': 'res.partner', 'res_id': self.partner_id.id,
                'view_mode': 'form'}
