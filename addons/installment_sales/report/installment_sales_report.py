"""Offers and sales by terms: how many offers become sales, how large they are, and what installments add."""

from odoo import api, fields, models
from odoo.tools import SQL


class InstallmentSalesReport(models.Model):
    _name = 'installment.sales.report'
    _description = "Sales by Terms"
    _inherit = ['installment.ratio.mixin']
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'order_id'
    _ratios = {
        'conversion': "SUM(%(sold)s)::float / NULLIF(SUM(%(offers)s), 0)",
        'ticket': "SUM(%(amount_sold)s) / NULLIF(SUM(%(sold)s), 0)",
    }

    date = fields.Date(readonly=True)
    order_id = fields.Many2one('sale.order', "Order", readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    user_id = fields.Many2one('res.users', "Salesperson", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    terms_id = fields.Many2one('installment.terms', "Terms", readonly=True)
    way = fields.Selection(
        [('whole', "Paid as a whole"), ('own', "Installments"), ('provider', "Financed by others")], "Way to pay",
        readonly=True,
    )
    state = fields.Selection(
        [('draft', "Draft"), ('sent', "Sent"), ('sale', "Sold"), ('cancel', "Cancelled")], "Status", readonly=True,
    )
    offers = fields.Integer(readonly=True, help="Quotations that the customer got, sold or not.")
    sold = fields.Integer("Sales", readonly=True)
    amount_offered = fields.Monetary("Offered", readonly=True)
    amount_sold = fields.Monetary("Sold for", readonly=True)
    conversion = fields.Float(readonly=True, aggregator='avg', help="Sales for each offer.")
    ticket = fields.Monetary("Ticket size", readonly=True, aggregator='avg', help="What a sale comes to.")

    @property
    def _table_query(self) -> SQL:
        return SQL("""
            SELECT sale.id, sale.id AS order_id, sale.date_order::date AS date, sale.partner_id, sale.user_id,
                   sale.company_id, company.currency_id, sale.installment_terms_id AS terms_id, sale.state,
                   CASE WHEN sale.installment_terms_id IS NULL THEN 'whole'
                        WHEN terms.financing_provider_id IS NULL THEN 'own' ELSE 'provider' END AS way,
                   1 AS offers, (sale.state = 'sale')::int AS sold, amount.total AS amount_offered,
                   CASE WHEN sale.state = 'sale' THEN amount.total ELSE 0 END AS amount_sold,
                   (sale.state = 'sale')::int::float AS conversion,
                   CASE WHEN sale.state = 'sale' THEN amount.total END AS ticket
              FROM sale_order AS sale
              JOIN res_company AS company ON company.id = sale.company_id
              LEFT JOIN installment_terms AS terms ON terms.id = sale.installment_terms_id
              CROSS JOIN LATERAL (
                  SELECT sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1) AS total
              ) AS amount
             WHERE sale.state != 'draft'
        """)

    @api.model
    def read_sales_by_terms(self, date_from: str, date_to: str) -> list[dict]:
        """Tell what each way to pay brought in a span of days, in the current companies.

        :param date_from: first day, as 2026-01-01.
        :param date_to: last day.
        :return: dicts with `terms` ('' for paid as a whole), `currency`, `offers`, `sales`, `conversion` (0 to 1),
            `amount`, `ticket` and `share` of all sales in that currency (0 to 1), the largest amount first.
        """
        groups = self._read_group(
            [('date', '>=', date_from), ('date', '<=', date_to), ('company_id', 'in', self.env.companies.ids)],
            ['terms_id', 'currency_id'],
            ['offers:sum', 'sold:sum', 'conversion:avg', 'amount_sold:sum', 'ticket:avg'],
            order='amount_sold:sum desc',
        )
        totals: dict = {}
        for _terms, currency, _offers, _sold, _conversion, amount, _ticket in groups:
            totals[currency] = totals.get(currency, 0.0) + amount
        return [{
            'terms': terms.name or '', 'currency': currency.name, 'offers': offers, 'sales': sold,
            'conversion': conversion, 'amount': currency.round(amount), 'ticket': currency.round(ticket or 0.0),
            'share': amount / totals[currency] if totals[currency] else 0.0,
        } for terms, currency, offers, sold, conversion, amount, ticket in groups]
