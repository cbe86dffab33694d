"""The prepayment interval in a change: the one chosen, or the one that runs where the new plan offers it too."""

from odoo import fields, models
from odoo.exceptions import UserError


class ServiceContractChange(models.Model):
    _inherit = 'service.contract.change'

    plan_interval_id = fields.Many2one('service.plan.interval', "Paid ahead", readonly=True, ondelete='restrict')

    def _prepare_plan_vals(self):
        return {**super()._prepare_plan_vals(), 'plan_interval_id': self.plan_interval_id.id}


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _wished_interval(self, plan, change: dict):
        """Return the interval that an object names, else the one that goes on.

        :raises UserError: if the plan does not offer it, or nothing would change.
        """
        if 'interval' not in change:
            return self._kept_interval(plan)
        interval = plan._find_interval(change['interval'])
        if plan == self.plan_id and interval == self.plan_interval_id:
            raise UserError(self.env._("%s: this interval runs already. Choose another one.", self.display_name))
        return interval

    def _kept_interval(self, plan):
        """Return the interval of a plan that is as long as the one that runs; none where the plan has no such."""
        present = self._paid_interval()
        if plan._interval().is_as_long(present):
            return plan.interval_ids.browse()
        return plan.interval_ids.filtered(lambda offer: offer._interval().is_as_long(present))[:1]

    def _paid_interval(self):
        """Return how far ahead the contract pays, as the rules know it."""
        return (self.plan_interval_id or self.plan_id)._interval()

    def _is_shorter(self, wish) -> bool:
        """Tell whether a wish pays less far ahead than the contract does now."""
        wished, today = (wish.interval or wish.plan)._interval(), self.company_id._service_today()
        return wished.plus(today) < self._paid_interval().plus(today)

    def _plan_summary(self, wish) -> str:
        """Return plan and interval before and after in a few words."""
        before, after = ((interval or plan)._recurrence_text() for interval, plan in (
            (self.plan_interval_id, self.plan_id), (wish.interval, wish.plan),
        ))
        if wish.plan == self.plan_id:
            return f'{wish.plan.name}: {before} → {after}'
        name = f'{self.plan_id.name} → {wish.plan.name}'
        return f'{name}, {after}' if wish.interval else name
