"""From shares to charges: settled with the next billing run, taken back by new ones, adjusted by their difference."""

from datetime import timedelta
from decimal import Decimal

from odoo import models

from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.readings import level_after, reading_at
from .service_gate import SERVICE_GATE

ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)


class ServiceAllocation(models.Model):
    _inherit = 'service.allocation'

    def _charge_shares(self) -> None:
        """Make one pending charge or credit for each share that is not 0; making them again makes none."""
        self.ensure_one()
        owing = self.line_ids.filtered(lambda line: not line.currency_id.is_zero(line.amount))
        charges = self.env['service.pending.charge']._propose([line._prepare_charge_vals() for line in owing])
        by_key = {charge.key: charge for charge in charges}
        for line in owing.with_context(service_gate=SERVICE_GATE):
            line.charge_id = by_key[line._charge_key()]

    def _take_back(self) -> None:
        """Cancel what is not billed yet, credit what is, and forget the estimates."""
        self.ensure_one()
        charges = self.line_ids.charge_id
        charges._cancel(self.env._("%s was cancelled", self.display_name))
        billed = charges.filtered(lambda charge: charge.state == 'billed')
        self.env['service.pending.charge']._propose([self._prepare_back_vals(charge) for charge in billed])
        # sudo: readings are never deleted, save the estimates of a statement that is none any more
        estimates_sudo = self.env['service.allocation.reading'].sudo().search([('allocation_id', '=', self.id)])
        estimates_sudo.with_context(service_gate=SERVICE_GATE).unlink()

    def _prepare_back_vals(self, charge) -> dict:
        name = self.with_context(lang=charge.partner_id.lang).env._(
            "Taken back: %s", charge.name.split('\n', 1)[0],
        )
        return {
            'key': f'{charge.key}:back', 'contract_line_id': charge.contract_line_id.id, 'origin': 'allocation',
            'name': name, 'charge_date': self.company_id._service_today(), 'amount': -charge.amount,
            'period_start': charge.period_start, 'period_end': charge.period_end,
            'explanation': {'takes_back': charge.key},
        }

    # === ADJUST === #

    def _adjust(self):
        """Return a new statement of the differences that late changes make; none if they make no difference."""
        root = self._roots()
        adjustment = root.with_context(service_gate=SERVICE_GATE).create({
            'name': root.env._("%s, adjustment", root.name), 'group_id': root.group_id.id, 'adjusts_id': root.id,
            'date_from': root.date_from, 'date_to': root.date_to, 'nets_advances': root.nets_advances,
            'note': root.note,
            'item_ids': [(0, 0, item._prepare_copy_vals(with_amount=True)) for item in root.item_ids],
        }).with_context(service_gate=None)
        adjustment.action_compute()
        if all(adjustment.currency_id.is_zero(line.amount) for line in adjustment.line_ids):
            adjustment.unlink()
            root._pass_gate(has_late_change=False)
            return root.browse()
        return adjustment

    def _with_booked(self, rows: list[dict]) -> list[dict]:
        """Return the shares less what was charged before; who has no share any more gets everything back."""
        if not self.adjusts_id:
            return rows
        booked = self._booked()
        for row in rows:
            before, _line = booked.pop((row['unit_id'], row['contract_line_id']), (ZERO, None))
            row['booked'] = float(before)
            row['amount'] = float(to_decimal(row['amount']) - before)
            row['explanation']['adjusts'] = self.adjusts_id.id
        return rows + [
            line._prepare_withdrawn_vals(self, before, len(rows) + place)
            for place, (before, line) in enumerate(booked.values()) if before
        ]

    def _booked(self) -> dict[tuple, tuple]:
        """Return what was charged already, by unit and service, with a share that tells whose it was.

        A charge that somebody cancelled counts as charged: what was waived stays waived.
        """
        root = self.adjusts_id
        counted = (root | root.adjustment_ids.filtered(lambda one: one.state == 'confirmed')).line_ids
        booked: dict[tuple, tuple] = {}
        for line in counted:
            key = line.unit_id.id, line.contract_line_id.id
            booked[key] = booked.get(key, (ZERO, None))[0] + to_decimal(line.amount), line
        return booked


class ServiceAllocationLine(models.Model):
    _inherit = 'service.allocation.line'

    def _charge_key(self) -> str:
        """Return what makes the charge of this share the only one of its kind."""
        self.ensure_one()
        occupant = self.occupancy_id.id or f'vacant-{self.date_from}-{self.sequence}'
        return f'allocation:{self.allocation_id.id}:{self.unit_id.id}:{occupant}'

    def _prepare_charge_vals(self) -> dict:
        """Return the pending charge or credit of a share."""
        self.ensure_one()
        lang, allocation = self.partner_id.lang, self.allocation_id
        return {
            'key': self._charge_key(), 'contract_line_id': self.contract_line_id.id, 'origin': 'allocation',
            'name': self._charge_name(lang), 'charge_date': allocation.charge_date,
            'amount': self.contract_line_id._with_included_tax(self.amount),
            'period_start': self.date_from, 'period_end': self.date_to + ONE_DAY,
            'explanation': {'rows': self._explanation_rows(lang), 'allocation_line': self.id},
        }

    def _charge_name(self, lang: str | None) -> str:
        """Return what the invoice says: the statement, the unit, and what share and advances come to."""
        env, currency = self.with_context(lang=lang).env, self.currency_id.with_context(lang=lang)
        parts = [env._("Share %s", currency.format(self.cost))]
        if self.advance:
            parts.append(env._("paid in advance %s", currency.format(self.advance)))
        if self.booked:
            parts.append(env._("charged before %s", currency.format(self.booked)))
        return f'{self.allocation_id.name}: {self.unit_name}\n{", ".join(parts)}'

    def _prepare_withdrawn_vals(self, adjustment, before: Decimal, sequence: int) -> dict:
        """Return the share of an occupant that the statement no longer knows: everything back."""
        return {
            'allocation_id': adjustment.id, 'sequence': sequence, 'unit_id': self.unit_id.id,
            'unit_name': self.unit_name, 'occupancy_id': False, 'contract_line_id': self.contract_line_id.id,
            'date_from': self.date_from, 'date_to': self.date_to, 'cost': 0.0, 'cost_percent': 0.0, 'advance': 0.0,
            'booked': float(before), 'amount': float(-before), 'is_estimated': False,
            'explanation': {
                'items': [], 'advances': [], 'days': 0, 'full_days': 0, 'adjusts': adjustment.adjusts_id.id,
            },
        }

    def _estimated_level(self, meter, readings, within: int, period: Period) -> Decimal | None:
        """Return what a meter shows at the end by the estimate; None if it was read then, or at no change before."""
        lines = self.sorted('sequence')
        if reading_at(readings, period.end, within):
            return None
        for place in reversed(range(len(lines))):
            if reading := reading_at(readings, lines[place].date_from, within):
                return level_after(reading, sum((line._used(meter) for line in lines[place:]), ZERO))
        return None

    def _used(self, meter) -> Decimal:
        """Return what the occupant used by a meter, the same for each cost that goes by it."""
        items = (self.explanation or {}).get('items', ())
        return next((Decimal(item['used']) for item in items if item['meter'] == meter.id), ZERO)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _with_included_tax(self, untaxed: float) -> float:
        """Return an amount in the prices of the service: with its tax if that is included in them."""
        self.ensure_one()
        included = self.tax_ids.filtered('price_include')
        if not included:
            return untaxed
        taxes = included.with_context(force_price_include=False).compute_all(untaxed, self.currency_id)
        return self.currency_id.round(taxes['total_included'])
