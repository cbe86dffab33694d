"""Recurring revenue (MRR) by service and month, its movements by customer, and the figures made of them."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from . import revenue_queries

HISTORY_MONTHS = 24
"""So far back the ledger is asked when figures are made for the first time."""


class ServiceRevenueSnapshot(models.Model):
    _name = 'service.revenue.snapshot'
    _description = "Recurring Revenue"
    _order = 'month desc, id desc'
    _rec_name = 'contract_line_id'
    _log_access = False  # written in bulk, derived anew at any time

    company_id = fields.Many2one('res.company', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='company_id.currency_id')
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, readonly=True, ondelete='cascade',
    )
    contract_id = fields.Many2one('service.contract', required=True, readonly=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, ondelete='cascade', index=True,
    )
    plan_id = fields.Many2one('service.plan', "Plan", readonly=True, ondelete='set null')
    product_id = fields.Many2one('product.product', readonly=True, ondelete='set null')
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    day = fields.Date("As of", required=True, readonly=True, help="The month's last day, or the day it was taken on.")
    mrr = fields.Monetary("MRR", required=True, readonly=True, help="Recurring amount of one month, without tax.")

    _one_a_month = models.UniqueIndex("(contract_line_id, month)", "A service has one recurring revenue a month.")
    _by_company = models.Index("(company_id, month, partner_id)")

    # === ACTIONS === #

    @api.model
    def action_derive(self) -> dict:
        """Derive the figures of the chosen companies anew, as far back as the ledger tells."""
        self.env['service.contract'].check_access('write')
        for company in self.env.companies:
            self.sudo()._derive(company)  # sudo: the table is written by the system only
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === BUSINESS === #

    @api.model
    def _cron_take(self):
        """Bring the running month up to date, and close the one before on its last day."""
        self.env['res.company']._each_with_progress(self._follow)

    def _follow(self, company) -> None:
        """Take the running month of a company, and those before that are not closed yet."""
        last = self.search([('company_id', '=', company.id)], order='month desc', limit=1)
        if not last:
            self._derive(company)
            return
        month = last.month if last.day < _next_month(last.month) - timedelta(days=1) else _next_month(last.month)
        while month <= company._service_today():
            self._take(company, month)
            month = _next_month(month)

    def _derive(self, company) -> None:
        """Make all months anew."""
        cr = self.env.cr
        self.env.flush_all()
        cr.execute('DELETE FROM service_revenue_snapshot WHERE company_id = %s', (company.id,))
        cr.execute('DELETE FROM service_revenue_movement WHERE company_id = %s', (company.id,))
        month = self._first_month(company)
        while month <= company._service_today():
            self._take(company, month)
            month = _next_month(month)

    def _first_month(self, company) -> date:
        today = company._service_today().replace(day=1)
        first = self.env['service.contract'].search(
            [('company_id', '=', company.id), ('state', '!=', 'draft')], order='date_start', limit=1,
        )
        since = fields.Date.subtract(today, months=HISTORY_MONTHS)
        return min(today, max(since, (first.date_start or today).replace(day=1)))

    def _take(self, company, month: date) -> None:
        """Write the revenue of a month, as of its last day or today, and what changed since the month before."""
        self.env.flush_all()
        today = company._service_today()
        day = min(_next_month(month) - timedelta(days=1), today)
        currency_ids, rates = self._rates(company, day)
        values = {
            'company_id': company.id, 'month': month, 'previous': fields.Date.subtract(month, months=1), 'day': day,
            'is_past': day < today, 'currency_ids': currency_ids, 'rates': rates,
        }
        # SQL because a hundred thousand services are taken every night
        for query in (revenue_queries.TAKE, revenue_queries.FORGET, revenue_queries.FORGET_MOVEMENTS,
                      revenue_queries.MOVE):
            self.env.cr.execute(query, values)
        self.env.invalidate_all(flush=False)

    def _rates(self, company, day: date) -> tuple[list[int], list[float]]:
        """Return the currencies of contracts, and for each what one unit is worth on a day in the company's."""
        groups = self.env['service.contract']._read_group([('company_id', '=', company.id)], ['currency_id'])
        currencies = [currency for currency, in groups if currency]
        return [currency.id for currency in currencies], [
            self.env['res.currency']._get_conversion_rate(currency, company.currency_id, company, day)
            for currency in currencies
        ]

    @api.model
    def _cohorts(self, company) -> dict[date, list[tuple[date, int, float]]]:
        """Return for each month that won customers their number and their MRR in each month since."""
        self.env.cr.execute(revenue_queries.COHORTS, {'company_id': company.id})
        cohorts = {}
        for begun, month, customers, mrr in self.env.cr.fetchall():
            cohorts.setdefault(begun, []).append((month, customers, float(mrr)))
        return cohorts


class ServiceRevenueMovement(models.Model):
    _name = 'service.revenue.movement'
    _description = "Movement of Recurring Revenue"
    _order = 'month desc, amount desc, id'
    _rec_name = 'partner_id'
    _log_access = False

    company_id = fields.Many2one('res.company', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, ondelete='cascade', index=True,
    )
    month = fields.Date(required=True, readonly=True)
    kind = fields.Selection(
        [('new', "New"), ('expansion', "Expansion"), ('contraction', "Contraction"), ('churn', "Churn"),
         ('reactivation', "Reactivation")],
        required=True, readonly=True,
    )
    amount = fields.Monetary("Change of MRR", required=True, readonly=True)
    mrr = fields.Monetary("MRR after it", readonly=True, aggregator=None)

    _one_a_month = models.UniqueIndex("(company_id, partner_id, month)", "A customer moves once a month.")


class ServiceRevenueFigures(models.Model):
    _name = 'service.revenue.figures'
    _description = "Figures of Recurring Revenue"
    _auto = False
    _order = 'month desc, company_id'
    _rec_name = 'month'

    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    month = fields.Date(readonly=True)
    mrr_start = fields.Monetary("MRR at the start", readonly=True, aggregator=None)
    mrr = fields.Monetary("MRR", readonly=True, help="At the end of the month, or today.")
    arr = fields.Monetary("ARR", readonly=True, help="12 × MRR.")
    new = fields.Monetary(readonly=True)
    expansion = fields.Monetary(readonly=True)
    contraction = fields.Monetary(readonly=True)
    churn = fields.Monetary(readonly=True)
    reactivation = fields.Monetary(readonly=True)
    change = fields.Monetary("Change of MRR", readonly=True)
    customers_start = fields.Integer("Customers at the start", readonly=True, aggregator=None)
    customers = fields.Integer(readonly=True)
    customers_lost = fields.Integer(
        "Customers lost", readonly=True, help="Counted when the paid service ends, not when notice is given.",
    )
    arpa = fields.Monetary("ARPA", readonly=True, aggregator='avg', help="MRR per customer.")
    customer_churn = fields.Float(
        "Customer churn (%)", readonly=True, aggregator='avg', help="Customers lost / customers at the start.",
    )
    revenue_churn = fields.Float(
        "Gross revenue churn (%)", readonly=True, aggregator='avg', help="(Churn + contraction) / MRR at the start.",
    )
    nrr = fields.Float(
        "NRR (%)", readonly=True, aggregator='avg',
        help="Net revenue retention: (start + expansion − contraction − churn) / start.",
    )
    grr = fields.Float("GRR (%)", readonly=True, aggregator='avg', help="Gross revenue retention: without expansion.")

    @property
    def _table_query(self):
        return SQL(revenue_queries.FIGURES)

    @api.model
    def action_export(self) -> dict:
        """Download figures, movements and cohorts of the current company as a workbook."""
        self.browse().check_access('read')
        return {'type': 'ir.actions.act_url', 'url': '/service_contracts/figures.xlsx', 'target': 'download'}


def _next_month(month: date) -> date:
    return fields.Date.add(month, months=1)
