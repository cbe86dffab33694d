"""Days paid in advance and not served, in a pause or after the end: given back once, by the rule of the plan."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from odoo import fields, models
from odoo.fields import Domain

from ..rules.periods import Period
from ..rules.unused import early_credit, early_stops, unused_credit

ONE_DAY = timedelta(days=1)
RULE_SELECTION = [('none', "Stay paid"), ('day', "Are given back by day")]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Paid:
    """An amount that was charged in advance for a period of a service; `is_early`: before it began."""

    key: str
    line: Any
    period: Period
    amount: Decimal
    is_early: bool = False


class ResCompany(models.Model):
    _inherit = 'res.company'

    service_unused_rule = fields.Selection(
        RULE_SELECTION, "Days paid and not served", default='none', required=True,
        help="Days of a pause, or after the end, that were paid in advance. A plan may say otherwise.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    service_unused_rule = fields.Selection(related='company_id.service_unused_rule', readonly=False, required=True)


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    unused_rule = fields.Selection(
        RULE_SELECTION, "Days paid and not served",
        help="Days of a pause, or after the end, that were paid in advance. Empty: as the company's settings say.",
    )


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _set_state(self, target, reason, on_date=None):
        super()._set_state(target, reason, on_date)
        if target in ('active', 'ended'):
            self._settle_unused()

    def _follow_calendar(self, today):
        super()._follow_calendar(today)
        self._settle_unused()

    def _write_end(self, date_end):
        # EXTENDS service_contracts: a period billed before it begins follows its end at once
        super()._write_end(date_end)
        self._settle_unused()

    def _unused_rule(self) -> str:
        return self.plan_id.unused_rule or self.company_id.service_unused_rule

    def _settle_unused(self) -> None:
        """Give back days paid and not served, and charge again what was given back and is served after all.

        Each time only the difference to what was settled before: calling it twice changes nothing.
        """
        # sudo: credits follow from what was agreed, whoever pauses, ends or resumes
        lines_sudo = self.line_ids._paid_in_advance().sudo()
        settled, vals_list = lines_sudo._settled_unused(), []
        for paid in lines_sudo._paid_periods(set(settled)):
            known = settled[paid.key]
            if vals := paid.line._prepare_unused_vals(paid, known):
                vals_list.append(vals)
        if vals_list:
            lines_sudo.env['service.pending.charge']._propose(vals_list)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _paid_in_advance(self):
        return self.filtered(lambda line: line._is_in_advance())

    def _paid_periods(self, settled: Iterable[str] = ()) -> list[Paid]:
        """Return what was charged for periods that last into days without service, by ledger and by changes.

        :param settled: keys of amounts that were settled before, wherever their periods lie.
        """
        first = min(filter(None, (line._unserved_from() for line in self)), default=None)
        known = [int(key[6:]) for key in settled if key.startswith('entry:') and key[6:].isdigit()]
        if first is None and not known:
            return []
        own = Domain('contract_line_id', 'in', self.ids)
        lasting = own & Domain('period_end', '>', first) if first else Domain.FALSE
        entries = self.env['service.billing.entry'].search(
            (lasting | (own & Domain('id', 'in', known))) & Domain('kind', '=', 'recurring')
            & Domain('state', '!=', 'void'), order='id',
        )
        changes = self.env['service.pending.charge'].search(
            lasting & Domain('origin', '=', 'change') & Domain('amount', '>', 0) & Domain('state', '!=', 'cancelled'),
            order='id',
        )
        return [
            *(Paid(f'entry:{entry.id}', entry.contract_line_id._serving(period), period, entry._charged_amount(),
                   entry.contract_line_id._is_early(entry))
              for entry in entries for period in [Period(entry.period_start, entry.period_end)]),
            *(Paid(f'change:{pending.id}', pending.contract_line_id._serving(period), period, pending._signed_amount())
              for pending in changes if not pending.key.endswith('-back')
              for period in [Period(pending.period_start, pending.period_end)]),
        ]

    def _unserved_from(self) -> date | None:
        """Return the first day from which days without service may be settled; None if there are none."""
        pauses, end = self._stops()
        return min([*(span.start for span in (*pauses, *self._unserved())), *filter(None, [end])], default=None)

    def _stops(self) -> tuple[list[Period], date | None]:
        """Return the pauses that are over, and the first day without service as far as it is agreed by now.

        What a change leaves of a period is settled by the change; a period billed after that one is not.
        """
        pauses, contract = self._until_settled(self._pauses_over()), self.contract_id
        if self._is_replaced():
            return pauses, self._recurrence(self._billing_start()).full_period(self.date_end + ONE_DAY).end
        own = None if self._is_settled_apart() else self.date_end
        last_day = min(filter(None, (own, contract.date_end)), default=None)
        return pauses, last_day and last_day + ONE_DAY

    def _is_replaced(self) -> bool:
        return bool(self.date_end) and any(
            change.state != 'withdrawn' for change in self.replaced_by_ids.change_id)

    def _is_settled_apart(self) -> bool:
        """Tell whether what follows the last day is settled by what ended the service: a change, or booking it off."""
        return bool(self.date_end) and (self.is_option or self._is_replaced())

    def _until_settled(self, spans: list[Period]) -> list[Period]:
        """Return the days of spans up to the last day where something else settles what follows."""
        if not self._is_settled_apart():
            return spans
        own = Period(date.min, self.date_end + ONE_DAY)
        return [kept for span in spans if (kept := span.intersect(own))]

    def _is_early(self, entry) -> bool:
        """Tell whether a charge was billed before its period began, by the lead or by a run of a later day."""
        if entry.charge_date < entry.period_start:
            return True
        return self._is_replaced() and entry.period_start >= self._stops()[1]

    def _early_stops(self, paid: Paid, is_settled: bool) -> list[Period]:
        """Return the days without service of a period billed before it began, as known when it begins."""
        pauses, end = self._stops()
        is_known = is_settled or self.company_id._service_today() < paid.period.start
        return early_stops(paid.period, pauses, end if end and (is_known or end <= paid.period.start) else None)

    def _pauses_over(self) -> list[Period]:
        """Return the pauses that are over and stop the charges of this service."""
        contract = self.contract_id
        return [
            span for pause in contract.pause_ids
            if (pause.state == 'over' or contract.state == 'ended') and self._is_stopped_by(pause)
            and (span := pause._period())
        ]

    def _unserved(self) -> list[Period]:
        """Return the days without service that are settled by now: pauses that are over, and what follows the end."""
        self.ensure_one()
        contract, today = self.contract_id, self.company_id._service_today()
        spans = self._pauses_over()
        if contract.state == 'ended' and contract.date_end:
            spans.append(Period(contract.date_end + ONE_DAY, date.max))
        if self._is_settled_apart():
            return self._until_settled(spans)
        if self.date_end and self.date_end < today:
            spans.append(Period(self.date_end + ONE_DAY, date.max))
        return spans

    def _is_stopped_by(self, pause) -> bool:
        """Tell whether a pause stops the charges of this service."""
        return True

    def _settled_unused(self) -> dict[str, list[Decimal]]:
        """Return what was given back (below 0) and charged again for each paid amount, by its key."""
        settled = defaultdict(list)
        for pending in self.env['service.pending.charge'].search([
            ('contract_line_id', 'in', self.ids), ('key', '=like', 'unused:%'),
        ], order='id'):
            key = pending.key.removeprefix('unused:').rpartition(':')[0]
            settled[key].append(pending._signed_amount() if pending.state != 'cancelled' else ZERO)
        return settled

    def _unused(self, paid: Paid, is_settled: bool) -> tuple[Decimal, list[Period]]:
        """Return what should have come back of a paid amount by now, and the days without service.

        What was billed before its period began costs in the end what it would have cost on its first day, also where
        days paid and not served stay paid.
        """
        rule, digits = self.contract_id._unused_rule(), self.currency_id.decimal_places
        unserved = self._unserved() if rule != 'none' else []
        if not paid.is_early:
            return unused_credit(paid.amount, paid.period, unserved, rule, digits), unserved
        stops = self._early_stops(paid, is_settled)
        if rule == 'none':
            return early_credit(paid.amount, paid.period, stops, self.proration, digits), stops
        return unused_credit(paid.amount, paid.period, [*unserved, *stops], rule, digits), [*unserved, *stops]

    def _prepare_unused_vals(self, paid: Paid, known: list[Decimal]) -> dict | None:
        """Return the pending charge that settles a paid amount; None if it is settled.

        :param known: what settled it before, below 0 where it was given back.
        """
        if not paid.is_early and self.contract_id._unused_rule() == 'none':
            return None  # what came back by an earlier rule stays
        target, unserved = self._unused(paid, bool(sum(known, ZERO)))
        difference = -target - sum(known, ZERO)
        if not difference:
            return None
        days = [part for span in unserved if (part := span.intersect(paid.period))]
        env = self.with_context(lang=self.contract_id.partner_invoice_id.lang).env
        text = env._("Days without service: %s", self._portal_name()) if difference < 0 else env._(
            "Days served after all: %s", self._portal_name(),
        )
        count = paid.period.days - sum(part.days for part in paid.period.minus(unserved))
        return {
            'key': f'unused:{paid.key}:{len(known)}', 'contract_line_id': self.id, 'origin': 'pause', 'name': text,
            'charge_date': self.company_id._service_today(), 'amount': float(difference),
            'period_start': min((part.start for part in days), default=paid.period.start),
            'period_end': max((part.end for part in days), default=paid.period.end),
            'explanation': {'rows': [
                {'label': env._("Paid in advance"), 'text': self.currency_id.with_env(env).format(float(paid.amount))},
                {'label': env._("Days without service"), 'text': f'{count}/{paid.period.days}'},
            ]},
        }
