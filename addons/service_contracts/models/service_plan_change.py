"""What a plan allows its customers to change to, and how a change within a period is credited and charged."""

from odoo import fields, models

from ..rules.changes import ChangeRules

RULE_SELECTION = [
    ('none', "Nothing"), ('day', "By day"), ('30_360', "By day, months of 30 days"), ('full', "The whole period"),
]


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    change_credit_rule = fields.Selection(
        RULE_SELECTION, "Credit for the old price", default='day', required=True,
        help="What is given back of the running period that was paid at the old price. Never more than was paid.",
    )
    change_charge_rule = fields.Selection(
        RULE_SELECTION, "Charge at the new price", default='day', required=True,
        help="What is charged of the running period at the new price.",
    )
    allowed_target_ids = fields.Many2many(
        'service.plan', 'service_plan_target_rel', 'plan_id', 'target_id', string="May change to",
        check_company=True, copy=False, help="Empty: contracts of this plan stay with it.",
    )
    lower_at_period_end = fields.Boolean(
        "Smaller only at the end of the period", default=True,
        help="Larger plans and quantities may begin at once; smaller ones wait until the period that is paid is over.",
    )

    def _change_rules(self) -> ChangeRules:
        """Return how a change of a contract of this plan is settled; by day without a plan."""
        return ChangeRules(self.change_credit_rule or 'day', self.change_charge_rule or 'day')

    def _is_lower_than(self, other) -> bool | None:
        """Tell whether this plan is a lower level of the same offer than another; None if nothing says so."""
        if not self.family_id or self.family_id != other.family_id or self.level == other.level:
            return None
        return self.level < other.level
