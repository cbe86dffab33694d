"""Reductions: discounts that last a while and bonus rules, offered in a plan or a coupon and agreed in a contract."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..rules.bonus import Bonus, Discount, FreePeriod, Loyalty, PaidOnTime
from ..rules.errors import RuleError
from ..rules.money import to_decimal
from ..rules.reductions import Reduction

LIMIT = 10**12
COPIED = ('sequence', 'name', 'kind', 'percent', 'amount', 'periods', 'date_until', 'every', 'after_months')
"""What a plan or a coupon hands on to a contract."""
NUMBERS = {
    'percent': (0, 100), 'amount': (0, LIMIT), 'periods': (0, 1000), 'every': (2, 1000), 'after_months': (1, 1000),
}


class ServiceReduction(models.Model):
    _name = 'service.reduction'
    _description = "Reduction"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'

    plan_id = fields.Many2one('service.plan', ondelete='cascade', index='btree_not_null')
    plan_line_id = fields.Many2one(
        'service.plan.line', "Service", ondelete='cascade', index='btree_not_null',
        domain="[('plan_id', '=', plan_id)]", help="Empty: all services of the plan that are billed again and again.",
    )
    contract_line_id = fields.Many2one(
        'service.contract.line', "Contracted service", ondelete='cascade', index='btree_not_null',
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True, index='btree_not_null')
    company_id = fields.Many2one('res.company', compute='_compute_company_id', store=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(
        "Shown as", required=True, translate=True,
        help="What the customer reads on the invoice, such as “Sibling discount”.",
    )
    kind = fields.Selection(
        [
            ('discount', "Discount"),
            ('free_period', "Every n-th period free"),
            ('loyalty', "Loyalty: after some months"),
            ('paid_on_time', "Reward: while paid on time"),
        ],
        default='discount', required=True,
    )
    percent = fields.Float("Percent", digits='Discount')
    amount = fields.Float(
        "Amount", min_display_digits='Product Price',
        help="Off each period, in the currency of the contract and as its prices: without tax, unless tax is included.",
    )
    periods = fields.Integer("For periods", help="The first so many periods. 0: no limit.")
    date_until = fields.Date("Until", help="Periods that begin up to this day. Empty: no limit.")
    every = fields.Integer("Every", default=12, help="12: the 12th, the 24th and so on cost nothing.")
    after_months = fields.Integer("After months", default=12)
    date_start = fields.Date(
        "Counted from", help="Periods count from the first that begins on this day or later. Empty: from the first.",
    )

    _numbers_in_range = models.Constraint(
        f'''CHECK (percent BETWEEN 0 AND 100 AND amount >= 0 AND amount < {LIMIT} AND periods BETWEEN 0 AND 1000
               AND every BETWEEN 2 AND 1000 AND after_months BETWEEN 1 AND 1000)''',
        "A reduction takes off 0 to 100 percent or an amount from 0 up, for 0 to 1000 periods, at least every 2nd.",
    )
    _one_owner = models.Constraint(
        'CHECK (num_nonnulls(plan_id, contract_line_id) <= 1)',
        "A reduction belongs to a plan, to a contracted service or to a coupon.",
    )

    # === CONSTRAINTS === #

    @api.constrains('kind', 'percent', 'amount', 'plan_id', 'plan_line_id')
    def _check_reduction(self):
        for reduction in self:
            needs_percent = reduction.kind in ('loyalty', 'paid_on_time') and not reduction.percent
            if needs_percent or (reduction.kind == 'discount' and not (reduction.percent or reduction.amount)):
                raise ValidationError(self.env._(
                    "“%(reduction)s” takes nothing off. Enter a percentage or an amount.", reduction=reduction.name,
                ))
            if reduction.plan_line_id.plan_id - reduction.plan_id:
                raise ValidationError(self.env._(
                    "“%(reduction)s” names a service of another plan.", reduction=reduction.name,
                ))

    # === COMPUTE === #

    @api.depends('plan_id.company_id', 'contract_line_id.company_id')
    def _compute_company_id(self):
        for reduction in self:
            reduction.company_id = reduction.plan_id.company_id or reduction.contract_line_id.company_id

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        reductions = super().create(vals_list)
        reductions.contract_line_id._follow_reductions()
        return reductions

    def write(self, vals):
        lines = self.contract_line_id
        result = super().write(vals)
        (lines | self.contract_line_id)._follow_reductions()
        return result

    def unlink(self):
        lines = self.contract_line_id
        result = super().unlink()
        lines.exists()._follow_reductions()
        return result

    def _input_ranges(self):
        return {**super()._input_ranges(), **NUMBERS}

    # === BUSINESS === #

    def _bonus(self) -> Bonus:
        """Return the reduction as the rules know it.

        :raises RuleError: for numbers that make no reduction.
        """
        self.ensure_one()
        percent = to_decimal(self.percent)
        if self.kind == 'free_period':
            return FreePeriod(self.every)
        if self.kind == 'loyalty':
            return Loyalty(self.after_months, percent)
        if self.kind == 'paid_on_time':
            return PaidOnTime(percent)
        until = self.date_until and self.date_until + timedelta(days=1)
        return Discount(percent, to_decimal(self.amount), self.periods or None, until or None)

    def _reductions(self, lang: str | None) -> tuple[Reduction, ...]:
        """Return the reductions in their order, under the names that a language has for them."""
        ordered = self.sorted(lambda reduction: (reduction.sequence, reduction.id or 0))
        return tuple(reduction._reduction(lang) for reduction in ordered)

    def _reduction(self, lang: str | None) -> Reduction:
        return Reduction(self._bonus(), self.with_context(lang=lang).name, self.date_start or None)

    def _prepare_copy_vals(self) -> dict:
        return {name: self[name] for name in COPIED}

    def _prepare_kept_vals(self) -> dict:
        """Return this reduction for a service that goes on from its own, with the day it counts from."""
        return {**self._prepare_copy_vals(), 'date_start': self.date_start}


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    reduction_ids = fields.One2many('service.reduction', 'plan_id', "Discounts and bonus rules", copy=False)

    def _copy_parts(self, copy) -> None:
        super()._copy_parts(copy)
        lines = dict(zip(self.line_ids, copy.line_ids, strict=True))
        for reduction in self.reduction_ids:
            line = reduction.plan_line_id
            reduction.copy({'plan_id': copy.id, 'plan_line_id': lines[line].id if line else False})


class ServicePlanLine(models.Model):
    _inherit = 'service.plan.line'

    def _own_reductions(self):
        """Return the reductions of the plan that this service has."""
        return self.plan_id.reduction_ids.filtered(
            lambda reduction: reduction.plan_line_id == self
            or (not reduction.plan_line_id and self.kind != 'one_time'),
        )

    def _prepare_price_vals(self) -> dict:
        vals = super()._prepare_price_vals()
        own = self._own_reductions()
        return {**vals, 'reduction_ids': [Command.create(item._prepare_copy_vals()) for item in own]}


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    reduction_ids = fields.One2many(
        'service.reduction', 'contract_line_id', "Discounts and bonus rules", copy=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Take from the offer what a form does not show and so does not send: price model, tiers, reductions."""
        offers = self.env['service.plan.line'].browse(
            {vals['plan_line_id'] for vals in vals_list if type(vals.get('plan_line_id')) is int},
        ).exists()
        agreed = {offer.id: offer._prepare_price_vals() for offer in offers}
        kinds = {offer.id: offer.kind for offer in offers}
        return super().create([
            {**agreed[offer_id], **vals} if (offer_id := vals.get('plan_line_id')) in agreed
            and vals.get('kind', 'recurring') == kinds[offer_id] else vals
            for vals in vals_list
        ])

    @api.depends('reduction_ids')
    def _compute_has_price_rules(self):
        super()._compute_has_price_rules()
        for line in self.filtered('reduction_ids'):
            line.has_price_rules = True

    @api.depends('price_changes_on', 'reduction_ids')
    def _compute_recurring_monthly(self):
        """Take off what discounts and loyalty take off today; free periods and rewards come and go."""
        super()._compute_recurring_monthly()
        for line in self:
            if line.reduction_ids and line.recurring_monthly:
                line.recurring_monthly = line.currency_id.round(line.recurring_monthly * (1 - line._standing_part()))

    def _standing_part(self) -> float:
        """Return which part of the price the standing reductions take off today, from 0 to 1."""
        start = self._billing_start()
        return float(self._standing_off(max(self.company_id._service_today(), start))) if start else 0.0

    def _follow_reductions(self) -> None:
        """Let the figures follow a change of reductions."""
        self._follow_price()
        self.modified(['price_changes_on'])

    def _next_price_change(self, today):
        days = [super()._next_price_change(today), self._next_reduction_change(today)]
        return min(filter(None, days), default=None)

    def _missing_for_activation(self) -> list[str]:
        missing = super()._missing_for_activation()
        try:
            self.reduction_ids._reductions(None)
        except RuleError as error:
            missing.append(self.env._("%(service)s: %(problem)s", service=self.display_name, problem=str(error)))
        return missing
