"""Late usage: billed periods are priced again as they were agreed, and the difference is charged."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..rules.billing import Charge
from ..rules.periods import Period
from ..rules.pricing import Rated, price
from ..rules.quota import QuotaBucket, draw_quota, roll_over
from ..rules.reductions import grants_from_json, taken_off
from .service_usage_measure import Measured, Wanted
from .service_usage_rater import buckets_from_json, buckets_to_json, discounted, price_from_json, price_to_json


class ServiceUsageRater(models.AbstractModel):
    _inherit = 'service.usage.rater'

    def _with_corrections(self, charges_by_line: dict, contracts, day: date) -> dict:
        """Return the charges together with what settles late usage of the contracts.

        By the policy of the meter it goes on the invoice of the first charge due, or on one of its own.
        """
        for line, corrections in self._corrections(contracts.line_ids, day).items():
            due = [charge.charge_date for other, charges in charges_by_line.items()
                   if other.contract_id == line.contract_id for charge in charges]
            charged_on = min(due, default=day) if line.meter_id.late_policy == 'next_invoice' else day
            charges_by_line.setdefault(line, [])
            charges_by_line[line] = [
                *charges_by_line[line], *(replace(charge, charge_date=charged_on) for charge in corrections),
            ]
        return charges_by_line

    def _corrections(self, lines, day: date) -> dict:
        """Return the charges that settle late usage of billed periods, oldest first, ``{line: [Charge]}``.

        The period is priced again by what was agreed when it was billed; only the difference is charged. Where
        unused quota rolls over, the periods after it are priced again too: what late usage took is gone for them. So is
        the rest of a period that a change cut.
        Such a correction is kept even if it is 0, for what it says of the quota.
        """
        entries = self._entries_to_correct(lines.filtered('late_usage_on'))
        charged = self._charged_for(entries)
        measured = self.env['service.usage.record']._measure([
            Wanted(entry.contract_line_id.id, entry._moments(), entry.explanation['aggregation'],
                   entry.explanation['keeps_level'])
            for entry in entries
        ])
        corrections, evidence = defaultdict(list), {}
        for entry, quantity in zip(entries, measured, strict=True):
            line, before = entry.contract_line_id, charged[entry]
            charge = self._correction(before, quantity, day, self._quota_begun(entry, evidence))
            evidence[line.id] = charge.evidence
            left = charge.evidence.get('quota_after')
            if charge.amount(line.currency_id.decimal_places) or left != _last(before, 'quota_after'):
                corrections[line].append(charge)
        return corrections

    def _quota_begun(self, entry, evidence: dict[int, dict]) -> tuple[QuotaBucket, ...] | Decimal | None:
        """Return the quota with which a period begins, now that what lies before it is priced again; None: as it did.

        :param evidence: the newest evidence of the services priced again so far, by line id.
        """
        line = entry.contract_line_id
        if 'quota' not in entry.explanation:
            return line._free_again(entry)
        if 'quota_after' in (left := evidence.get(line.id, {})):
            return entry._quota_again(buckets_from_json(left['quota_after']))
        carried = self._carried_to(line, entry._full_period(), evidence)
        return carried and entry._quota_again(carried.buckets, line._free_again(entry, carried.drawn))

    def _entries_to_correct(self, lines):
        """Return the charges of periods with late usage, and of those that their quota rolled into."""
        Entry = self.env['service.billing.entry']
        if not lines:
            return Entry
        follow = [(line.id, other.id) for line in lines for other in line | line._metered_after()]
        # SQL because a record lies in the period whose moments the ledger kept
        rows = self.env.execute_query(SQL(
            """
            WITH late AS (
                SELECT entry.contract_line_id, min(entry.period_start) AS first
                  FROM service_usage_record record
                  JOIN service_billing_entry entry ON entry.contract_line_id = record.contract_line_id
                   AND entry.kind = 'usage' AND entry.state != 'void'
                   AND record.moment >= (entry.explanation ->> 'from')::timestamp
                   AND record.moment < (entry.explanation ->> 'until')::timestamp
                 WHERE record.late_state = 'open' AND record.contract_line_id = ANY(%s)
                 GROUP BY entry.contract_line_id, entry.id
            )
            SELECT DISTINCT entry.id, entry.period_start
              FROM late
              JOIN unnest(%s::int[], %s::int[]) AS goes_on(line_id, other_id) ON goes_on.line_id = late.contract_line_id
              JOIN service_billing_entry entry ON entry.contract_line_id = goes_on.other_id
               AND entry.kind = 'usage' AND entry.state != 'void'
               AND CASE WHEN entry.period_start <= late.first
                    THEN entry.period_start = late.first AND goes_on.other_id = goes_on.line_id
                    ELSE entry.explanation -> 'quota' IS NOT NULL OR goes_on.other_id != goes_on.line_id
                     AND (entry.explanation -> 'full_period' ->> 0)::date <= late.first END
             ORDER BY entry.period_start, entry.id
            """, lines.ids, *map(list, zip(*follow, strict=True)),
        ))
        return Entry.browse(entry_id for entry_id, _start in rows)

    def _charged_for(self, entries) -> dict:
        """Return each charge together with what corrected it, the oldest first, void ones too."""
        corrections = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', entries.contract_line_id.ids), ('kind', '=', 'late_usage'),
        ], order='correction, id').grouped(lambda entry: (entry.contract_line_id, entry.period_start))
        return {
            entry: entry.union(corrections.get((entry.contract_line_id, entry.period_start), entry.browse()))
            for entry in entries
        }

    def _correction(self, before, measured: Measured, day: date, begun: tuple | Decimal | None) -> Charge:
        """Return what settles a period.

        :param before: the charge of the period and its corrections.
        :param begun: the quota it begins with by now, in buckets, or what is free in it alone; None: as it did.
        """
        entry = before[0]
        kept = entry.explanation
        model = price_from_json(kept['price'])
        evidence = {name: kept[name] for name in ('price', 'meter', 'aggregation', 'keeps_level', 'from', 'until')}
        if 'quota' in kept:
            quota = begun if begun is not None else buckets_from_json(_last(before, 'quota'))
            drawn = draw_quota(quota, measured.quantity, entry._full_period().start)
            model = replace(model, free_quantity=drawn.free)
            evidence |= {'quota': buckets_to_json(quota), 'quota_after': buckets_to_json(drawn.buckets)}
        elif begun is not None:
            model = replace(model, free_quantity=begun)
            evidence['price'] = price_to_json(model)
        discount = Decimal(kept['discount'])
        true_ups = tuple(step for step in entry._steps() if step.kind == 'true_up')
        rated = discounted(price(model, measured.quantity, measured.records), discount)
        rated = Rated(rated.quantity, rated.units, rated.amount + sum(step.amount for step in true_ups),
                      (*rated.steps, *true_ups))
        if 'reductions' in kept:  # what was granted for the period is granted again
            rated = taken_off(rated, grants_from_json(kept['reductions']), kept['digits'])
            evidence['reductions'] = kept['reductions']
        live = before.filtered(lambda other: other.state != 'void')
        return Charge(
            entry.contract_line_id.id, 'late_usage', Period(entry.period_start, entry.period_end), entry._full_period(),
            day, Fraction(kept['share']), measured.quantity, Decimal(kept['price_unit']), discount, rated,
            tuple(other._charged_amount() for other in live),
            {**evidence, 'records': measured.records, 'correction': len(before)},
        )


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    def _quota_again(self, left: Iterable[QuotaBucket], own: Decimal | None = None) -> tuple[QuotaBucket, ...]:
        """Return the quota this period begins with, if the one before leaves something else than it did.

        :param own: what the period itself grants by now; None: what it did.
        """
        self.ensure_one()
        start, meter = self._full_period().start, self.contract_line_id.meter_id
        granted = [bucket for bucket in buckets_from_json(self.explanation['quota']) if bucket.granted == start]
        if own is not None:
            granted = [replace(bucket, left=own) for bucket in granted]
        cap = Decimal(repr(meter.roll_over_cap)) if meter.roll_over_cap else None
        return roll_over(left, start, *granted[-1:], cap=cap)


def _last(before, name: str) -> list | None:
    """Return what the newest live charge of a period says of its quota."""
    kept = [entry.explanation[name] for entry in before if entry.state != 'void' and name in entry.explanation]
    return kept[-1] if kept else None
