"""Minimum commitments over time: a price revision raises them with the prices, dated, shown before and taken back.

The dated price list of a service carries the commitment with it. Where it changes within the time it is agreed for,
each amount is owed for its share of the days.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models

from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.price_list import RevisedPart

COMMITMENT = 'commitment'


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    revises_commitments = fields.Boolean(
        "Minimum commitments too", default=True,
        help="What customers pay at least in a quarter or year changes as the prices do. Else it stays as agreed.",
    )

    def _commitment_part(self, line, day: date) -> RevisedPart | None:
        """Return the minimum commitment of a service before and after; None if it has none, or it stays."""
        old = line._commitment_at(day) if self.revises_commitments and line.kind == 'usage' else Decimal(0)
        if not old:
            return None
        return RevisedPart(COMMITMENT, None, None, old, self._revise_part(old, line.currency_id.decimal_places))


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _commitment_at(self, day: date) -> Decimal:
        """Return the minimum commitment that holds on a day."""
        return [amount for start, amount in self._commitments() if start <= day][-1]

    def _commitments(self) -> list[tuple[date, Decimal]]:
        """Return the minimum commitments by the day from which each holds, the first one from the beginning."""
        steps = self._list_steps().filtered(lambda step: COMMITMENT in step.price_list) if self.has_price_rules else ()
        dated = [(step.date_start, Decimal(step.price_list[COMMITMENT])) for step in steps]
        first = dated[0][1] if dated else to_decimal(self.commitment_amount)
        return [(date.min, first), *dated]

    def _commitment_over(self, served: Period, span: Period) -> Fraction:
        """Return what is committed for the days served of a span, each amount for its share of the days."""
        starts = self._commitments()
        ends = [start for start, _amount in starts[1:]] + [date.max]
        return sum((
            Fraction(amount) * Fraction(days.days, span.days)
            for (start, amount), end in zip(starts, ends, strict=True)
            if start < end and (days := Period(start, end).intersect(served))
        ), Fraction(0))
