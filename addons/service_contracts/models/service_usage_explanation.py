"""How a charge came about: kept with the ledger, told in words and numbers, and calculated again from what was kept."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models
from odoo.tools.misc import format_date

from ..rules.billing import BESIDE, USAGE_KINDS, Charge
from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.pricing import Rated, recompute, steps_from_json, steps_to_json
from ..rules.usage import Moments


def explanation_of(charge: Charge, digits: int) -> dict:
    """Return all that gives the amount of a charge again, as plain texts that JSON keeps without loss."""
    kept = {
        'full_period': [str(charge.full_period.start), str(charge.full_period.end)],
        'share': str(charge.share), 'quantity': str(charge.quantity), 'price_unit': str(charge.price_unit),
        'discount': str(charge.discount), 'digits': digits, 'amount': str(charge.amount(digits)),
        **charge.evidence,
    }
    if charge.rated:
        kept |= {'steps': steps_to_json(charge.rated.steps), 'units': str(charge.rated.units)}
    if charge.charged:
        kept['charged'] = [str(amount) for amount in charge.charged]
    return kept


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    explanation_html = fields.Html("How it came about", compute='_compute_explanation_html', sanitize=False)

    def _compute_explanation_html(self):
        for entry in self:
            entry.explanation_html = self.env['ir.qweb']._render('service_contracts.charge_explanation', {
                'entry': entry, 'rows': entry._explanation_rows(),
            })

    def _explanation_rows(self) -> list[dict]:
        """Return the way from records to amount, a ``label`` and a ``text`` for each step."""
        self.ensure_one()
        kept = self.explanation or {}
        if 'amount' not in kept:
            return []
        charge = self._kept_charge()
        rows = self.contract_line_id._explanation_rows(charge, self.env.lang)
        if self.move_line_id:
            # sudo: the customer reads the tax of the own invoice
            line_sudo = self.sudo().move_line_id
            rows.append({
                'label': self.env._("Tax"),
                'text': self.currency_id.format(line_sudo.price_total - line_sudo.price_subtotal),
            })
        return rows

    def _has_explanation(self) -> bool:
        """Tell whether more led to the amount than quantity, price and days."""
        kept = self.explanation or {}
        return bool(kept.get('rows')) if self.kind in BESIDE else 'steps' in kept

    def _recomputed_amount(self) -> Decimal:
        """Return the amount of the charge, before tax is added or taken out, from what the ledger kept alone."""
        return self._kept_charge().amount(self.explanation['digits'])

    def _kept_charge(self) -> Charge:
        """Return the charge as it was decided; amounts of its steps are worked out again."""
        self.ensure_one()
        kept = self.explanation
        rated = None
        if 'steps' in kept:
            steps = self._steps()
            rated = Rated(Decimal(kept['quantity']), Decimal(kept['units']), recompute(steps), steps)
        return Charge(
            self.contract_line_id.id, self.kind, Period(self.period_start, self.period_end), self._full_period(),
            self.charge_date, Fraction(kept['share']), Decimal(kept['quantity']), Decimal(kept['price_unit']),
            Decimal(kept['discount']), rated, tuple(map(Decimal, kept.get('charged', ()))), kept,
        )

    def _steps(self) -> tuple:
        return steps_from_json(self.explanation['steps'])

    def _full_period(self) -> Period:
        start, end = self.explanation['full_period']
        return Period(date.fromisoformat(start), date.fromisoformat(end))

    def _moments(self) -> Moments:
        return Moments(*(datetime.fromisoformat(self.explanation[name]) for name in ('from', 'until')))

    def _charged_amount(self) -> Decimal:
        """Return the amount before tax is added or taken out, as the invoice line has it."""
        kept = (self.explanation or {}).get('amount')
        return Decimal(kept) if kept else to_decimal(self.amount_untaxed)

    def _with_corrections(self):
        """Return the charge of a period with all that corrected it, void ones too."""
        self.ensure_one()
        return self | self.search([
            ('contract_line_id', '=', self.contract_line_id.id), ('period_start', '=', self.period_start),
            ('kind', '=', 'late_usage'),
        ])

    def _reopen_late_usage(self) -> None:
        """Let late usage be settled anew, because the charge that settled it is void."""
        Record = self.env['service.usage.record']
        for entry in self:
            moments = entry._moments()
            self.env.cr.execute(
                """UPDATE service_usage_record SET late_state = 'open'
                    WHERE contract_line_id = %s AND moment >= %s AND moment < %s AND late_state = 'settled'""",
                (entry.contract_line_id.id, moments.start, moments.end),
            )
        Record.invalidate_model(['late_state'], flush=False)
        Record._announce_late(set(self.contract_line_id.ids))


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _explain(self, charge: Charge, lang: str | None) -> list[str]:
        """Return how a rated charge came about, in the lines of an invoice."""
        steps, bonus = [], []
        for step in charge.rated.steps:
            text = self.env['service.price.words']._step(step, self._unit(lang, step.quantity), self.currency_id, lang)
            (bonus if step.kind == 'bonus' else steps).append(text)
        priced = ' + '.join(steps)
        if 'price' in charge.evidence or not priced:  # a price model made the amount of a quantity
            priced = ': '.join(filter(None, (self._quantity_text(charge, lang), priced)))
        share, charged = self._share_line(charge, lang), self._charged_line(charge, lang)
        return [priced, *bonus, *filter(None, (share, charged))]

    def _explanation_rows(self, charge: Charge, lang: str | None) -> list[dict]:
        """Return the way from records to amount in rows of a label and a text."""
        env, words = self.with_context(lang=lang).env, self.env['service.price.words']
        amount = charge.amount(self.currency_id.decimal_places)
        money = [(env._("Amount"), words._money(amount, self.currency_id, lang))]
        if charge.kind in BESIDE:
            return [*charge.evidence.get('rows', ()), {'label': money[0][0], 'text': money[0][1]}]
        if not charge.rated:
            price = words._money(charge.price_unit, self.currency_id, lang)
            steps = [(env._("Price"), f'{words._number(charge.quantity, lang)} × {price}')]
            if charge.discount:
                steps.append((env._("Discount"), f'{words._number(charge.discount, lang)} %'))
        else:
            steps = [(env._("Quantity"), self._quantity_text(charge, lang))]
            steps += [
                (env._("Price"), f'{words._step(step, self._unit(lang, step.quantity), self.currency_id, lang)} = '
                                 f'{words._money(step.amount, self.currency_id, lang)}')
                for step in charge.rated.steps
            ]
        steps += [
            (env._("Period"), self._share_line(charge, lang)), (env._("Before"), self._charged_line(charge, lang)),
        ]
        records = [(env._("Records"), self._records_text(charge, lang))] if charge.kind in USAGE_KINDS else []
        quota = [(env._("Quota"), self._quota_text(charge, lang))]
        return [{'label': label, 'text': text} for label, text in (*records, *quota, *steps, *money) if text]

    def _unit(self, lang: str | None, quantity: float | Decimal) -> str:
        return self.with_context(lang=lang).meter_id._unit_of(quantity)

    def _quantity_text(self, charge: Charge, lang: str | None) -> str:
        number = self.env['service.price.words']._number(charge.quantity, lang)
        return f'{number} {self._unit(lang, charge.quantity)}'.rstrip()

    def _records_text(self, charge: Charge, lang: str | None) -> str:
        meter = self.with_context(lang=lang).meter_id
        aggregations = dict(meter._fields['aggregation']._description_selection(meter.env))
        how = aggregations.get(charge.evidence.get('aggregation'))
        return meter.env._("%(count)s records of %(meter)s (%(how)s)",
                           count=charge.evidence.get('records', 0), meter=meter.name, how=how)

    def _quota_text(self, charge: Charge, lang: str | None) -> str:
        """Return what of the quota came from which period."""
        words = self.env['service.price.words']
        return ', '.join(
            self.with_context(lang=lang).env._(
                "%(quantity)s of %(day)s", quantity=words._number(Decimal(left), lang),
                day=format_date(self.env, granted, lang_code=lang),
            ) for granted, _expires, left in charge.evidence.get('quota', ())
        )

    def _share_line(self, charge: Charge, lang: str | None) -> str:
        if charge.share == 1 or charge.kind in USAGE_KINDS:
            return ''
        full = charge.full_period
        return self.with_context(lang=lang).env._(
            "%(share)s of the period %(start)s to %(last_day)s", share=charge.share,
            start=format_date(self.env, full.start, lang_code=lang),
            last_day=format_date(self.env, full.last_day, lang_code=lang),
        )

    def _charged_line(self, charge: Charge, lang: str | None) -> str:
        if not charge.charged:
            return ''
        return self.with_context(lang=lang).env._(
            "Charged before: %s",
            self.env['service.price.words']._money(sum(charge.charged), self.currency_id, lang),
        )
