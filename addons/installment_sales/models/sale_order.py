"""Quotations in installments: choose terms, see schedule, cost and yearly rates before anything is signed."""

from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import round_money, to_decimal

from ..rules.offer import Offer, fingerprint, offer_eu_apr, offer_us_apr

ZERO = Decimal(0)


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    installment_terms_id = fields.Many2one(
        'installment.terms', "Installments", ondelete='restrict', tracking=True,
        domain="[('id', 'in', installment_fitting_ids)]", help="Empty: the order is paid as a whole.",
    )
    installment_fitting_ids = fields.Many2many('installment.terms', compute='_compute_installment_fitting_ids')
    installment_method = fields.Selection(related='installment_terms_id.method', string="Installment method")
    installment_row_ids = fields.One2many(
        'installment.terms.row', 'order_id', "Own dates and amounts", copy=True,
        help="Dates and amounts agreed for this sale alone, instead of those of the terms.",
    )
    installment_start = fields.Date(
        "Installments agreed on", copy=False, readonly=True, help="The day from which the due dates count.",
    )
    installment_problem = fields.Char(compute='_compute_installment_offer')
    installment_at_start = fields.Monetary("To pay at once", compute='_compute_installment_offer')
    installment_financed = fields.Monetary("Financed amount", compute='_compute_installment_offer')
    installment_cost = fields.Monetary("Total cost of credit", compute='_compute_installment_offer')
    installment_total = fields.Monetary("Total payable", compute='_compute_installment_offer')
    installment_apr_eu = fields.Float("APR (EU)", digits=(16, 1), compute='_compute_installment_offer')
    installment_apr_us = fields.Float("APR (US)", digits=(16, 2), compute='_compute_installment_offer')
    installment_schedule_html = fields.Html("Schedule", compute='_compute_installment_schedule_html')

    # === COMPUTE === #

    @api.depends('company_id', 'currency_id', 'partner_id')
    def _compute_installment_fitting_ids(self):
        Terms = self.env['installment.terms']
        for order in self:
            # sudo: tags of the customer decide, reading them is not for everybody
            domain = Terms._fitting_domain(order.company_id, order.currency_id, order.partner_id.sudo())
            order.installment_fitting_ids = Terms.search(domain)

    @api.depends('installment_terms_id', 'installment_row_ids.value', 'installment_row_ids.kind',
                 'installment_row_ids.date', 'installment_row_ids.delay_count', 'installment_row_ids.delay_unit',
                 'installment_start', 'amount_total', 'order_line.price_total', 'order_line.product_id')
    def _compute_installment_offer(self):
        for order in self:
            given, problem = order._installment_try()
            order.installment_problem = problem
            order.installment_at_start = given and float(given.at_start)
            order.installment_financed = given and float(given.financed)
            order.installment_cost = given and float(given.cost)
            order.installment_total = given and float(given.total)
            order.installment_apr_eu = given and float(offer_eu_apr(given))
            order.installment_apr_us = given and float(offer_us_apr(given))

    @api.depends('installment_total', 'installment_at_start', 'installment_apr_eu')
    def _compute_installment_schedule_html(self):
        for order in self:
            given, _problem = order._installment_try()
            order.installment_schedule_html = given and self.env['ir.qweb']._render(
                'installment_sales.installment_schedule',
                {'figures': order._installment_figures(given), 'currency': order.currency_id},
            )

    # === OFFER === #

    def _installment_try(self) -> tuple[Offer | None, str]:
        """Return the offer of an order and nothing, or nothing and why there is none."""
        self.ensure_one()
        if not self.installment_terms_id or not self.order_line:
            return None, ''
        terms = self.installment_terms_id
        given, problem = terms._try(lambda: self._installment_offer(terms))
        return given, problem or terms._problem(given)

    def _installment_offer(self, terms) -> Offer:
        """Return the order in installments on some terms.

        :raises RuleError: if its price cannot be split this way.
        """
        return terms._offer(
            self._installment_price(), self._installment_deposit(terms), self._installment_day(),
            self.installment_row_ids,
        )

    def _installment_day(self) -> date:
        return self.installment_start or (self.company_id or self.env.company)._service_today()

    def _installment_lines(self):
        """Return the lines that are sold in installments; a contract bills its own."""
        return self._get_priced_lines().filtered(lambda line: not line.service_plan_id)

    def _installment_price(self) -> Decimal:
        """Return the price with tax of what is sold in installments, as the invoice will show it."""
        lines, tax = self._installment_lines(), self.env['account.tax']
        if lines == self._get_priced_lines():
            return to_decimal(self.currency_id.round(self.amount_total))
        base_lines = [line._prepare_base_line_for_taxes_computation() for line in lines]
        tax._add_tax_details_in_base_lines(base_lines, self.company_id)
        tax._round_base_lines_tax_details(base_lines, self.company_id)
        totals = tax._get_tax_totals_summary(base_lines, self.currency_id, self.company_id)
        return to_decimal(self.currency_id.round(totals['total_amount_currency']))

    def _installment_deposit(self, terms) -> Decimal:
        """Return what is paid at once: by the rule of each product or category, else by that of the terms."""
        digits, deposit, left = self.currency_id.decimal_places, ZERO, ZERO
        for line in self._installment_lines():
            # sudo: the rule counts whoever looks at the quotation
            rule = line.product_id.product_tmpl_id.sudo()._deposit_rule()
            price = to_decimal(self.currency_id.round(line.price_total))
            if rule:
                deposit += rule._deposit(price, to_decimal(line.product_uom_qty), digits)
            else:
                left += price
        if left > 0:
            deposit += terms._deposit(left, Decimal(1), digits)
        return round_money(deposit, digits)

    # === FIGURES === #

    def _installment_figures(self, given: Offer) -> dict:
        """Return everything a customer is told of an offer, as plain text in the customer's language."""
        order = self.with_context(lang=self.partner_id.lang or self.env.lang)
        digits = order.currency_id.decimal_places
        return {
            'order': order.name,
            'seller': order.company_id.name,
            'customer': order.partner_id.name or '',
            'sold': [
                [line.name, f'{line.product_uom_qty:g}', f'{line.price_total:.{digits}f}']
                for line in order._installment_lines()
            ],
            **order.installment_terms_id._figures(given),
        }

    def _installment_fingerprint(self) -> str:
        """Return the SHA-256 of what the order tells about its installments, '' without an offer."""
        self.ensure_one()
        given, _problem = self._installment_try()
        return fingerprint(self._installment_figures(given)) if given else ''

    def action_compare_installments(self) -> dict:
        """Open the terms that fit the quotation side by side."""
        self.ensure_one()
        comparison = self.env['installment.comparison']._for_order(self)
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Compare installments"), 'target': 'new',
            'res_model': comparison._name, 'res_id': comparison.id, 'views': [(False, 'form')],
            'context': {'dialog_size': 'extra-large'},
        }
