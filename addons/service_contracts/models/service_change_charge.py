"""Credit and charge of a change on the next invoice, and what takes back those of an earlier one on the same day."""

from datetime import date
from decimal import Decimal

from odoo import models

from ..rules.changes import ChangeEffect
from ..rules.periods import Period


class ServiceContractChangeLine(models.Model):
    _inherit = 'service.contract.change.line'

    def _propose_charges(self, effect: ChangeEffect, full: Period) -> None:
        """Put credit and charge on the next invoice; what an earlier change of the same day did is taken back."""
        self.ensure_one()
        earlier = self.old_line_id.change_line_ids[:1] if effect.charge_back or effect.credit_back else self.browse()
        taken_back = earlier._take_back_charges(self, effect, full)
        first = self.old_line_id._first_line_on(effect.on)
        self.env['service.pending.charge']._propose([*taken_back, *filter(None, (
            self._prepare_pending('credit', first, -effect.credit, effect, full),
            self._prepare_pending('charge', self.new_line_id, effect.charge, effect, full),
        ))])

    def _take_back_charges(self, later, effect: ChangeEffect, full: Period) -> list[dict]:
        """Cancel what this change put on the next invoice; return what takes back the part billed already."""
        back = []
        for part, amount in (('charge', -effect.charge_back), ('credit', effect.credit_back)):
            pending = self._pending_of(part)
            if pending.state == 'open':
                pending._cancel(self.env._("Changed again on the same day"))
            elif amount:
                back.append(later._prepare_pending(f'{part}-back', pending.contract_line_id, amount, effect, full))
        return back

    def _pending_of(self, part: str):
        return self.env['service.pending.charge'].search([('key', '=', self._pending_key(part))])

    def _pending_key(self, part: str) -> str:
        return f'change:{self.id}:{part}'

    def _prepare_pending(self, part: str, line, amount: Decimal, effect: ChangeEffect, full: Period) -> dict | None:
        if not amount:
            return None
        change, rest = self.change_id, Period(effect.on, full.end)
        env = self.with_context(lang=change.contract_id.partner_invoice_id.lang).env
        price = effect.before.price if amount < 0 else effect.after.price
        text = env._("Credit for what is left: %s", line._portal_name()) if amount < 0 else env._(
            "Rest of the period: %s", line._portal_name(),
        )
        money = change.currency_id.with_env(env).format
        return {
            'key': self._pending_key(part), 'contract_line_id': line.id, 'origin': 'change', 'name': text,
            'charge_date': effect.on, 'period_start': rest.start, 'period_end': rest.end, 'amount': float(amount),
            'explanation': {'rows': [
                {'label': env._("Change"), 'text': change.summary},
                {'label': env._("Price of a period"), 'text': money(float(price))},
                {'label': env._("Days left"), 'text': f'{rest.days}/{full.days}'},
            ]},
        }


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _first_line_on(self, day: date):
        """Return the service that ran when a day began, before all changes of that day that led to this one."""
        line, step = self, self.sudo().change_line_ids[:1]  # sudo: changes are followed, whoever looks
        while step.effect and step.effect['on'] == str(day) and step.old_line_id:
            line, step = self.browse(step.old_line_id.id), step.old_line_id.change_line_ids[:1]
        return line
