"""How a statement is worked out: gather units, occupants, readings and advances, let the rules decide, write."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ..rules.cost_statement import StatementTerms, UnitTerms, share_cost, tenures_of
from ..rules.errors import RuleError
from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.proration import amounts_within
from .service_gate import SERVICE_GATE

VACANT = 'vacant'
COMPARABLE_DAYS = 7
"""Statements whose length differs by at most so many days tell what a unit uses in such a period."""


class ServiceAllocation(models.Model):
    _inherit = 'service.allocation'

    def _work_out(self) -> None:
        """Replace the shares of the statement."""
        self.ensure_one()
        self._check_complete()
        units = self.group_id.with_context(active_test=True).unit_ids
        terms = self._unit_terms(units)
        shared = {item: self._share(item, list(terms.values())) for item in self.item_ids}
        rows = self._prepare_rows(units, terms, shared)
        self.line_ids.with_context(service_gate=SERVICE_GATE).unlink()
        self.env['service.allocation.line'].with_context(service_gate=SERVICE_GATE).create(self._with_booked(rows))
        self._pass_gate(has_late_change=False)

    def _check_complete(self) -> None:
        """Refuse a statement without costs or units, each with its remedy."""
        if not self.item_ids:
            raise UserError(self.env._("%s has no costs to share. Add them first.", self.display_name))
        if not self.group_id.unit_ids:
            raise UserError(self.env._("%s has no units. Add them to the group first.", self.group_id.display_name))

    # === GATHER === #

    def _unit_terms(self, units) -> dict:
        """Return what decides what each unit owes; one query each for occupants and readings of all.

        :raises UserError: naming the unit whose occupants overlap or that nobody pays for.
        """
        period, days = self._period(), self.group_id.reading_days
        occupancies = self.env['service.allocation.occupancy'].search([
            ('unit_id', 'in', units.ids), ('date_start', '<', period.end),
            '|', ('date_end', '=', False), ('date_end', '>=', period.start),
        ]).grouped('unit_id')
        meters = self.item_ids.meter_id
        readings = self.env['service.allocation.reading']._by_unit(
            units, meters, period.start - timedelta(days=days), period.end + timedelta(days=days),
            without=self._roots() | self._roots().adjustment_ids,
        ) if meters else {}
        terms = {}
        for unit in units:
            tenures = self._tenures(unit, occupancies.get(unit, self.env['service.allocation.occupancy']), period)
            terms[unit] = UnitTerms(unit.name, unit._shares(), tenures, readings.get(unit.id, {}))
        return terms

    def _tenures(self, unit, occupancies, period: Period) -> tuple:
        held = [occupancy._tenure() for occupancy in occupancies]
        try:
            return tenures_of(period, held, VACANT if unit._vacant_payer() else '')
        except RuleError as error:
            raise UserError(self.env._(
                "%(unit)s: %(problem)s. Enter its occupants, or who pays while it is vacant.",
                unit=unit.display_name, problem=str(error),
            )) from error

    def _statement_terms(self) -> StatementTerms:
        group = self.group_id
        return StatementTerms(
            self._period(), self.currency_id.decimal_places, group.reading_days, group.season_id._season(),
            to_decimal(group.estimated_limit),
        )

    def _earlier_use(self, item) -> dict[str, Decimal]:
        """Return what units used by the same meter in the latest comparable statement, as far as it was read."""
        if not item.meter_id:
            return {}
        period = self._period()
        earlier = self.search([
            ('group_id', '=', self.group_id.id), ('state', '=', 'confirmed'), ('date_to', '<', period.start),
        ], order='date_to desc, id desc').filtered(
            lambda one: abs(one._period().days - period.days) <= COMPARABLE_DAYS)[:1]
        return earlier._units_used(item.meter_id)

    def _units_used(self, meter) -> dict[str, Decimal]:
        """Return what each unit used by a meter, without units whose use was estimated."""
        used, estimated = defaultdict(Decimal), set()
        for line in self.line_ids:
            for item in (line.explanation or {}).get('items', ()):
                if item['meter'] == meter.id:
                    used[line.unit_name] = used[line.unit_name] + Decimal(item['used'])
                    estimated |= {line.unit_name} if item['estimated'] else set()
                    break
        return {unit: units for unit, units in used.items() if unit not in estimated}

    def _advances(self, occupancies) -> dict:
        """Return what was billed as advances of each occupant in the period, by occupancy."""
        lines = occupancies.advance_line_id
        if not self.nets_advances or not lines:
            return {}
        period = self._period()
        billed = lines._billed_fees(period.start, period.end)
        return {occupancy: billed.get(occupancy.advance_line_id, ()) for occupancy in occupancies}

    # === DECIDE === #

    def _share(self, item, units: list[UnitTerms]) -> dict[tuple, object]:
        """Return the allocation of one cost by unit name and place of the tenure.

        :raises UserError: naming the statement, the cost and what keeps it from being shared.
        """
        try:
            shared = share_cost(item._cost_item(), units, self._statement_terms(), self._earlier_use(item))
        except RuleError as error:
            raise UserError(self.env._(
                "%(statement)s, “%(cost)s”: %(problem)s.",
                statement=self.display_name, cost=item.name, problem=str(error).rstrip('.'),
            )) from error
        return {(one.beneficiary.unit, one.beneficiary.part): one for one in shared}

    # === WRITE === #

    def _prepare_rows(self, units, terms: dict, shared: dict) -> list[dict]:
        """Return the shares, one for each tenure of each unit, in order of unit and time."""
        ids = [int(tenure.payer) for unit in units for tenure in terms[unit].tenures if tenure.payer != VACANT]
        occupancies = self.env['service.allocation.occupancy'].browse(ids)
        by_id, advances = {one.id: one for one in occupancies}, self._advances(occupancies)
        total = sum(self.item_ids.mapped('amount'))
        rows = []
        for unit in units:
            for place, tenure in enumerate(terms[unit].tenures):
                occupancy = by_id.get(int(tenure.payer)) if tenure.payer != VACANT else None
                allocations = {item: found for item, by_part in shared.items()
                               if (found := by_part.get((unit.name, place)))}
                paid = self._advance_rows(tenure.period, advances.get(occupancy, ()))
                rows.append(self._prepare_row(unit, occupancy, tenure.period, allocations, paid, total)
                            | {'sequence': len(rows)})
        return rows

    def _prepare_row(self, unit, occupancy, period: Period, allocations: dict, paid: list[dict], total: float) -> dict:
        cost = sum((allocation.amount for allocation in allocations.values()), Decimal(0))
        advance = sum((Decimal(row['amount']) for row in paid), Decimal(0))
        payer = occupancy.contract_line_id if occupancy else unit._vacant_payer()
        self._check_payer(unit, payer)
        items = [self._kept_item(item, allocation, period) for item, allocation in allocations.items()]
        return {
            'allocation_id': self.id, 'unit_id': unit.id, 'unit_name': unit.name,
            'occupancy_id': occupancy.id if occupancy else False, 'contract_line_id': payer.id,
            'date_from': period.start, 'date_to': period.last_day,
            'cost': float(cost), 'advance': float(advance), 'booked': 0.0, 'amount': float(cost - advance),
            'cost_percent': 100 * float(cost) / total if total else 0.0,
            'is_estimated': any(item['estimated'] for item in items),
            'explanation': {'items': items, 'advances': paid, 'days': period.days, 'full_days': self._period().days},
        }

    def _check_payer(self, unit, payer) -> None:
        """Refuse to charge in another currency or a contract that bills no more."""
        if payer.currency_id != self.currency_id:
            raise UserError(self.env._(
                "%(unit)s: %(service)s is billed in %(currency)s, the costs are in %(own)s. "
                "Charge it to a contract in %(own)s.", unit=unit.display_name, service=payer.display_name,
                currency=payer.currency_id.name, own=self.currency_id.name,
            ))
        if payer.contract_id.state in ('draft', 'removed'):
            raise UserError(self.env._(
                "%(unit)s: the contract of %(service)s is not running, so nothing can be charged by it. "
                "Activate it, or choose another service.", unit=unit.display_name, service=payer.display_name,
            ))

    def _advance_rows(self, period: Period, entries) -> list[dict]:
        charges = [
            (Period(entry.period_start, entry.period_end), to_decimal(entry.amount_untaxed)) for entry in entries
        ]
        amounts = amounts_within(period, charges, self.currency_id.decimal_places)
        return [
            {'entry': entry.id, 'start': str(full.start), 'last_day': str(full.last_day), 'amount': str(amount)}
            for entry, (full, _amount), amount in zip(entries, charges, amounts, strict=True) if amount
        ]

    def _kept_item(self, item, allocation, period: Period) -> dict:
        """Return what explains the share of one cost, as plain texts that JSON keeps without loss."""
        one, percent = allocation.beneficiary, to_decimal(item.consumption_percent)
        percents = {'fixed': 100 - percent, 'consumption': percent}
        return {
            'item': item.id, 'name': item.name, 'amount': str(to_decimal(self.currency_id.round(item.amount))),
            'basis': item.share_basis, 'meter': item.meter_id.id if percent else False,
            'unit': item.meter_id.unit or '', 'share': str(one.share), 'held': str(one.held),
            'used': str(one.units), 'estimated': bool(one.is_estimated and one.units),
            'days': period.days, 'full_days': self._period().days,
            'parts': [
                {'kind': part.pool, 'basis': part.basis, 'percent': f'{percents[part.pool].normalize():f}',
                 'pool': str(part.pool_amount), 'weight': str(part.weight), 'total': str(part.total_weight),
                 'amount': str(part.amount)}
                for part in allocation.parts if percents[part.pool]
            ],
        }

    # === ESTIMATES === #

    def _store_estimates(self) -> None:
        """Keep what a meter will show by the estimate, so that the next period goes on from there."""
        days, period = self.group_id.reading_days, self._period()
        meters, units = self.item_ids.meter_id, self.line_ids.unit_id
        readings = self.env['service.allocation.reading']._by_unit(
            units, meters, period.start - timedelta(days=days), period.end + timedelta(days=days))
        vals_list = []
        for unit, lines in self.line_ids.grouped('unit_id').items():
            for meter in meters:
                level = lines._estimated_level(meter, readings.get(unit.id, {}).get(str(meter.id), ()), days, period)
                if level is not None:
                    vals_list.append({
                        'unit_id': unit.id, 'meter_id': meter.id, 'date': period.end, 'value': float(level),
                        'source': 'estimate', 'allocation_id': self.id,
                    })
        self.env['service.allocation.reading'].with_context(service_gate=SERVICE_GATE).create(vals_list)
        self._pass_gate(has_late_change=False)
