"""What a quotation offers of a plan: options to choose from, a prepayment interval, and for whom it is made."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .service_contract_line import EDITABLE


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    service_plan_ids = fields.Many2many('service.plan', compute='_compute_service_plan_ids')
    service_plan_interval_id = fields.Many2one(
        'service.plan.interval', "Paid ahead", check_company=True, ondelete='restrict',
        domain="[('plan_id', 'in', service_plan_ids)]", help="Empty: billed as often as the plan says.",
    )
    service_option_ids = fields.Many2many(
        'service.plan.line', 'sale_order_service_option_rel', string="Options offered",
        compute='_compute_service_option_ids', help="What the plans offer on top and the quotation does not have yet.",
    )
    service_option_to_add_id = fields.Many2one(
        'service.plan.line', "Add option", store=False, domain="[('id', 'in', service_option_ids)]",
    )

    # === COMPUTE === #

    @api.depends('order_line.service_plan_id')
    def _compute_service_plan_ids(self):
        for order in self:
            order.service_plan_ids = order.order_line.service_plan_id

    @api.depends('order_line.service_plan_line_id')
    def _compute_service_option_ids(self):
        for order in self:
            options = order.order_line.service_plan_id._optional_lines()
            order.service_option_ids = options - order.order_line.service_plan_line_id

    @api.onchange('service_option_to_add_id')
    def _onchange_service_option_to_add_id(self):
        if self.service_option_to_add_id:
            option = self.service_option_to_add_id
            self.order_line = [Command.create(self._prepare_plan_order_line(option))]
            self.service_option_to_add_id = False

    # === ACTIONS === #

    def action_add_service_option(self, option_id: int) -> bool:
        """Add an option of its plans to quotations that do not have it yet.

        :param option_id: database id of a service.plan.line that is optional.
        :raises UserError: if no plan of the quotation offers it, or another option excludes it.
        """
        for order in self:
            options = order.order_line.service_plan_id._optional_lines()
            option = options.filtered(lambda line: line.id == option_id)
            if not option:
                raise UserError(self.env._(
                    "%(order)s has no plan with the option “%(option)s”.",
                    order=order.name, option=str(option_id)[:60],
                ))
            if option not in order.order_line.service_plan_line_id:
                order.order_line = [Command.create(order._prepare_plan_order_line(option))]
        return True

    # === BUSINESS === #

    def _offered_options(self) -> list[dict]:
        """Return what the customer may add, a ``name``, ``price`` and ``recurrence`` each; nothing once confirmed."""
        self.ensure_one()
        if self.state not in ('draft', 'sent'):
            return []
        # sudo: the customer reads the offer that the quotation makes
        options_sudo = self.sudo().service_option_ids
        return [
            {
                'name': option._option_name(), 'price': self._option_price(option),
                'recurrence': self._option_recurrence(option),
            } for option in options_sudo.with_context(lang=self.partner_id.lang)
        ]

    def _option_interval(self, option):
        interval = self.service_plan_interval_id
        return interval if option.kind == 'recurring' and interval.plan_id == option.plan_id else interval.browse()

    def _option_price(self, option) -> float:
        price = option.price_unit
        if option.price_source == 'pricelist':
            price = self.pricelist_id._get_product_price(
                option.product_id, option.quantity or 1.0, currency=self.currency_id, date=self.date_order,
            )
        interval = self._option_interval(option)
        return interval._price(option, price, self.currency_id) if interval else price

    def _option_recurrence(self, option) -> str:
        if option.kind == 'one_time':
            return ''
        return (self._option_interval(option).with_env(option.env) or option.plan_id)._recurrence_text()

    def _prepare_service_contract_vals(self, line_vals: list[dict]) -> dict:
        vals = super()._prepare_service_contract_vals(line_vals)
        interval = self.service_plan_interval_id
        fits = interval and interval.plan_id.id == vals.get('plan_id')
        return {**vals, 'plan_interval_id': interval.id} if fits else vals


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    service_plan_interval_id = fields.Many2one(
        'service.plan.interval', "Paid ahead", compute='_compute_service_plan_interval_id', ondelete='restrict',
        index='btree_not_null', **EDITABLE,
    )

    @api.depends('order_id.service_plan_interval_id', 'service_plan_id', 'service_plan_line_id')
    def _compute_service_plan_interval_id(self):
        for line in self:
            interval = line.order_id.service_plan_interval_id
            fits = line.service_plan_line_id.kind == 'recurring' and interval.plan_id == line.service_plan_id
            line.service_plan_interval_id = interval if fits else False

    @api.depends('service_plan_interval_id')
    def _compute_service_recurrence(self):
        super()._compute_service_recurrence()
        for line in self.filtered('service_plan_interval_id'):
            line.service_recurrence = line.service_plan_interval_id._recurrence_text()

    @api.depends('service_plan_interval_id', 'service_plan_line_id')
    def _compute_price_unit(self):
        # EXTENDS sale: a prepayment interval has its own price
        super()._compute_price_unit()

    def _get_display_price(self):
        # EXTENDS sale: the price of the plan, for the interval that the customer pays ahead
        price = super()._get_display_price()
        offer = self.service_plan_line_id
        if offer and offer.price_source == 'fixed' and offer.product_id == self.product_id:
            price = offer.price_unit
        interval = self.service_plan_interval_id
        return interval._price(offer, price, self.currency_id) if interval else price

    def _service_interval(self):
        """Return how often the line is billed."""
        self.ensure_one()
        return (self.service_plan_interval_id or self.service_plan_id)._interval()

    def _prepare_contract_line_vals(self) -> dict:
        return {**super()._prepare_contract_line_vals(), 'plan_interval_id': self.service_plan_interval_id.id}

    def _offer_notes(self) -> list[str]:
        """Return in words what the line does not tell: tiers, introductory prices, discounts and bonus rules."""
        self.ensure_one()
        # sudo: the customer reads the offer that the quotation makes
        offer_sudo = self.sudo().service_plan_line_id.with_context(lang=self.order_id.partner_id.lang)
        if self.order_id.state not in ('draft', 'sent', 'sale') or not offer_sudo:
            return []
        phases_sudo = offer_sudo.phase_ids if not self.service_plan_interval_id else offer_sudo.phase_ids.browse()
        return [
            *offer_sudo._told_prices(self.currency_id),
            *(phase._words(self.currency_id) for phase in phases_sudo),
            *offer_sudo._own_reductions().mapped('name'),
        ]
