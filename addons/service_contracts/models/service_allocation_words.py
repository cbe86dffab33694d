"""How a share of costs came about, in words and numbers that its beneficiary can follow."""

from fractions import Fraction

from odoo import models
from odoo.tools.misc import format_date

from ..rules.money import round_fraction


class ServiceAllocationWords(models.AbstractModel):
    _name = 'service.allocation.words'
    _description = "Shares of Costs in Words"

    def _rows(self, line) -> list[dict]:
        """Return the steps from the cost of the group to what a beneficiary pays."""
        kept, currency = line.explanation or {}, line.currency_id
        rows = [(self.env._("Period"), self._period(line, kept))]
        for item in kept.get('items', ()):
            rows += [(item['name'], self._part(item, part, currency)) for part in item['parts'] if part['pool'] != '0']
        rows.append((self.env._("Share"), self._money(line.cost, currency)))
        if kept.get('advances'):
            rows.append((self.env._("Paid in advance"), self.env._(
                "%(amount)s by %(count)s charges billed from %(start)s to %(last_day)s",
                amount=self._money(line.advance, currency), count=len(kept['advances']),
                start=self._date(kept['advances'][0]['start']), last_day=self._date(kept['advances'][-1]['last_day']),
            )))
        if line.booked or kept.get('adjusts'):
            rows.append((self.env._("Charged before"), self._money(line.booked, currency)))
        if line.amount < 0:
            rows.append((self.env._("You get back"), self._money(-line.amount, currency)))
        else:
            rows.append((self.env._("To pay"), self._money(line.amount, currency)))
        return [{'label': label, 'text': text} for label, text in rows]

    def _period(self, line, kept: dict) -> str:
        span = self.env._("%(start)s to %(last_day)s", start=self._date(line.date_from),
                          last_day=self._date(line.date_to))
        if kept.get('days') == kept.get('full_days'):
            return span
        return self.env._("%(span)s, %(days)s of %(full)s days", span=span, days=kept['days'], full=kept['full_days'])

    def _part(self, item: dict, part: dict, currency) -> str:
        """Return one part: “70 % of 12,000.00 € by consumption: 8,400.00 € × 500 of 10,000 kWh = 420.00 €”."""
        numbers = {
            'pool': self._money(part['pool'], currency), 'amount': self._money(part['amount'], currency),
            'percent': self._number(part['percent']), 'whole': self._money(item['amount'], currency),
            'how': self._how(item, part), 'weight': self._weight(item, part), 'total': self._total(item, part),
        }
        if part['percent'] == '100':
            return self.env._("%(pool)s %(how)s: %(weight)s of %(total)s = %(amount)s", **numbers)
        return self.env._(
            "%(percent)s %% of %(whole)s %(how)s: %(pool)s × %(weight)s of %(total)s = %(amount)s", **numbers,
        )

    def _how(self, item: dict, part: dict) -> str:
        if part['basis'] == 'consumption':
            estimated = item['estimated']
            return self.env._("by consumption (estimated)") if estimated else self.env._("by consumption")
        label = {
            'area': self.env._("by area"), 'persons': self.env._("by persons"),
            'thousandths': self.env._("by thousandths"), 'unit': self.env._("in equal parts"),
        }[item['basis']]
        return self.env._("%s, for want of readings", label) if part['kind'] == 'consumption' else label

    def _weight(self, item: dict, part: dict) -> str:
        if part['basis'] == 'consumption' or item['held'] == '1':
            return self._number(part['weight'])
        days = self.env._("%(days)s/%(full)s days", days=item['days'], full=item['full_days'])
        return f"{self._number(item['share'])} × {days}"

    def _total(self, item: dict, part: dict) -> str:
        measure = item['unit'] if part['basis'] == 'consumption' else {
            'area': self.env._("m²"), 'persons': self.env._("persons"), 'thousandths': self.env._("thousandths"),
            'unit': self.env._("units"),
        }[item['basis']]
        return f"{self._number(part['total'])} {measure or ''}".rstrip()

    def _number(self, text: str) -> str:
        number = round_fraction(Fraction(text), 6)
        return self.env['service.price.words']._number(number, self.env.lang)

    def _money(self, amount, currency) -> str:
        return currency.format(float(amount))

    def _date(self, day) -> str:
        return format_date(self.env, day)
