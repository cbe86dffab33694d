"""What a change comes to on the next invoice once prepaid credit had its part: told before it is confirmed."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from odoo import models

from ..rules.billing import CREDIT, due_charges
from ..rules.periods import Period
from .credit_book import UseOfCredit
from .service_change_outcome import Exchange, Outcome
from .service_pending_charge import adjustment_charge

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Billed:
    """What charges of a day come to: in all, what returns to credit and what credit pays of them."""

    amount: Decimal
    returned: Decimal
    used: Decimal


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _credit_figures(self, outcome: Outcome) -> dict:
        """Return what a change adds to the charges of today: in all, returned to prepaid credit, paid by it.

        The charges of today are worked out twice by the pipeline of the billing run, without the change and with it.
        """
        today = self.company_id._service_today()
        if outcome.day > today:
            return {'billed_now': 0.0, 'credit_returned': 0.0, 'credit_used': 0.0}
        before, after = self._billed_on(today), self._billed_on(today, outcome)
        return {
            'billed_now': float(after.amount - before.amount),
            'credit_returned': float(after.returned - before.returned),
            'credit_used': float(after.used - before.used),
        }

    def _billed_on(self, today: date, outcome: Outcome | None = None) -> Billed:
        """Return what a run of today would charge, as if a change had been made."""
        book = UseOfCredit()
        contract = self.with_context(service_credit_book=book)
        charges_by_line = contract._with_credit(contract._charges_on(today, outcome))
        pairs = [(line, charge) for line, charges in charges_by_line.items() for charge in charges]
        digits = self.currency_id.decimal_places
        credits = [charge.amount(digits) for _line, charge in pairs if charge.kind == CREDIT]
        return Billed(
            sum((charge.amount(digits) for _line, charge in pairs), ZERO),
            sum((amount for amount in credits if amount > 0), ZERO),
            -sum((amount for amount in credits if amount < 0), ZERO)
            + sum((Decimal(str(book.paid_for(line, charge))) for line, charge in pairs), ZERO),
        )

    def _charges_on(self, today: date, outcome: Outcome | None) -> dict:
        """Return the charges due today, before credit, as if a change had been made."""
        exchanges = outcome.exchanges if outcome else ()
        terms = self.line_ids._billing_terms_by_line()
        for exchange in exchanges:
            if old := exchange.old:
                end = min(terms[old.id].end or date.max, outcome.day)
                terms[old.id] = replace(terms[old.id], end=end)
        terms |= {exchange.new.id: exchange.new._billing_terms() for exchange in exchanges if exchange.new}
        lines = [*self.line_ids, *(exchange.new for exchange in exchanges if exchange.new)]
        due = {line: charges for line in lines if (charges := due_charges(terms[line.id], today))}
        charges_by_line = defaultdict(list, self._charges_before_credit(due, terms, today, today))
        for exchange in exchanges:
            self._exchange_in(charges_by_line, exchange, outcome.day)
        return charges_by_line

    def _exchange_in(self, charges_by_line: dict, exchange: Exchange, day: date) -> None:
        """Put what an exchange credits and charges among the charges of its day."""
        old, effect = exchange.old, exchange.effect
        parts = [(old, period, -amount, 'pause') for period, amount in exchange.ahead.credits]
        if effect:
            rest = Period(day, exchange.full.end)
            first = old._first_line_on(day) if old else old
            parts += [(first, rest, -effect.credit, 'change'), (exchange.new, rest, effect.charge, 'change')]
            parts += [(line, rest, amount, 'change') for line, amount in self._taken_back_in(charges_by_line, exchange)]
        for line, period, amount, origin in parts:
            if amount:
                evidence = {'origin': origin, 'name': '', 'correction': 0}
                charge = adjustment_charge(line.id, period, day, amount, evidence)
                charges_by_line[line] = [*charges_by_line.get(line, ()), charge]

    def _taken_back_in(self, charges_by_line: dict, exchange: Exchange) -> list[tuple]:
        """Drop what an earlier change of the day put on the next invoice; return what takes back what is billed."""
        back, effect = [], exchange.effect
        if not effect.charge_back and not effect.credit_back:
            return back
        for part, amount in (('charge', -effect.charge_back), ('credit', effect.credit_back)):
            pending_sudo = exchange.old.sudo().change_line_ids[:1]._pending_of(part)  # sudo: as the change itself
            line = self.line_ids.browse(pending_sudo.contract_line_id.id)
            if pending_sudo.state != 'open':
                back.append((line, amount))
                continue
            charges_by_line[line] = [charge for charge in charges_by_line.get(line, ())
                                     if charge.evidence.get('correction') != pending_sudo.id]
        return back
