"""Periods to come that a change finds billed already: the old price comes back, the new one is charged."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from odoo import models

from ..rules.billing import Charge, LineTerms, due_charges
from ..rules.periods import Period

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a change credits and charges of the periods that were billed before they began."""

    credits: tuple[tuple[Period, Decimal], ...] = ()
    charge: Decimal = ZERO
    charged: tuple[Period, ...] = ()

    @property
    def credit(self) -> Decimal:
        return sum((amount for _period, amount in self.credits), ZERO)


NOTHING_AHEAD = Ahead()


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _ahead(self, old, new, full: Period, day: date) -> Ahead:
        """Return what exchanging services on a day comes to in the periods after `full`.

        :param new: not saved yet; empty where nothing goes on by the same periods.
        """
        if not old or not (credits := old._billed_ahead(full)):
            return NOTHING_AHEAD
        if not new:
            return Ahead(credits)
        terms = new._billing_terms()
        charges = due_charges(terms, day)
        return Ahead(credits, self._amount_of(new, terms, charges), tuple(charge.period for charge in charges))

    def _amount_of(self, line, terms: LineTerms, charges: list[Charge]) -> Decimal:
        """Return what charges of a service come to, less its reductions."""
        rated = self.env['service.usage.rater']._rate({line: charges}, {line.id: terms})
        parts = self._with_reductions(rated, {line.id: terms})[line]
        return sum((part.amount(self.currency_id.decimal_places) for part in parts), ZERO)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _billed_ahead(self, full: Period) -> tuple[tuple[Period, Decimal], ...]:
        """Return what was charged for each of the periods after one, less what came back of it."""
        self.ensure_one()
        # sudo: what was charged tells what a change costs, whoever asks
        entries_sudo = self.sudo().entry_ids.filtered(
            lambda entry: entry.kind == 'recurring' and entry.state != 'void' and entry.period_start >= full.end)
        settled = self.sudo()._settled_unused() if entries_sudo else {}
        rows = [(Period(entry.period_start, entry.period_end),
                 entry._charged_amount() + sum(settled.get(f'entry:{entry.id}', ()), ZERO)) for entry in entries_sudo]
        return tuple(row for row in rows if row[1])


def after_ahead(terms: LineTerms, ahead: Ahead) -> LineTerms:
    """Return the terms of a new service once the periods billed ahead are charged."""
    return replace(terms, billed=(*terms.billed, *ahead.charged))
