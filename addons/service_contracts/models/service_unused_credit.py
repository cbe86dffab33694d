"""Days paid in advance and not served, in a pause or after the end: given back once, by the rule of the plan."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from odoo import fields, models
from odoo.fields import Domain

from ..rules.periods import Period
from ..rules.unused import unused_credit

ONE_DAY = timedelta(days=1)
RULE_SELECTION = [('none', "Stay paid"), ('day', "Are given back by day")]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Paid:
    """An amount that was charged in advance for a period of a service."""

    key: str
    line: Any
    period: Period
    amount: Decimal


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

    def _unused_rule(self) -> str:
        return self.plan_id.unused_rule or self.company_id.service_unused_rule

    def _settle_unused(self) -> None:
        """Give back days paid and not served, and charge again what was given back and is served after all.

        Each time only the difference to what was settled before: calling it twice changes nothing.
        """
        lines = self.filtered(lambda contract: contract._unused_rule() != 'none').line_ids._paid_in_advance()
        # sudo: credits follow from what was agreed, whoever pauses, ends or resumes
        lines_sudo = lines.sudo()
        settled, vals_list = lines_sudo._settled_unused(), []
        for paid in lines_sudo._paid_periods():
            known = settled[paid.key]
            if vals := paid.line._prepare_unused_vals(paid, len(known), sum(known, ZERO)):
                vals_list.append(vals)
        if vals_list:
            lines_sudo.env['service.pending.charge']._propose(vals_list)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _paid_in_advance(self):
        return self.filtered(lambda line: line._is_in_advance())

    def _paid_periods(self) -> list[Paid]:
        """Return what was charged for periods that last into days without service, by ledger and by changes."""
        spans = {line: line._unserved() for line in self}
        first = min((span.start for unserved in spans.values() for span in unserved), default=None)
        if first is None:
            return []
        lasting = Domain('contract_line_id', 'in', self.ids) & Domain('period_end', '>', first)
        entries = self.env['service.billing.entry'].search(
            lasting & Domain('kind', '=', 'recurring') & Domain('state', '!=', 'void'), order='id',
        )
        changes = self.env['service.pending.charge'].search(
            lasting & Domain('origin', '=', 'change') & Domain('amount', '>', 0) & Domain('state', '!=', 'cancelled'),
            order='id',
        )
        return [
            *(Paid(f'entry:{entry.id}', entry.contract_line_id, Period(entry.period_start, entry.period_end),
                   entry._charged_amount()) for entry in entries),
            *(Paid(f'change:{pending.id}', pending.contract_line_id, Period(pending.period_start, pending.period_end),
                   pending._signed_amount()) for pending in changes if not pending.key.endswith('-back')),
        ]

    def _unserved(self) -> list[Period]:
        """Return the days without service that are settled by now: pauses that are over, and what follows the end."""
        self.ensure_one()
        contract, today = self.contract_id, self.company_id._service_today()
        is_over = contract.state == 'ended'
        spans = [
            span for pause in contract.pause_ids
            if (pause.state == 'over' or is_over) and self._is_stopped_by(pause) and (span := pause._period())
        ]
        if is_over and contract.date_end:
            spans.append(Period(contract.date_end + ONE_DAY, date.max))
        if self.date_end and self.replaced_by_ids:
            # what follows was settled by the change
            return [kept for span in spans if (kept := span.intersect(Period(date.min, self.date_end + ONE_DAY)))]
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

    def _prepare_unused_vals(self, paid: Paid, number: int, settled: Decimal) -> dict | None:
        """Return the pending charge that settles a paid amount; None if it is settled.

        :param number: how many settled it before; :param settled: their sum, below 0 if it was given back.
        """
        unserved = self._unserved()
        target = unused_credit(
            paid.amount, paid.period, unserved, self.contract_id._unused_rule(), self.currency_id.decimal_places,
        )
        difference = -target - settled
        if not difference:
            return None
        days = [part for span in unserved if (part := span.intersect(paid.period))]
        env = self.with_context(lang=self.contract_id.partner_invoice_id.lang).env
        text = env._("Days without service: %s", self._portal_name()) if difference < 0 else env._(
            "Days served after all: %s", self._portal_name(),
        )
        count = paid.period.days - sum(part.days for part in paid.period.minus(unserved))
        return {
            'key': f'unused:{paid.key}:{number}', 'contract_line_id': self.id, 'origin': 'pause', 'name': text,
            'charge_date': self.company_id._service_today(), 'amount': float(difference),
            'period_start': min((part.start for part in days), default=paid.period.start),
            'period_end': max((part.end for part in days), default=paid.period.end),
            'explanation': {'rows': [
                {'label': env._("Paid in advance"), 'text': self.currency_id.with_env(env).format(float(paid.amount))},
                {'label': env._("Days without service"), 'text': f'{count}/{paid.period.days}'},
            ]},
        }
