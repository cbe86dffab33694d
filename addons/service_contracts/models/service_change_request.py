"""The change that is made of a wish, once: its document, and the services that end and begin."""

from datetime import date, timedelta

from odoo import models
from odoo.tools import format_date

from .service_change_outcome import Exchange, Outcome
from .service_change_wish import Wish
from .service_contract_line_change import effect_to_json
from .service_gate import SERVICE_GATE

ONE_DAY = timedelta(days=1)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _request_change(self, wish: Wish, key: str | None = None) -> dict:
        """Make the change that a wish asks for, unless the key says that it was made already."""
        self.ensure_one()
        self.check_access('write')
        self._claim_for_edit()
        if key and (known := self._known_change(key)):
            return known
        change = self._make_change(self._outcome(wish), key)
        return {**change._prepare_answer(), 'when': change.when, 'created': True}

    def _make_change(self, outcome: Outcome, key: str | None = None):
        """Write a change: its document, the services, what it credits and charges, periods billed ahead included."""
        # sudo: documents and pending charges are made by changes only, nobody writes them by hand
        change_sudo = self.env['service.contract.change'].sudo().create({
            'contract_id': self.id, 'key': key, 'user_id': self.env.uid, 'reason': outcome.wish.reason,
            'plan_from_id': self.plan_id.id, 'plan_id': outcome.wish.plan.id,
            'plan_interval_id': outcome.wish.interval.id if outcome.wish.interval else False,
            'when': outcome.when, 'date_effective': outcome.day, **outcome.figures,
        })
        for exchange in outcome.exchanges:
            self._carry_out(change_sudo, exchange, outcome.day)
        self._settle_unused()
        if outcome.day <= max(self.company_id._service_today(), self.date_start):
            change_sudo._take_effect()
        else:
            self._log_event('change_requested', outcome.figures['summary'], outcome.day)
            self._log_note(self.env._(
                "Change from %(day)s: %(summary)s", day=format_date(self.env, outcome.day),
                summary=outcome.figures['summary'],
            ))
        return change_sudo.with_user(self.env.user).sudo(self.env.su)

    def _carry_out(self, change_sudo, exchange: Exchange, day: date) -> None:
        """End the old service on the day before, begin the new one, and propose what both cost."""
        old, effect = exchange.old, exchange.effect
        last_day = old.date_end
        new = old.create(exchange.vals) if exchange.vals is not None else old.browse()
        if last_day and new:
            new.date_end = last_day
        if old:
            old.with_context(service_gate=SERVICE_GATE).write({'date_end': max(day, old._service_start()) - ONE_DAY})
        step_sudo = change_sudo.env['service.contract.change.line'].create({
            'change_id': change_sudo.id, 'old_line_id': old.id, 'new_line_id': new.id, 'old_date_end': last_day,
            'credit': float(exchange.credit), 'charge': float(exchange.charge),
            'net': float(exchange.charge - exchange.credit),
            'effect': effect and effect_to_json(effect, exchange.full),
        })
        if effect:
            step_sudo._propose_charges(effect, exchange.full)
