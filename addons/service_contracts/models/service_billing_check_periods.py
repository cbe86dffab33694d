"""The double-check of the periods: each charge is derived again from what was agreed when it was made."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..rules.agreed import Agreed
from ..rules.billing import KINDS, USAGE_KINDS, Charge
from ..rules.errors import RuleError
from ..rules.periods import Period
from ..rules.pricing import PriceModel, price
from ..rules.reductions import Granted, grants_from_json, reduced
from .service_usage_measure import Measured
from .service_usage_rater import discounted, price_from_json

ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Billed:
    """A charge of the ledger as far as the grid of periods is concerned."""

    entry_id: int
    period: Period
    charge_date: date
    run_id: int | None
    is_live: bool

    def is_made_with(self, other: 'Billed') -> bool:
        """Tell whether one decision made both: the parts of a period in which the price steps."""
        return self.run_id == other.run_id and (self.run_id is not None or self.charge_date == other.charge_date)


class ServiceBillingCheck(models.AbstractModel):
    _inherit = 'service.billing.check'

    def _differing_periods(self, entries) -> list[dict]:
        """Return the charges that do not follow from what was agreed when they were made.

        Period, day, quantity, price and share are derived anew; the invoice must tell the same days.
        """
        regular = entries.filtered(lambda entry: entry.kind in KINDS and entry.state != 'void')
        agreed = self._agreed_by_entry(regular)
        siblings = self._siblings(regular)
        found = []
        for entry in entries.filtered(lambda entry: entry.state != 'void'):
            if entry.kind not in KINDS:
                found += self._differing_quota(entry) or self._differing_on_invoice(entry)
            elif entry in agreed:
                found += self._differing_from_agreed(entry, agreed[entry], siblings[entry.contract_line_id.id]) \
                    or self._differing_on_invoice(entry)
        return found

    # === GATHER === #

    def _agreed_by_entry(self, entries) -> dict:
        """Return what was agreed when each charge was made; without services whose fields make no sense by now."""
        agreed = {}
        for line, own in entries.grouped('contract_line_id').items():
            try:
                now = line._agreed()
                agreed |= {entry: line._agreed_at(entry.id, now) for entry in own}
            except RuleError:
                continue  # a run parks its contract and tells why
        return agreed

    def _siblings(self, entries) -> dict[int, list[Billed]]:
        """Return the charges of each service that lie near one of these, void ones too, by line id."""
        self.env.flush_all()
        # SQL because the charges around each of them are wanted and no other; an interval may last many years
        rows = self.env.execute_query(SQL(
            """
            SELECT other.contract_line_id, other.id, other.period_start, other.period_end, other.charge_date,
                   other.run_id, other.state != 'void'
              FROM (
                    SELECT entry.contract_line_id, entry.kind,
                           min(LEAST(entry.period_start, (entry.explanation -> 'full_period' ->> 0)::date)) AS first,
                           max(GREATEST(entry.period_end, (entry.explanation -> 'full_period' ->> 1)::date)) AS last
                      FROM service_billing_entry entry WHERE entry.id = ANY(%s)
                     GROUP BY entry.contract_line_id, entry.kind
              ) AS wanted
              JOIN service_billing_entry other ON other.contract_line_id = wanted.contract_line_id
               AND other.kind = wanted.kind AND other.period_start <= wanted.last AND other.period_end >= wanted.first
             ORDER BY other.id
            """, entries.ids,
        ))
        siblings = defaultdict(list)
        for line_id, entry_id, start, end, charge_date, run_id, is_live in rows:
            siblings[line_id].append(Billed(entry_id, Period(start, end), charge_date, run_id, is_live))
        return siblings

    # === COMPARE === #

    def _differing_from_agreed(self, entry, agreed: Agreed, siblings: list[Billed]) -> list[dict]:
        try:
            owed = self._owed(entry, agreed, siblings)
            charge = next((charge for charge in owed if _has_period_of(charge, entry)), None)
            if not charge:
                return [_period_found(entry, owed)]
            if charge.charge_date != entry.charge_date:
                return [_derived('charge_date', entry, expected_start=charge.charge_date)]
            return self._differing_terms(entry, agreed, charge)
        except RuleError:
            return [_derived('period', entry)]

    def _owed(self, entry, agreed: Agreed, siblings: list[Billed]) -> list[Charge]:
        """Return what was owed around a charge when it was made, the charges it may be first."""
        own = next(billed for billed in siblings if billed.entry_id == entry.id)
        days = dict.fromkeys((own.period.start, own.period.last_day))
        before = list(_billed_before(own, siblings))
        return [charge for billed in before for day in days for charge in agreed.owed(day, billed)]

    def _differing_terms(self, entry, agreed: Agreed, charge: Charge) -> list[dict]:
        kept = entry.explanation or {}
        if 'amount' not in kept:
            return []
        if entry.kind == 'usage':
            return self._differing_list(entry, agreed, charge)
        if agreed.lists:
            model = agreed.price_list(charge.period.start)
            charge = self.env['service.usage.rater']._rate_charge(
                entry.contract_line_id, charge, model, Measured(charge.quantity, 0), None)
        expected = _with_kept_grants(charge, agreed, kept)
        amount = expected.amount(kept['digits'])
        if amount == entry._charged_amount() and (
            amount != entry._recomputed_amount()  # told as a charge that differs from its calculation
            or _parts(expected) == _parts(entry._kept_charge())
        ):
            return []
        return [_derived('terms', entry, expected=amount)]

    def _differing_list(self, entry, agreed: Agreed, charge: Charge) -> list[dict]:
        """Compare the price list of a charge of usage; its quantity is measured by another check."""
        kept, line = entry.explanation, entry.contract_line_id
        if 'price' not in kept or not agreed.lists:
            return []
        model, billed = agreed.price_list(charge.period.start), price_from_json(kept['price'])
        if charge.period != charge.full_period and not line.prorates_limits:
            model = self._cut_list(entry, charge, model, billed)
        elif line.prorates_limits:
            model = model.prorated(charge.share)
        if model == billed:
            return []
        quantity, records, discount = Decimal(kept['quantity']), kept.get('records', 0), Decimal(kept['discount'])
        difference = _priced(model, quantity, records, discount) - _priced(billed, quantity, records, discount)
        return [_derived('terms', entry, expected=entry._charged_amount() + round(difference, kept['digits']))]

    def _cut_list(self, entry, charge: Charge, model: PriceModel, billed: PriceModel) -> PriceModel:
        """Return the price list of a period that a change cut, with its part of quota and limits derived anew.

        Where the use before the change lessens the quota and some of it came late, the quota is that of the charge: a
        correction prices the period again, and its quota is derived (`_differing_quota`).
        """
        line, drawn = entry.contract_line_id, None
        if line.meter_id.rolls_over and (before := line._metered_before()):
            rater = self.env['service.usage.rater']
            carried = rater._carried_to(line, charge.full_period, self._evidence_until(before, entry))
            drawn = carried and carried.drawn
        derived = line._changed_model(model, charge, drawn)
        if line._free_again(entry, ZERO) is not None and self._has_late_usage(line, charge.full_period):
            return replace(derived, free_quantity=billed.free_quantity)
        return derived

    def _has_late_usage(self, line, full: Period) -> bool:
        """Tell whether usage of a period came late, settled by now or not, of the services before the change, too."""
        lines = line | line._metered_before()
        return any(lines.mapped('late_usage_on')) or bool(self.env['service.billing.entry'].search_count([
            ('contract_line_id', 'in', lines.ids), ('kind', '=', 'late_usage'), ('state', '!=', 'void'),
            ('period_end', '>', full.start), ('period_start', '<', full.end),
        ], limit=1))

    def _differing_quota(self, correction) -> list[dict]:
        """Compare the free quota of a correction after a change with what the settings and the use before it leave.

        What rolls over is not derived; usage that waits for its correction changes it first.
        """
        line, kept = correction.contract_line_id, correction.explanation or {}
        if correction.kind != 'late_usage' or line.meter_id.rolls_over or 'price' not in kept:
            return []
        if any((line | line._metered_before()).mapped('late_usage_on')):
            return []
        charged = self.env['service.billing.entry'].search([
            ('contract_line_id', '=', line.id), ('kind', 'in', USAGE_KINDS), ('state', '!=', 'void'),
            ('period_start', '=', correction.period_start),
        ], order='correction DESC NULLS LAST')
        free = line._free_again(charged[-1]) if charged[:1] == correction else None
        if free is None:
            return []
        billed = price_from_json(kept['price'])
        quantity, records, discount = Decimal(kept['quantity']), kept.get('records', 0), Decimal(kept['discount'])
        difference = _priced(replace(billed, free_quantity=free), quantity, records, discount) \
            - _priced(billed, quantity, records, discount)
        return [_derived('terms', correction, expected=correction._charged_amount() + round(difference, kept['digits']))
                ] if difference else []

    def _evidence_until(self, lines, entry) -> dict[int, dict]:
        """Return what explains the last charge of usage of each service before a charge."""
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', lines.ids), ('kind', 'in', ('usage', 'late_usage')), ('state', '!=', 'void'),
            ('period_start', '<', entry.period_start),
        ], order='period_start, correction')
        return {other.contract_line_id.id: other.explanation for other in entries if 'quota' in other.explanation}

    def _differing_on_invoice(self, entry) -> list[dict]:
        line = entry.move_line_id
        first, last_day = line.service_period_start, line.service_period_last_day
        if not first or (first, last_day) == (entry.period_start, entry.period_end - ONE_DAY):
            return []
        return [_derived('invoice_period', entry, expected_start=first, expected_end=last_day + ONE_DAY)]


def _billed_before(own: Billed, siblings: Iterable[Billed]) -> Iterator[list[Period]]:
    """Yield what may have been billed when a charge was made: what is live, then also what was made void later."""
    earlier = [one for one in siblings if one.entry_id < own.entry_id and not one.is_made_with(own)]
    yield [one.period for one in earlier if one.is_live]
    if any(not one.is_live for one in earlier):
        yield [one.period for one in earlier if one.is_live or not one.period.overlaps(own.period)]


def _has_period_of(charge: Charge, entry) -> bool:
    return (charge.period.start, charge.period.end) == (entry.period_start, entry.period_end)


def _parts(charge: Charge) -> tuple:
    """Return what makes the amount; the single price of a price list only shows."""
    price_unit = charge.price_unit if not charge.rated or 'price' not in charge.evidence else None
    return charge.quantity, price_unit, charge.discount, charge.share


def _with_kept_grants(charge: Charge, agreed: Agreed, kept: dict) -> Charge:
    """Return the charge less what was granted, as long as that is what was agreed; else less what was agreed."""
    grants = grants_from_json(kept.get('reductions', ()))
    possible = agreed.possible_offs(charge.period.start)
    if [grant.off for grant in grants] not in possible:
        grants = [Granted('', off) for off in possible[0]]
    return reduced(charge, grants, kept['digits']) if grants else charge


def _priced(model: PriceModel, quantity: Decimal, records: int, discount: Decimal) -> Decimal:
    return discounted(price(model, quantity, records), discount).amount


def _period_found(entry, owed: list[Charge]) -> dict:
    """Return the finding of a wrong period, with the one that shares most days with it."""
    period = Period(entry.period_start, entry.period_end)
    near = [charge.period for charge in owed if charge.period.overlaps(period)]
    expected = max(near, key=lambda one: one.intersect(period).days, default=None)
    return _derived('period', entry, **(
        {'expected_start': expected.start, 'expected_end': expected.end} if expected else {}))


def _derived(kind: str, entry, expected: Decimal | None = None, **vals) -> dict:
    """Return the values of a finding about a charge."""
    found = entry._charged_amount()
    return {
        'key': f'{kind}:{entry.id}:{entry.period_start}', 'kind': kind, 'source_id': entry.id,
        'contract_line_id': entry.contract_line_id.id, 'entry_id': entry.id, 'move_id': entry.move_id.id,
        'period_start': entry.period_start, 'period_end': entry.period_end,
        'expected': float(found if expected is None else expected), 'found': float(found), **vals,
    }
