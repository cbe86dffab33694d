"""Prices in words and numbers: the steps of an amount as people read them on an invoice."""

from decimal import Decimal

from odoo import models
from odoo.tools.misc import format_amount, get_lang

from ..rules.money import round_money
from ..rules.pricing import Step


class ServicePriceWords(models.AbstractModel):
    _name = 'service.price.words'
    _description = "Prices in Words"

    def _step(self, step: Step, unit: str, currency, lang: str | None) -> str:
        """Return one step as a sentence part: “100 min free”, “5 min × 0.10 € (above 10, up to 20)”."""
        env = self.with_context(lang=lang).env
        numbers = {
            'quantity': self._number(step.quantity, lang), 'unit': unit,
            'price': self._money(step.unit_price, currency, lang), 'amount': self._money(step.amount, currency, lang),
            'percent': self._number(step.unit_price * 100, lang),
        }
        text = {
            'free': env._("%(quantity)s %(unit)s free", **numbers),
            'unit': env._("%(quantity)s %(unit)s × %(price)s", **numbers),
            'block': env._("%(quantity)s packages × %(price)s", **numbers),
            'tier': env._("%(quantity)s %(unit)s × %(price)s", **numbers),
            'flat': env._("Flat fee %(price)s", **numbers),
            'step': env._("Step fee %(price)s", **numbers),
            'percent': env._("%(percent)s %% of %(quantity)s", **numbers),
            'event': env._("%(quantity)s events × %(price)s", **numbers),
            'minimum': env._("Raised to the minimum charge by %(price)s", **numbers),
            'maximum': env._("Lowered to the maximum charge by %(price)s", **numbers),
            'true_up': env._("Missing to the minimum commitment %(price)s", **numbers),
            'discount': env._("Discount %(percent)s %% of %(base)s", **numbers,
                              base=self._money(step.quantity, currency, lang)),
            'bonus': f"{step.label or env._('Bonus')} {numbers['price']}",
            'adjustment': env._("Amount %(price)s", **numbers),
        }[step.kind].replace('  ', ' ')  # a service that nothing counts has no unit
        return f'{text} ({bounds})' if (bounds := self._bounds(step, lang)) else text

    def _bounds(self, step: Step, lang: str | None) -> str:
        """Return the tier a step belongs to; empty for a price that has only one."""
        return self._bounds_text(step.above, step.up_to, lang)

    def _bounds_text(self, above: Decimal | None, up_to: Decimal | None, lang: str | None) -> str:
        env = self.with_context(lang=lang).env
        if up_to is not None:
            return env._("above %(above)s, up to %(up_to)s",
                         above=self._number(above or Decimal(0), lang), up_to=self._number(up_to, lang))
        return env._("above %s", self._number(above, lang)) if above else ''

    def _number(self, number: Decimal, lang: str | None) -> str:
        """Return a number as its language writes it, with the decimals it has, at most six."""
        plain = f'{round_money(number, 6):f}'
        digits = len(plain.rstrip('0').partition('.')[2]) if '.' in plain else 0
        language = self.env['res.lang'].browse(get_lang(self.env, lang or None).id)
        return language.format(f'%.{digits}f', float(number), grouping=True)

    def _money(self, amount: Decimal, currency, lang: str | None) -> str:
        """Return an amount in its currency; a price finer than the currency keeps its decimals."""
        if not currency or round_money(amount, currency.decimal_places) != amount:
            number = self._number(amount, lang)
            symbol = currency.symbol or ''
            return f'{symbol}\N{NO-BREAK SPACE}{number}' if currency.position == 'before' else (
                f'{number}\N{NO-BREAK SPACE}{symbol}').rstrip('\N{NO-BREAK SPACE}')
        return format_amount(self.env, float(amount), currency, lang_code=lang or None)
