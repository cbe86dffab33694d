"""Inventory turnover: how often the stock of a product was sold, and how much of that in installments."""

from odoo import fields, models
from odoo.tools import SQL

TURNOVER = "SUM(%(delivered)s) / NULLIF(SUM(%(average)s) / COUNT(DISTINCT %(month)s), 0)"
RATIOS = {
    'turnover:avg': TURNOVER,
    'days_in_stock:avg': f"COUNT(DISTINCT %(month)s) * 365.0 / 12 / NULLIF({TURNOVER}, 0)",
    'installment_share:avg': "SUM(%(installments)s) / NULLIF(SUM(%(delivered)s), 0)",
}
"""Ratios of a group come from its sums; the mean of single ratios would be wrong."""


class InstallmentStockTurnover(models.Model):
    _name = 'installment.stock.turnover'
    _description = "Inventory Turnover"
    _auto = False
    _order = 'month desc, product_id'
    _rec_name = 'product_id'

    month = fields.Date(readonly=True)
    product_id = fields.Many2one('product.product', readonly=True)
    categ_id = fields.Many2one('product.category', "Category", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    delivered = fields.Float(readonly=True, help="Pieces that left for customers, less those that came back.")
    delivered_installments = fields.Float("Of it in installments", readonly=True)
    closing = fields.Float("Stock at the end", readonly=True, aggregator=None)
    average = fields.Float("Average stock", readonly=True, aggregator='avg', help="Of beginning and end of the month.")
    average_value = fields.Float("Average stock at cost", readonly=True, aggregator='avg')
    turnover = fields.Float(
        readonly=True, aggregator='avg', help="Pieces delivered for each piece in stock on average.",
    )
    days_in_stock = fields.Float("Days in stock", readonly=True, aggregator='avg', digits=(16, 1))
    installment_share = fields.Float("Share in installments", readonly=True, aggregator='avg')

    def _read_group_select(self, aggregate_spec, query):
        # EXTENDS base
        if aggregate_spec not in RATIOS:
            return super()._read_group_select(aggregate_spec, query)
        names = {'delivered': 'delivered', 'installments': 'delivered_installments', 'average': 'average',
                 'month': 'month'}
        return SQL(RATIOS[aggregate_spec], **{
            key: self._field_to_sql(self._table, name, query) for key, name in names.items()})

    @property
    def _table_query(self) -> SQL:
        # One row for each product and month since its first move, months without a move too: they hold stock as well.
        return SQL("""
            WITH flow AS (
                SELECT line.product_id, line.company_id, date_trunc('month', line.date)::date AS month,
                       SUM(line.quantity_product_uom * (
                           (dest.usage IN ('internal', 'transit'))::int - (source.usage IN ('internal', 'transit'))::int
                       )) AS net,
                       SUM(line.quantity_product_uom * (
                           (dest.usage = 'customer')::int - (source.usage = 'customer')::int
                       )) AS delivered,
                       SUM(line.quantity_product_uom * (
                           (dest.usage = 'customer')::int - (source.usage = 'customer')::int
                       )) FILTER (WHERE sale.installment_terms_id IS NOT NULL) AS installments
                  FROM stock_move_line AS line
                  JOIN stock_location AS source ON source.id = line.location_id
                  JOIN stock_location AS dest ON dest.id = line.location_dest_id
                  LEFT JOIN stock_move AS move ON move.id = line.move_id
                  LEFT JOIN sale_order_line AS sold ON sold.id = move.sale_line_id
                  LEFT JOIN sale_order AS sale ON sale.id = sold.order_id
                 WHERE line.state = 'done'
                 GROUP BY line.product_id, line.company_id, month
            ), months AS (
                SELECT product_id, company_id, generate_series(
                           min(month), date_trunc('month', now() AT TIME ZONE 'UTC'), '1 month')::date AS month
                  FROM flow
                 GROUP BY product_id, company_id
            ), level AS (
                SELECT product_id, company_id, month, COALESCE(net, 0) AS net, COALESCE(delivered, 0) AS delivered,
                       COALESCE(installments, 0) AS installments,
                       SUM(COALESCE(net, 0)) OVER (PARTITION BY product_id, company_id ORDER BY month) AS closing
                  FROM months LEFT JOIN flow USING (product_id, company_id, month)
            ), counted AS (
                SELECT level.*, closing - net / 2.0 AS average FROM level
            )
            SELECT row_number() OVER (ORDER BY counted.product_id, counted.company_id, month) AS id, month,
                   counted.product_id, template.categ_id, counted.company_id, delivered,
                   installments AS delivered_installments, closing, average,
                   average * COALESCE((product.standard_price ->> counted.company_id::text)::numeric, 0)
                       AS average_value,
                   delivered / NULLIF(average, 0) AS turnover,
                   365.0 / 12 / NULLIF(delivered / NULLIF(average, 0), 0) AS days_in_stock,
                   installments / NULLIF(delivered, 0) AS installment_share
              FROM counted
              JOIN product_product AS product ON product.id = counted.product_id
              JOIN product_template AS template ON template.id = product.product_tmpl_id
             WHERE template.is_storable
        """)
