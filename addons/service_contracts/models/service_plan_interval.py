"""Prepayment intervals: how far ahead a customer may pay a plan, and what that costs."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.errors import RuleError
from ..rules.intervals import interval_price, interval_ratio
from ..rules.money import to_decimal
from ..rules.periods import Interval
from .service_contract_line import EDITABLE
from .service_recurrence_mixin import UNIT_SELECTION

LIMIT = 10**12


class ServicePlanInterval(models.Model):
    _name = 'service.plan.interval'
    _description = "Prepayment Interval"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'

    plan_id = fields.Many2one('service.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True)
    currency_id = fields.Many2one(related='plan_id.currency_id')
    sequence = fields.Integer(default=10)
    interval_count = fields.Integer("Every", default=1, required=True)
    interval_unit = fields.Selection(UNIT_SELECTION, "Unit of time", default='year', required=True)
    discount = fields.Float("Discount (%)", digits='Discount', help="Off the regular price for paying this far ahead.")
    price_ids = fields.One2many(
        'service.plan.interval.price', 'interval_id', "Fixed prices", copy=True,
        help="For a service named here the price is fixed; the others follow their regular price.",
    )

    _interval_count_positive = models.Constraint(
        'CHECK (interval_count BETWEEN 1 AND 1000)',
        "A period counts from 1 to 1000 days, weeks, months or years.",
    )
    _discount_in_range = models.Constraint(
        'CHECK (discount >= 0 AND discount <= 100)',
        "A discount lies between 0 and 100 percent.",
    )
    _one_of_a_kind = models.UniqueIndex(
        "(plan_id, interval_count, interval_unit)",
        "The plan offers this interval already.",
    )

    @api.constrains('interval_count', 'interval_unit', 'plan_id')
    def _check_interval(self):
        for interval in self:
            try:
                interval_ratio(interval.plan_id._interval(), interval._interval())
            except RuleError as error:
                raise ValidationError(self.env._(
                    "%(plan)s: %(problem)s.", plan=interval.plan_id.display_name, problem=str(error),
                )) from error

    @api.depends('interval_count', 'interval_unit', 'discount')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for interval in self:
            text = interval._recurrence_text()
            interval.display_name = interval.discount and self.env._(
                "%(interval)s, %(discount)g %% less", interval=text, discount=interval.discount,
            ) or text

    def _input_ranges(self):
        return {**super()._input_ranges(), 'interval_count': (1, 1000), 'discount': (0, 100)}

    def _recurrence_text(self) -> str:
        """Return the interval as people say it: “per year”."""
        self.ensure_one()
        return self.env['service.plan'].new({
            'interval_count': self.interval_count, 'interval_unit': self.interval_unit,
        })._recurrence_text()

    def _prepare_answer(self) -> dict | bool:
        """Return the interval as other systems read it, False for no interval."""
        return {'count': self.interval_count, 'unit': self.interval_unit} if self else False

    def _interval(self) -> Interval:
        self.ensure_one()
        return Interval(max(self.interval_count, 1), self.interval_unit)

    def _price(self, plan_line, regular: float, currency) -> float:
        """Return what one unit of a service costs for this interval.

        :param regular: its price for the interval of the plan.
        """
        self.ensure_one()
        fixed = self.price_ids.filtered(lambda price: price.plan_line_id == plan_line)
        if fixed:
            return fixed[0].price_unit
        digits = currency.decimal_places if currency else 2
        return float(interval_price(
            to_decimal(regular), self.plan_id._interval(), self._interval(), to_decimal(self.discount), digits,
        ))


class ServicePlanIntervalPrice(models.Model):
    _name = 'service.plan.interval.price'
    _description = "Price of a Prepayment Interval"
    _inherit = ['service.input.mixin']
    _order = 'interval_id, id'

    interval_id = fields.Many2one('service.plan.interval', required=True, ondelete='cascade', index=True)
    plan_id = fields.Many2one(related='interval_id.plan_id')
    company_id = fields.Many2one(related='interval_id.company_id', store=True)
    plan_line_id = fields.Many2one(
        'service.plan.line', "Service", required=True, ondelete='cascade', index=True,
        domain="[('plan_id', '=', plan_id), ('kind', '=', 'recurring')]",
    )
    price_unit = fields.Float("Unit price", min_display_digits='Product Price', help="For the whole interval.")

    _price_unit_in_range = models.Constraint(
        f'CHECK (price_unit >= 0 AND price_unit < {LIMIT})',
        "A price is a number from 0 up to one million million.",
    )
    _one_price = models.UniqueIndex(
        "(interval_id, plan_line_id)", "The service has a price for this interval already.",
    )

    @api.depends('plan_line_id', 'price_unit')
    def _compute_display_name(self):
        for price in self:
            price.display_name = f'{price.plan_line_id.display_name}: {price.price_unit:g}'


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    interval_ids = fields.One2many('service.plan.interval', 'plan_id', "Prepayment intervals", copy=False)

    def _interval(self) -> Interval:
        self.ensure_one()
        return Interval(max(self.interval_count, 1), self.interval_unit)

    def _copy_parts(self, copy) -> None:
        super()._copy_parts(copy)
        lines = dict(zip(self.line_ids, copy.line_ids, strict=True))
        for interval in self.interval_ids:
            twin = interval.copy({'plan_id': copy.id})
            for price in twin.price_ids:
                price.plan_line_id = lines[price.plan_line_id]


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    plan_interval_id = fields.Many2one(
        'service.plan.interval', "Paid ahead", compute='_compute_plan_interval_id', ondelete='restrict',
        index='btree_not_null', domain="[('plan_id', '=', plan_id)]",
        help="Empty: billed as often as the plan says.", **EDITABLE,
    )

    @api.depends('plan_id')
    def _compute_plan_interval_id(self):
        for contract in self:
            if contract.plan_interval_id.plan_id != contract.plan_id:
                contract.plan_interval_id = False

    @api.constrains('plan_id', 'plan_interval_id')
    def _check_plan_interval(self):
        for contract in self:
            if contract.plan_interval_id and contract.plan_interval_id.plan_id != contract.plan_id:
                raise ValidationError(self.env._(
                    "%(contract)s: %(interval)s belongs to another plan. Choose one of %(plan)s.",
                    contract=contract.display_name, interval=contract.plan_interval_id.display_name,
                    plan=contract.plan_id.display_name or self.env._("its plan"),
                ))


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    plan_interval_id = fields.Many2one(
        'service.plan.interval', "Paid ahead", compute='_compute_plan_interval_id', ondelete='restrict',
        index='btree_not_null', **EDITABLE,
    )

    @api.depends('contract_id.plan_interval_id', 'plan_id', 'kind')
    def _compute_plan_interval_id(self):
        for line in self:
            if line._origin and line.contract_id.state not in (False, 'draft'):
                line.plan_interval_id = line.plan_interval_id
                continue
            interval = line.contract_id.plan_interval_id
            fits = line.kind == 'recurring' and interval.plan_id == line.plan_id
            line.plan_interval_id = interval if fits else False

    @api.depends('plan_interval_id')
    def _compute_recurrence(self):
        super()._compute_recurrence()
        for line in self.filtered('plan_interval_id'):
            line.interval_count = line.plan_interval_id.interval_count
            line.interval_unit = line.plan_interval_id.interval_unit

    @api.depends('plan_interval_id')
    def _compute_price_unit(self):
        super()._compute_price_unit()

    def _given_price(self) -> float:
        price = super()._given_price()
        interval = self.plan_interval_id
        return interval._price(self.plan_line_id, price, self.currency_id) if interval else price
