"""How far ahead a customer wants to pay: a prepayment interval asked for with another plan, or alone."""

from odoo import api, fields, models


class ServiceRequest(models.Model):
    _inherit = 'service.request'

    plan_interval_id = fields.Many2one('service.plan.interval', "Paid ahead", ondelete='restrict')

    @api.model
    def _offers(self, contract):
        offers = super()._offers(contract)
        plans = offers['plans']
        if contract.state == 'active' and contract.plan_id.interval_ids:
            plans |= contract.plan_id
        present = contract.plan_id, contract.plan_interval_id
        choices = [
            (plan, interval) for plan in plans for interval in (plan.interval_ids.browse(), *plan.interval_ids)
            if (plan, interval) != present
        ]
        return {**offers, 'plans': plans, 'choices': [self._prepare_choice(*choice) for choice in choices]}

    def _prepare_choice(self, plan, interval) -> dict:
        """Return a plan paid so far ahead as the form sends it, and in words."""
        text = interval.display_name or (plan._recurrence_text() if plan.interval_ids else '')
        return {'value': f'{plan.id}:{interval.id or 0}', 'label': f'{plan.name}, {text}' if text else plan.name}

    @api.model
    def _wish_vals(self, contract, kind, typed):
        plan, _colon, interval = str(typed.get('plan') or '').partition(':')
        vals = super()._wish_vals(contract, kind, {**typed, 'plan': plan})
        offered = self.env['service.plan'].browse(vals['plan_id']).interval_ids
        # without a choice of its own the interval that runs is kept
        kept = contract._kept_interval(offered.plan_id) if offered and not interval else offered.browse()
        return {**vals, 'plan_interval_id': (self._chosen(offered, interval) or kept).id}

    @api.model
    def _prepare_change(self, contract, vals):
        change = super()._prepare_change(contract, vals)
        interval = self.env['service.plan.interval'].browse(vals['plan_interval_id'])
        if vals['plan_id'] == contract.plan_id.id:
            del change['plan']
        return {**change, 'interval': interval._prepare_answer()}
