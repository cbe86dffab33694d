"""The ageing report: every open receivable with its bucket, as of any day."""

from odoo import api, fields, models
from odoo.tools import SQL

from .receivable_sql import flush_receivables, open_receivables

DAY = 'ageing_date'
"""Context key of the day the report looks at; today without it."""


class CollectionAgeing(models.Model):
    _name = 'collection.ageing'
    _description = "Ageing of Receivables"
    _auto = False
    _order = 'days desc, id'
    _rec_name = 'move_id'

    move_id = fields.Many2one('account.move', "Document", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    user_id = fields.Many2one('res.users', "Salesperson", readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    company_currency_id = fields.Many2one(string="Company currency", related='company_id.currency_id')
    date = fields.Date(readonly=True)
    due = fields.Date("Due date", readonly=True)
    days = fields.Integer("Days overdue", readonly=True, aggregator='max')
    bucket = fields.Selection('_selection_bucket', "Age", readonly=True)
    residual = fields.Monetary("Open", currency_field='company_currency_id', readonly=True)
    residual_currency = fields.Monetary("Open in currency", readonly=True, aggregator=None)
    overdue = fields.Monetary(currency_field='company_currency_id', readonly=True)
    segment = fields.Selection(
        selection=lambda self: self.env['payment.profile']._fields['segment']._description_selection(self.env),
        string="Payment behaviour", readonly=True,
    )

    @api.model
    def _selection_bucket(self) -> list[tuple[str, str]]:
        return [(str(place), label) for place, label in enumerate(self.env['account.statement']._bucket_labels())]

    @property
    def _table_query(self) -> SQL:
        flush_receivables(self.env)
        day = fields.Date.to_date(self.env.context.get(DAY)) or self.env.company._dunning_today()
        return SQL(
            """
            SELECT open.*, GREATEST(CASE WHEN open.days > 0 THEN open.residual END, 0) AS overdue, profile.segment,
                   CASE WHEN open.days = 0 OR open.residual < 0 THEN '0'
                        WHEN open.days <= company.ageing_days_1 THEN '1'
                        WHEN open.days <= company.ageing_days_2 THEN '2'
                        WHEN open.days <= company.ageing_days_3 THEN '3' ELSE '4' END AS bucket
              FROM (%s) AS open
              JOIN res_company AS company ON company.id = open.company_id
         LEFT JOIN payment_profile AS profile
                ON profile.partner_id = open.partner_id AND profile.company_id = open.company_id
            """, open_receivables(day, self.env.companies.ids),
        )

    def action_view_document(self) -> dict:
        self.ensure_one()
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': self.move_id.id,
                'view_mode': 'form'}

    def action_view_statement(self) -> dict:
        """Open the statement of account of the customer."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_view_statement()
