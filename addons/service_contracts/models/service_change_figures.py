"""What the customer is told before agreeing to a change: what is paid now, next time and each month."""

from datetime import date

from odoo import models

from ..rules.billing import due_charges, next_due
from ..rules.changes import ZERO
from .service_change_ahead import after_ahead
from .service_change_outcome import Exchange
from .service_change_wish import Wish


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _change_figures(self, wish: Wish, exchanges: tuple[Exchange, ...]) -> dict:
        """Return what the customer is told before agreeing."""
        credit = float(sum((item.credit for item in exchanges), ZERO))
        charge = float(sum((item.charge for item in exchanges), ZERO))
        first_day, first_amount = self._first_charge([item for item in exchanges if item.new])
        before = self.recurring_monthly
        after = before + sum(item.new.recurring_monthly for item in exchanges if item.new)
        after -= sum(item.old.recurring_monthly for item in exchanges)
        return {
            'summary': self._change_summary(wish, exchanges),
            'credit': credit, 'charge': charge, 'net': self.currency_id.round(charge - credit),
            'first_charge_date': first_day, 'first_charge_amount': first_amount,
            'monthly_before': before, 'monthly_after': self.currency_id.round(after),
        }

    def _first_charge(self, exchanges: list[Exchange]) -> tuple[date | bool, float]:
        """Return when the new services are charged regularly for the first time, and how much."""
        amounts = {}
        for exchange in exchanges:
            line = exchange.new
            terms = after_ahead(line._billing_terms(), exchange.ahead)
            day = next_due(terms)[1]
            if not day or line.kind == 'usage':
                continue
            if amount := self._amount_of(line, terms, due_charges(terms, day, 1)):
                amounts[day] = amounts.get(day, ZERO) + amount
        first = min(amounts, default=False)
        return first, float(amounts.get(first, ZERO))

    def _change_summary(self, wish: Wish, exchanges: tuple[Exchange, ...]) -> str:
        if wish.plan:
            return self._plan_summary(wish)
        return ', '.join(f'{(item.new or item.old)._service_name()}: {self._changed_words(item)}' for item in exchanges)

    def _changed_words(self, item: Exchange) -> str:
        """Return what is other in a service than before: how many, and the price that was agreed anew."""
        old, new, money = item.old, item.new, self.currency_id.format
        prices = ''
        if old and new and old.price_unit != new.price_unit:
            prices = f'{money(old.price_unit)} → {money(new.price_unit)}'
        if prices and old.quantity == new.quantity:
            return prices
        return ', '.join(filter(None, (f'{old.quantity or 0:g} → {new.quantity or 0:g}', prices)))
