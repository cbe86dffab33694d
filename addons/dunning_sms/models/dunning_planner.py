"""Plans the day: gathers facts of a batch of customers, lets the rules decide, writes notices and their messages."""

from __future__ import annotations

from odoo import fields, models

from ..rules.calendar import ContactRule, local
from ..rules.decision import Customer, Decision, decide
from .dunning_gatherer import Facts


class DunningPlanner(models.AbstractModel):
    _name = 'dunning.planner'
    _description = "Reminder Planner"

    def _decide(self, company, partner_ids: list[int], now=None, ignoring=()) -> dict[int, tuple[Facts, Decision]]:
        """Return the facts of customers and what they get, without writing anything.

        Each is decided for its own moment: now, or where the day is over already, the next open hour.
        """
        now = now or fields.Datetime.now()
        facts = self.env['dunning.gatherer']._facts(company, partner_ids, now, ignoring)
        return {
            partner_id: (found, decide(found.customer, found.policy, found.moment))
            for partner_id, found in facts.items()
        }

    def _plan(self, company, partner_ids: list[int], run=None, now=None):
        """Write the notices of a batch of customers; return them and how many customers got nothing for what reason."""
        now = now or fields.Datetime.now()
        decided = self._decide(company, partner_ids, now)
        reasons: dict[str, int] = {}
        wanted = []
        for facts, decision in decided.values():
            if decision.reason:
                reasons[decision.reason] = reasons.get(decision.reason, 0) + 1
            else:
                wanted.append((facts, decision))
        return self.env['dunning.writer']._write_notices(company, wanted, now, run), reasons

    # === CHECK AGAIN === #

    def _still_holds(self, notices, now) -> dict[int, str]:
        """Return for planned notices that no longer hold why: `paid`, `changed`, `stale` or `blocked`.

        Nothing goes out for what was paid, disputed or promised a minute ago: the decision is made anew
        from what the database says now, as if the notice did not exist.
        """
        result = {}
        for company, of_company in notices.filtered(lambda notice: notice.kind == 'reminder').grouped(
            'company_id',
        ).items():
            facts = self.env['dunning.gatherer']._facts(company, of_company.partner_id.ids, now, of_company.ids)
            for notice in of_company:
                found = facts[notice.partner_id.id]
                decision = decide(_whenever(found.customer), found.policy, now)
                reason = self._why_not(notice, decision, found, now)
                if reason:
                    result[notice.id] = reason
        return result

    def _why_not(self, notice, decision, facts, now) -> str | None:
        today = local(now, facts.customer.zone).date()
        if facts.customer.blocked:
            return 'blocked'
        if notice.date != today:
            return 'stale'
        if decision.reason in ('nothing_open', 'covered'):
            return 'paid'
        return None if decision.fingerprint == notice.fingerprint else 'changed'

    # === FALLBACK === #

    def _queue_fallback(self, delivery) -> None:
        """Queue the next channel of the step that was not tried yet and can be used."""
        notice = delivery.notice_id
        if notice.state == 'cancelled' or notice.delivery_ids.filtered(
            lambda other: other.state in ('sent', 'delivered', 'sending', 'unclear', 'queued')
        ):
            return
        now = fields.Datetime.now()
        facts = self.env['dunning.gatherer']._facts(
            notice.company_id, notice.partner_id.ids, now, notice.ids,
        )[notice.partner_id.id]
        tried = set(notice.delivery_ids.mapped('channel'))
        for route in notice.step_id.route_ids:
            if route.channel not in tried and route.is_fallback and route.channel not in facts.customer.barred:
                self.env['dunning.writer']._write_fallback(notice, route, facts, now)
                return


def _whenever(customer: Customer) -> Customer:
    """Return the customer without hours, caps and barred channels: the sender checks those for each message."""
    return Customer(
        customer.items, customer.zone, ContactRule(channels=frozenset()), (), customer.blocked,
    )

