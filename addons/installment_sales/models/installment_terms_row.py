"""Own dates and amounts, of terms or of one sale."""

from decimal import Decimal

from odoo import fields, models
from odoo.addons.service_contracts.rules.money import round_money, to_decimal
from odoo.addons.service_contracts.rules.periods import Interval

from ..rules.errors import OfferError


class InstallmentTermsRow(models.Model):
    _name = 'installment.terms.row'
    _description = "Own Installment"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'

    terms_id = fields.Many2one('installment.terms', ondelete='cascade', index='btree_not_null')
    order_id = fields.Many2one('sale.order', ondelete='cascade', index='btree_not_null')
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [('amount', "Amount"), ('percent', "Percent"), ('rest', "Rest")], required=True, default='amount',
    )
    value = fields.Float(digits=(16, 4), help="The amount, or the percent of what is financed.")
    date = fields.Date(help="Empty: counted from the sale.")
    delay_count = fields.Integer("After", default=1)
    delay_unit = fields.Selection(
        [('day', "Days"), ('week', "Weeks"), ('month', "Months"), ('year', "Years")], default='month',
    )

    _belongs_to_one = models.Constraint(
        'CHECK (num_nonnulls(terms_id, order_id) = 1)',
        "An own installment belongs to terms or to one sale.",
    )
    _value_in_range = models.Constraint(
        "CHECK (value >= 0 AND delay_count BETWEEN 0 AND 1000)", "Amounts and delays cannot be negative.",
    )

    def _amounts(self, financed: Decimal, digits: int) -> tuple[Decimal, ...]:
        """Return the amounts of the rows; those that take the rest share what the others leave."""
        amounts = [row._amount(financed, digits) for row in self]
        rests = self.filtered(lambda row: row.kind == 'rest')
        if len(rests) > 1:
            raise OfferError('several_rests')
        if rests:
            amounts[list(self).index(rests)] = financed - sum(amounts)
        return tuple(amounts)

    def _amount(self, financed: Decimal, digits: int) -> Decimal:
        if self.kind == 'rest':
            return Decimal(0)
        value = to_decimal(self.value)
        return round_money(financed * value / 100 if self.kind == 'percent' else value, digits)

    def _dates(self, start: date) -> list[date]:
        return [row.date or row._delayed(start) for row in self]

    def _delayed(self, start: date) -> date:
        if not self.delay_count:
            return start
        return Interval(self.delay_count, self.delay_unit or 'month').plus(start)
