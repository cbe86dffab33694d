"""How a service is priced: its price model with tiers, free quota and limits, and the curve that draws it."""

from decimal import Decimal

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.errors import RuleError
from ..rules.pricing import TIERED, PriceModel, price, price_cliffs, price_curve

PRICE_FIELDS = (
    'meter_id', 'price_model', 'block', 'free_quantity', 'event_price', 'free_events', 'minimum_charge',
    'maximum_charge', 'flat_at_zero', 'prorates_limits', 'commitment_amount', 'commitment_count', 'commitment_unit',
)
"""What a plan hands on to a contract, besides the tiers."""
AMOUNTS = ('block', 'free_quantity', 'event_price', 'minimum_charge', 'maximum_charge', 'commitment_amount')
LIMIT = 10**12
CURVE_WIDTH, CURVE_HEIGHT = 480, 180


class ServicePriceMixin(models.AbstractModel):
    _name = 'service.price.mixin'
    _description = "Price Model"
    _inherit = ['service.input.mixin']

    meter_id = fields.Many2one(
        'service.meter', "Meter", ondelete='restrict', check_company=True, index='btree_not_null',
        help="What counts the usage of this service.",
    )
    price_model = fields.Selection(
        [
            ('per_unit', "Per unit"),
            ('flat', "Flat"),
            ('package', "Per package begun"),
            ('percentage', "Percentage of an amount"),
            ('graduated', "Graduated: each unit at the price of its tier"),
            ('volume', "Volume: all units at the price of the tier reached"),
            ('graduated_percentage', "Graduated percentage of an amount"),
            ('stairstep', "Stairstep: the fee of the step reached"),
            ('stairstep_sum', "Stairstep: the fees of all steps up to the quantity, added up"),
        ],
        "Price model", default='per_unit', required=True,
    )
    block = fields.Float(
        "Counted in blocks of", help="Each block begun counts as a whole one; tiers then count blocks. 0: no blocks.",
    )
    free_quantity = fields.Float("Free quantity", help="Costs nothing in each period, taken off before any tier.")
    event_price = fields.Float("Price per event", help="On top of a percentage, for each record above the free ones.")
    free_events = fields.Integer("Free events")
    minimum_charge = fields.Float("Minimum charge", help="Of a whole period, without tax. 0: none.")
    maximum_charge = fields.Float("Maximum charge", help="Of a whole period, without tax. 0: none.")
    flat_at_zero = fields.Boolean(
        "Flat fees without use", default=True,
        help="A flat price, and the fee of the first tier, is owed also in a period without any use.",
    )
    prorates_limits = fields.Boolean(
        "Short periods shrink quota and limits",
        help="A period in which the service did not run from the first day to the last has its share of the free "
             "quantity, minimum and maximum.",
    )
    commitment_amount = fields.Float(
        "Minimum commitment", help="The customer pays at least this amount in the time given, without tax; what is "
                                   "missing is charged with the last period of that time. 0: none.",
    )
    commitment_count = fields.Integer("Commitment for", default=1, required=True)
    commitment_unit = fields.Selection(
        [('month', "Months"), ('quarter', "Quarters"), ('half_year', "Half-years"), ('year', "Years")],
        "Commitment unit", default='year', required=True,
    )
    price_curve_html = fields.Html("Price curve", compute='_compute_price_curve_html', sanitize=False)

    # PostgreSQL takes NaN for greater than every number, so the upper bounds keep it and infinity out.
    _price_numbers_in_range = models.Constraint(
        f'''CHECK (LEAST(block, free_quantity, event_price, minimum_charge, maximum_charge, commitment_amount) >= 0
               AND GREATEST(block, free_quantity, event_price, minimum_charge, maximum_charge, commitment_amount)
                   < {LIMIT} AND free_events >= 0)''',
        "Quotas, blocks, limits and fees are numbers from 0 up to one million million.",
    )
    _commitment_count_positive = models.Constraint(
        'CHECK (commitment_count BETWEEN 1 AND 1000)',
        "A commitment lasts from 1 to 1000 months, quarters, half-years or years.",
    )

    # === CONSTRAINTS === #

    @api.constrains('kind', 'price_model', 'price_unit', 'tier_ids', 'meter_id', 'free_events', *AMOUNTS)
    def _check_price_model(self):
        for item in self:
            if item.kind == 'usage' and not item.meter_id:
                raise ValidationError(self.env._(
                    "%(service)s is billed by usage: choose the meter that counts it.", service=item.display_name,
                ))
            if item.kind != 'usage' and item.meter_id:
                raise ValidationError(self.env._(
                    "%(service)s has a meter, so its kind must be “Usage”.", service=item.display_name,
                ))
            if not item._is_rated():
                continue
            try:
                item._price_model()
            except RuleError as error:
                raise ValidationError(self.env._(
                    "%(service)s: %(problem)s.", service=item.display_name, problem=str(error),
                )) from error

    # === COMPUTE === #

    @api.depends('kind', 'price_model', 'price_unit', 'flat_at_zero', 'free_events', 'currency_id', 'tier_ids.up_to',
                 'tier_ids.price_unit', 'tier_ids.flat_fee', *AMOUNTS)
    def _compute_price_curve_html(self):
        for item in self:
            item.price_curve_html = item._is_rated() and item._draw_price_curve()

    def _draw_price_curve(self) -> Markup:
        """Return the curve with a warning at each cliff; while the tiers are being typed, what is missing."""
        try:
            model = self._price_model()
        except RuleError as error:
            return Markup('<p class="text-muted">%s</p>') % str(error)
        up_to = _curve_end(model)
        points = price_curve(model, up_to)
        highest = max(amount for _quantity, amount in points) or Decimal(1)
        return self.env['ir.qweb']._render('service_contracts.price_curve', {
            'points': ' '.join(_place(quantity / up_to, amount / highest) for quantity, amount in points),
            'width': CURVE_WIDTH, 'height': CURVE_HEIGHT,
            'up_to': self._number_text(up_to), 'highest': self._money_text(highest),
            'cliffs': [self._cliff_text(cliff) for cliff in price_cliffs(model)],
        })

    def _cliff_text(self, cliff) -> str:
        return self.env._(
            "%(quantity)s cost %(amount)s, but one more makes it only %(next_amount)s.",
            quantity=self._number_text(cliff.quantity), amount=self._money_text(cliff.amount),
            next_amount=self._money_text(cliff.next_amount),
        )

    def _number_text(self, number: Decimal) -> str:
        return self.env['service.price.words']._number(number, self.env.lang)

    def _money_text(self, amount: Decimal) -> str:
        return self.env['service.price.words']._money(amount, self.currency_id, self.env.lang)

    # === BUSINESS === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'free_events': (0, 10**9), 'commitment_count': (1, 1000),
                **dict.fromkeys(AMOUNTS, (0, LIMIT))}

    def _is_rated(self) -> bool:
        """Tell whether the amount comes from a price model, more than quantity × price."""
        self.ensure_one()
        return self.kind == 'usage' or self.price_model != 'per_unit' or any(self[name] for name in AMOUNTS)

    def _price_model(self) -> PriceModel:
        """Return the price as the rules know it.

        :raises RuleError: for numbers that make no price together.
        """
        self.ensure_one()
        return PriceModel(
            self.price_model,
            unit_price=_decimal(self.price_unit),
            tiers=tuple(tier._tier() for tier in self._sorted_tiers()) if self.price_model in TIERED else (),
            block=_decimal(self.block) if self.block else None,
            free_quantity=_decimal(self.free_quantity),
            event_price=_decimal(self.event_price),
            free_events=self.free_events,
            minimum=_decimal(self.minimum_charge) if self.minimum_charge else None,
            maximum=_decimal(self.maximum_charge) if self.maximum_charge else None,
            flat_at_zero=self.flat_at_zero,
        )

    def _sorted_tiers(self):
        """Return the tiers by their bounds; the one without comes last."""
        return self.tier_ids.sorted(lambda tier: (not tier.up_to, tier.up_to))

    def _fixed_amount(self) -> Decimal:
        """Return what is known before anything is measured: the price of the contracted quantity, or of no use."""
        quantity = Decimal(0) if self.kind == 'usage' else _decimal(self.quantity)
        try:
            amount = price(self._price_model(), quantity).amount
        except RuleError:
            return Decimal(0)
        return amount * (1 - _decimal(self.discount) / 100)

    def _prepare_price_vals(self) -> dict:
        """Return the price model as values for a contract line."""
        self.ensure_one()
        return {
            **{name: self._input_value(name) for name in PRICE_FIELDS},
            'tier_ids': [fields.Command.create(tier._prepare_copy_vals()) for tier in self._sorted_tiers()],
        }


def _curve_end(model: PriceModel) -> Decimal:
    """Return a quantity that lets all bounds be seen."""
    bounds = [tier.upper for tier in model.tiers if tier.upper is not None]
    highest = max(bounds, default=Decimal(0)) * (model.block or 1) + model.free_quantity
    return highest * Decimal('1.4') or (model.block or Decimal(1)) * 10


def _place(along: Decimal, up: Decimal) -> str:
    return f'{float(along) * CURVE_WIDTH:.1f},{CURVE_HEIGHT - float(up) * CURVE_HEIGHT:.1f}'


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
