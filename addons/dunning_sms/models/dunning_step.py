"""A step of a policy: its distance to the due date, its messages, its fee, and what happens if nobody pays."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules import fees
from ..rules.escalation import Step


class DunningStep(models.Model):
    _name = 'dunning.step'
    _description = "Reminder Step"
    _order = 'policy_id, distance, id'

    policy_id = fields.Many2one('dunning.policy', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='policy_id.company_id')
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    distance = fields.Integer(
        "Days", required=True, help="Days from the due date: negative before it, 0 on the day, positive after it.",
    )
    repeat_days = fields.Integer("Repeat every", help="Days until the step comes again; 0: once.")
    repeat_times = fields.Integer("Repetitions", help="At most so many; 0: until the next step.")
    needs_previous = fields.Boolean(
        "After the step before", help="Goes out only after the step before it did, and as many days later.",
    )
    minimum_amount = fields.Float("Minimum", help="Nothing is sent for a smaller total, in the company's currency.")
    route_ids = fields.One2many('dunning.route', 'step_id', "Messages", copy=True)
    fee_amount = fields.Float("Fee", help="Charged once for each line (or each customer), in the company's currency.")
    fee_percent = fields.Float("Fee (%)", digits=(16, 4), help="Of what is open, beside the fixed fee.")
    fee_limit = fields.Float("Highest fee", help="0: no limit.")
    fee_scope = fields.Selection(
        [('line', "Each late payment"), ('notice', "Each notice")], "Fee for", required=True, default='notice',
    )
    charge_interest = fields.Boolean("Charge interest", help="By the rate of the policy, up to the day of the notice.")
    action_id = fields.Many2one(
        'ir.actions.server', "Consequence", ondelete='restrict', domain=[('model_id.model', '=', 'account.move.line')],
        help="A server action that is run on the receivable lines, such as to suspend the service.",
    )
    action_moment = fields.Selection(
        [('suspension', "On the suspension date"), ('removal', "On the removal date"),
         ('notice', "So many days after this notice")],
        "When", default='suspension', required=True,
    )
    action_days = fields.Integer("Days after the notice", default=7)
    lift_action_id = fields.Many2one(
        'ir.actions.server', "When paid", ondelete='restrict', domain=[('model_id.model', '=', 'account.move.line')],
        help="A server action that takes the consequence back as soon as the line is paid.",
    )

    _repeat = models.Constraint(
        'CHECK (repeat_days >= 0 AND repeat_times >= 0)', "A step repeats after one day or more.",
    )
    _fees = models.Constraint(
        'CHECK (fee_amount >= 0 AND fee_percent >= 0 AND fee_limit >= 0 AND minimum_amount >= 0)',
        "Fees and minimum amounts cannot be negative.",
    )

    @api.constrains('action_id', 'lift_action_id', 'action_moment', 'action_days')
    def _check_actions(self):
        for step in self:
            for action in step.action_id | step.lift_action_id:
                if action.model_id.model != 'account.move.line':
                    raise ValidationError(self.env._(
                        "%(step)s: the action “%(action)s” must be one for journal items.",
                        step=step.name, action=action.name,
                    ))
            if step.action_id and step.action_moment == 'notice' and step.action_days < 1:
                raise ValidationError(self.env._(
                    "%(step)s: leave the customer at least one day between the notice and its consequence.",
                    step=step.name,
                ))

    @api.depends('name', 'distance')
    def _compute_display_name(self):
        for step in self:
            step.display_name = self.env._(
                "%(days)s days: %(step)s", days=f'{step.distance:+d}' if step.distance else '0', step=step.name or '',
            )

    def _step(self) -> Step:
        return Step(self.id, self.distance, self.repeat_days, self.repeat_times, self.needs_previous)

    def _routes(self) -> tuple:
        return tuple(route._route() for route in self.route_ids)

    def _fee(self, open_amount: Decimal, digits: int) -> Decimal:
        """Return the fee for an open amount, both in the company's currency."""
        return fees.fee(
            Decimal(str(self.fee_amount)), Decimal(str(self.fee_percent)) / 100, open_amount, digits,
            Decimal(str(self.fee_limit)) if self.fee_limit else None,
        )
