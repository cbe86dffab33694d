"""Discounts and bonus rules in a change of plan: what carries over counts on, what the new plan promises begins."""

from dataclasses import replace
from datetime import date

from odoo import fields, models
from odoo.fields import Command

from ..rules.bonus import Discount
from ..rules.carry import carried


class ServiceReduction(models.Model):
    _inherit = 'service.reduction'

    carries_over = fields.Boolean(
        "Goes on after a change of plan", default=True,
        help="What is left of a discount goes on in the new plan, and the months of loyalty count from the start of "
             "the service. Else it ends with the plan, and the new plan's own begins from the first period.",
    )
    origin_date = fields.Date(
        "Counts since", readonly=True,
        help="The first day of the service from which it went on by a change of plan. Empty: that of its own service.",
    )

    def _prepare_copy_vals(self):
        return {**super()._prepare_copy_vals(), 'carries_over': self.carries_over}

    def _prepare_kept_vals(self):
        return {**super()._prepare_kept_vals(), 'origin_date': self.origin_date}

    def _reduction(self, lang):
        return replace(super()._reduction(lang), origin=self.origin_date or None)

    def _is_twin_of(self, promised: dict) -> bool:
        """Tell whether the new plan promises the same: its customers have it once."""
        return not self.coupon_id and (self.kind, self.name) == (promised['kind'], promised['name'])


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _prepare_carried_reductions(self, new, promised: list[dict], day: date) -> list:
        """Return the reductions of the service that takes the place of this one on a day.

        :param new: that service, not saved yet; :param promised: what its plan gives.
        """
        self.ensure_one()
        ours = self.reduction_ids.filtered('carries_over')
        kept, vals_list = ours, []
        for promise in promised:
            twin = ours.filtered(lambda reduction, promise=promise: reduction._is_twin_of(promise))[:1]
            kept -= twin
            vals_list.append(self._carried_vals(twin, new, day, promise) if twin else self._promised_vals(promise))
        vals_list += [self._carried_vals(reduction, new, day) for reduction in kept]
        return [Command.create(vals) for vals in vals_list if vals]

    def _promised_vals(self, promise: dict) -> dict:
        """Return what the new plan gives; loyalty looks at the whole service."""
        is_loyal = promise['kind'] == 'loyalty' and promise.get('carries_over')
        return {**promise, 'origin_date': self._reductions_origin()} if is_loyal else promise

    def _carried_vals(self, reduction, new, day: date, promise: dict | None = None) -> dict | None:
        """Return a reduction of this service as it goes on in another one; None where nothing is left of it."""
        origin = reduction.origin_date or self._reductions_origin()
        vals = {**reduction._prepare_kept_vals(), 'origin_date': origin}
        if self._is_as_long_as(new):
            return {**vals, **(promise or {}), 'origin_date': origin}
        old, coming = self._recurrence(self._billing_start()), new._recurrence(day)
        bonus = carried(reduction._bonus(), max(reduction.date_start or origin, origin), day, old, coming,
                        self.currency_id.decimal_places)
        if isinstance(bonus, Discount):
            return {**vals, 'percent': float(bonus.percent), 'amount': float(bonus.amount),
                    'periods': bonus.periods or 0, 'date_start': False, 'origin_date': False}
        return vals if bonus else None

    def _reductions_origin(self) -> date:
        return self.origin_date or self._billing_start()

    def _is_as_long_as(self, other) -> bool:
        return self._recurrence(self._billing_start()).interval.is_as_long(other._recurrence(other.date_start).interval)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _prepare_carried_vals(self, vals, old, day):
        carried_vals = super()._prepare_carried_vals(vals, old, day)
        if not old or 'one_time' in (vals['kind'], old.kind) or 'origin_date' in vals:
            return carried_vals  # a service that goes on with another quantity keeps all of it
        new = self.env['service.contract.line'].new(vals)
        promised = [command[2] for command in vals.get('reduction_ids', ())]
        return {**carried_vals, 'reduction_ids': old._prepare_carried_reductions(new, promised, day)}
