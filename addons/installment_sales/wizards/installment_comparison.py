"""Shows the terms that fit a quotation side by side, and lets one be chosen."""

from odoo import api, fields, models
from odoo.fields import Command

from ..rules.offer import offer_eu_apr, offer_us_apr


class InstallmentComparison(models.TransientModel):
    _name = 'installment.comparison'
    _description = "Compare Installments"

    order_id = fields.Many2one('sale.order', required=True, readonly=True, ondelete='cascade')
    line_ids = fields.One2many('installment.comparison.line', 'comparison_id', readonly=True)

    @api.model
    def _for_order(self, order):
        """Return a comparison of all terms on which the order can be offered."""
        offers = [(terms, *terms._try(lambda terms=terms: order._installment_offer(terms)))
                  for terms in order.installment_fitting_ids]
        fitting = [(terms, given) for terms, given, problem in offers if not problem and not terms._problem(given)]
        return self.create({
            'order_id': order.id,
            'line_ids': [Command.create(self._prepare_line_vals(terms, given)) for terms, given in fitting],
        })

    def _prepare_line_vals(self, terms, given) -> dict:
        payments = [row.payment for row in given.rows]
        return {
            'terms_id': terms.id,
            'count': len(payments),
            'at_start': float(given.at_start),
            'installment': float(payments[0]),
            'last_installment': float(payments[-1]),
            'last_date': given.rows[-1].due,
            'cost': float(given.cost),
            'total': float(given.total),
            'apr_eu': float(offer_eu_apr(given)),
            'apr_us': float(offer_us_apr(given)),
        }


class InstallmentComparisonLine(models.TransientModel):
    _name = 'installment.comparison.line'
    _description = "Installments Compared"
    _order = 'total, count'

    comparison_id = fields.Many2one('installment.comparison', required=True, ondelete='cascade')
    currency_id = fields.Many2one(related='comparison_id.order_id.currency_id')
    terms_id = fields.Many2one('installment.terms', required=True, ondelete='cascade')
    count = fields.Integer("Installments")
    at_start = fields.Monetary("At once")
    installment = fields.Monetary("First installment")
    last_installment = fields.Monetary("Last")
    last_date = fields.Date("Until")
    cost = fields.Monetary()
    total = fields.Monetary()
    apr_eu = fields.Float("APR (EU)", digits=(16, 1))
    apr_us = fields.Float("APR (US)", digits=(16, 2))

    def action_choose(self) -> dict:
        """Put the terms on the quotation."""
        self.ensure_one()
        self.comparison_id.order_id.installment_terms_id = self.terms_id
        return {'type': 'ir.actions.act_window_close'}
