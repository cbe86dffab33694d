"""Quota across changes: what rolled over goes on with the meter; late usage from before a change counts after it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from odoo import models

from ..rules.billing import Charge
from ..rules.periods import Period
from ..rules.quota import QuotaBucket
from .service_change_quota import ADDED_UP
from .service_usage_rater import Carried, Known, buckets_from_json

ZERO = Decimal(0)


class ServiceUsageRater(models.AbstractModel):
    _inherit = 'service.usage.rater'

    def _known(self, metered):
        # EXTENDS service_contracts: a service that begins asks for the quota of the one it goes on from
        known = super()._known(metered)
        lines = self.env['service.contract.line'].union(*(line._origin for line, _charge in metered))
        if before := lines.filtered(lambda line: line.meter_id.rolls_over)._metered_before():
            known.evidence |= self._newest_evidence(before)
        return known

    def _newest_evidence(self, lines) -> dict[int, dict]:
        """Return what explains the newest charge of usage of each service; late usage not settled yet counts."""
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', lines.ids), ('kind', 'in', ('usage', 'late_usage')), ('state', '!=', 'void'),
        ], order='period_start, correction')
        newest = {entry.contract_line_id.id: entry.explanation for entry in entries if 'quota' in entry.explanation}
        for line, corrections in self._corrections(lines, date.max).items():
            if corrections and 'quota' in corrections[-1].evidence:
                newest[line.id] = corrections[-1].evidence
        return newest

    def _carried(self, line, charges: list[Charge], known: Known) -> Carried | None:
        # EXTENDS service_contracts
        is_first = charges and line._origin.id not in known.quota
        if not is_first or charges[0].kind != 'usage' or not line.meter_id.rolls_over:
            return None
        return self._carried_to(line._origin, charges[0].full_period, known.evidence)

    def _carried_to(self, line, full: Period, evidence: Mapping[int, dict]) -> Carried | None:
        """Return the quota of earlier periods that is left, and what was drawn of this one before the change.

        Where each part of the period has its own share, what is left of the share before the change goes on, too.
        """
        buckets, drawn, before = None, ZERO, line._metered_before(deep=False)
        own_goes_on = line._shares_quota_by_day()
        while before:
            if kept := evidence.get(before.id):
                granted, left = (buckets_from_json(kept[name]) for name in ('quota', 'quota_after'))
                if buckets is None:
                    buckets = tuple(bucket for bucket in left if own_goes_on or bucket.granted < full.start)
                drawn += _own(granted, full) - _own(left, full)
            before = before._metered_before(deep=False)
        return None if buckets is None else Carried(buckets, drawn)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _metered_before(self, deep: bool = True):
        """Return the services with the same meter from which these go on, with `deep` those before them too."""
        return self._neighbours('change_line_ids', 'old_line_id', deep)

    def _metered_after(self):
        """Return the services with the same meter that go on from these."""
        return self._neighbours('replaced_by_ids', 'new_line_id')

    def _neighbours(self, steps: str, end: str, deep: bool = True):
        # sudo: a customer sees what is charged without the right to read changes
        lines_sudo, found = self.sudo(), self.sudo().browse()
        while lines_sudo:
            lines_sudo = lines_sudo.browse(
                step[end].id for line in lines_sudo for step in line[steps]
                if step[end].meter_id == line.meter_id and line.meter_id and step.change_id.state != 'withdrawn'
            ) - found
            found |= lines_sudo
            if not deep:
                break
        return self.browse(found.ids)

    def _free_again(self, entry, drawn: Decimal | None = None) -> Decimal | None:
        """Return the quota of a charge for the rest of a period that a change cut, from what is used before it by now.

        None where the use before the change does not lessen it.
        """
        came, rule = self._cut_by_change(Period(entry.period_start, entry.period_end))
        if not came or rule != 'used' or self.prorates_limits or self.meter_id.aggregation not in ADDED_UP:
            return None
        drawn = came._quota_drawn(entry._full_period()) if drawn is None else drawn
        agreed = self._agreed_at(entry.id, self._agreed())  # a correction uses what held when the period was billed
        return max(agreed.price_list(entry.period_start).free_quantity - drawn, ZERO)


def _own(buckets: tuple[QuotaBucket, ...], full: Period) -> Decimal:
    return sum((bucket.left for bucket in buckets if bucket.granted == full.start), ZERO)
