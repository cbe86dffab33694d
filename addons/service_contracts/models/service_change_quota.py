"""Free quota and limits of a metered service in a period that a change cuts: granted and owed once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..rules.billing import Charge
from ..rules.periods import Period
from ..rules.pricing import PriceModel
from ..rules.proration import prorated_share

ONE_DAY = timedelta(days=1)
ADDED_UP = ('sum', 'count')
"""Ways of counting by which what was used before a change and after it adds up."""
ZERO = Decimal(0)
QUOTA_RULES = [('used', "Less what was used before"), ('day', "By day, before and after"), ('anew', "Granted anew")]


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    change_quota_rule = fields.Selection(
        QUOTA_RULES, "Free quota after a change", default='used', required=True,
        help="What a metered service has free in the period in which it changes. Minimum and maximum charges are owed "
             "by day, unless all is granted anew. Levels and peaks go by day instead of by use.",
    )


class ServiceContractChange(models.Model):
    _inherit = 'service.contract.change'

    quota_rule = fields.Selection(QUOTA_RULES, "Free quota after a change", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        plans = self.env['service.plan'].browse
        return super().create([
            {**vals, 'quota_rule': plans(vals.get('plan_from_id')).change_quota_rule} for vals in vals_list])

    def _quota_rule(self) -> str:
        return self.quota_rule or self.plan_from_id.change_quota_rule or 'used'


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _changed_model(self, model: PriceModel, charge: Charge, drawn: Decimal | None = None) -> PriceModel:
        """Return the price of a period; one that a change cut has its part of quota and limits.

        :param drawn: what was drawn of the period's quota before the change; None: it is measured.
        """
        if charge.kind != 'usage' or charge.period == charge.full_period or self.prorates_limits:
            return model
        came, rule = self._cut_by_change(charge.period)
        if not rule or rule == 'anew':
            return model
        share = prorated_share(charge.period, charge.full_period, 'day')
        if rule == 'day' or self.meter_id.aggregation not in ADDED_UP:
            return model.prorated(share)
        free = model.free_quantity - (came._quota_drawn(charge.full_period) if drawn is None else drawn)
        return replace(model.prorated(share, ('minimum', 'maximum')), free_quantity=max(free, ZERO))

    def _cut_by_change(self, period: Period) -> tuple:
        """Return the services in whose place this one came in a period, and the rule of the change that cut it.

        The rule is empty if no change did.
        """
        line_sudo = self.sudo()  # sudo: a customer sees the price of the usage without the right to read changes
        came = line_sudo.change_line_ids.filtered(
            lambda step: step.change_id.date_effective == period.start and step.old_line_id.meter_id == self.meter_id)
        went = line_sudo.replaced_by_ids.filtered(
            lambda step: step.change_id.date_effective == period.end and step.change_id.state != 'withdrawn'
            and step.new_line_id)
        change = (came or went)[:1].change_id
        return came.old_line_id, change and change._quota_rule()

    def _shares_quota_by_day(self) -> bool:
        """Tell whether the change that brought this service left each part of the period its share of the quota."""
        steps = self.sudo().change_line_ids  # sudo: as above
        change = steps.filtered(lambda step: step.old_line_id.meter_id == self.meter_id)[:1].change_id
        rule = change and change._quota_rule()
        return bool(rule) and rule != 'anew' and (
            rule == 'day' or self.prorates_limits or self.meter_id.aggregation not in ADDED_UP)

    def _quota_drawn(self, full: Period) -> Decimal:
        """Return how much of the free quota of a period was used by these services and those they came from."""
        drawn = ZERO
        for line in self:
            before = line.change_line_ids.old_line_id.filtered(lambda old, meter=line.meter_id: old.meter_id == meter)
            drawn += before._quota_drawn(full) if line._service_start() > full.start else ZERO
            free = max(Decimal(repr(line.free_quantity)) - drawn, ZERO)
            drawn += min(line._used_within(full), free)
        return drawn

    def _used_within(self, full: Period) -> Decimal:
        """Return what was used of this service in a period, until its own end."""
        start, end = max(full.start, self._billing_start()), min(full.end, self.date_end + ONE_DAY)
        if start >= end:
            return ZERO
        wanted = self.env['service.usage.rater']._wanted(self, Period(start, end))
        measured, = self.env['service.usage.record']._measure([wanted])
        return measured.quantity
