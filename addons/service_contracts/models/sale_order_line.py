"""Order lines sold under a plan: their contract bills them, not the order."""

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    service_plan_id = fields.Many2one(
        'service.plan', "Plan", compute='_compute_service_plan_id', store=True, readonly=False,
        precompute=True, check_company=True, ondelete='restrict', index='btree_not_null',
        help="The line opens a contract under this plan, which bills it.",
    )
    service_plan_line_id = fields.Many2one(
        'service.plan.line', "Service of the plan", compute='_compute_service_plan_line_id', store=True,
        readonly=False, precompute=True, ondelete='set null', index='btree_not_null',
    )
    service_recurrence = fields.Char("Billed", compute='_compute_service_recurrence')
    service_contract_line_ids = fields.One2many(
        'service.contract.line', 'sale_line_id', "Contracted services",
    )

    # === COMPUTE === #

    @api.depends('product_id')
    def _compute_service_plan_id(self):
        for line in self:
            line.service_plan_id = line.product_id.service_plan_id

    @api.depends('product_id', 'service_plan_id')
    def _compute_service_plan_line_id(self):
        for line in self:
            offers = line.service_plan_id.line_ids.filtered(
                lambda offer, product=line.product_id: offer.product_id == product,
            )
            if line.service_plan_line_id not in offers:
                line.service_plan_line_id = offers[:1]

    @api.depends('service_plan_id.interval_count', 'service_plan_id.interval_unit', 'service_plan_line_id.kind')
    def _compute_service_recurrence(self):
        for line in self:
            line.service_recurrence = line._is_recurring() and line.service_plan_id.recurrence_label

    @api.depends('service_plan_id', 'service_contract_line_ids')
    def _compute_qty_to_invoice(self):
        # EXTENDS sale: the contract bills the line
        super()._compute_qty_to_invoice()
        self.filtered('service_plan_id').qty_to_invoice = 0.0

    @api.depends('service_plan_id', 'service_contract_line_ids')
    def _compute_invoice_status(self):
        # EXTENDS sale: nothing is left to invoice by the order
        super()._compute_invoice_status()
        confirmed = self.filtered(lambda line: line.service_plan_id and line.state == 'sale')
        confirmed.invoice_status = 'invoiced'

    @api.depends('service_plan_id')
    def _compute_untaxed_amount_to_invoice(self):
        # EXTENDS sale
        super()._compute_untaxed_amount_to_invoice()
        self.filtered('service_plan_id').untaxed_amount_to_invoice = 0.0

    @api.depends('service_plan_id')
    def _compute_amount_to_invoice(self):
        # EXTENDS sale
        super()._compute_amount_to_invoice()
        self.filtered('service_plan_id').amount_to_invoice = 0.0

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """A line added to a confirmed order goes into its contract at once."""
        lines = super().create(vals_list)
        lines.order_id.filtered(lambda order: order.state == 'sale')._open_service_contract()
        return lines

    # === BUSINESS === #

    def _is_recurring(self) -> bool:
        self.ensure_one()
        return bool(self.service_plan_id) and self.service_plan_line_id.kind != 'one_time'

    def _awaits_contract(self) -> bool:
        self.ensure_one()
        return bool(self.service_plan_id) and not self.display_type and not self.service_contract_line_ids

    def _prepare_contract_line_vals(self) -> dict:
        """Return the values of the contract line that bills this line; extend it to hand on further fields."""
        self.ensure_one()
        return {
            'sale_line_id': self.id,
            'plan_id': self.service_plan_id.id,
            'plan_line_id': self.service_plan_line_id.id,
            'kind': self.service_plan_line_id.kind or 'recurring',
            'sequence': self.sequence,
            'product_id': self.product_id.id,
            'name': self.name,
            'quantity': self.product_uom_qty,
            'product_uom_id': self.product_uom_id.id,
            'price_unit': self.price_unit,
            'discount': self.discount,
            'tax_ids': [fields.Command.set(self.tax_ids.ids)],
            'analytic_distribution': self.analytic_distribution,
            **(self.service_plan_line_id._prepare_price_vals() if self.service_plan_line_id else {}),
        }
