"""What a plan, or one service of it, grants of a feature: how much, how much in a trial, and what is above."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.entitlements import Feature

LIMIT = 10**12
ZERO = Decimal(0)


class ServiceFeatureGrant(models.Model):
    _name = 'service.feature.grant'
    _description = "Granted Feature"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'
    _check_company_auto = True

    plan_id = fields.Many2one('service.plan', "Plan", ondelete='cascade', index='btree_not_null')
    plan_line_id = fields.Many2one(
        'service.plan.line', "Service of the plan", ondelete='cascade', index='btree_not_null',
        help="Granted only to contracts that have this service.",
    )
    company_id = fields.Many2one('res.company', compute='_compute_company_id', store=True, precompute=True)
    sequence = fields.Integer(default=10)
    feature_id = fields.Many2one(
        'service.feature', "Feature", required=True, ondelete='restrict', index=True, check_company=True,
    )
    feature_kind = fields.Selection(related='feature_id.kind', string="Kind of feature")
    unit = fields.Char(related='feature_id.unit')
    is_unlimited = fields.Boolean("Unlimited")
    limit = fields.Float(help="How much may be used in a period.")
    per_unit = fields.Boolean(
        "For each unit", help="The limit counts for each unit of the service: five booked, five times as much.",
    )
    trial = fields.Selection(
        [('same', "As after it"), ('limit', "With a limit of its own"), ('none', "Not at all")],
        "In a trial", default='same', required=True,
    )
    trial_limit = fields.Float("Limit in a trial")
    above = fields.Selection(
        [('refuse', "Refused"), ('allow', "Allowed and charged")], "Above the limit", default='refuse', required=True,
    )

    _one_owner = models.Constraint(
        'CHECK (num_nonnulls(plan_id, plan_line_id) = 1)',
        "A feature is granted by a plan or by one of its services.",
    )
    # PostgreSQL takes NaN for greater than every number, so the upper bounds keep it and infinity out.
    _limit_in_range = models.Constraint(
        f'CHECK (LEAST("limit", trial_limit) >= 0 AND GREATEST("limit", trial_limit) < {LIMIT})',
        "Limits are numbers from 0 up to one million million.",
    )

    @api.constrains('feature_id', 'limit', 'is_unlimited', 'trial', 'trial_limit')
    def _check_limit(self):
        for grant in self:
            if grant.feature_kind == 'quantity' and not grant.is_unlimited and not grant.limit:
                raise ValidationError(self.env._(
                    "%(feature)s: say how much is granted, or that it is unlimited.",
                    feature=grant.feature_id.display_name,
                ))

    @api.depends('plan_id.company_id', 'plan_line_id.plan_id.company_id')
    def _compute_company_id(self):
        for grant in self:
            grant.company_id = (grant.plan_id or grant.plan_line_id.plan_id).company_id

    @api.depends('feature_id')
    def _compute_display_name(self):
        for grant in self:
            grant.display_name = grant.feature_id.display_name

    def _input_ranges(self):
        return {**super()._input_ranges(), **dict.fromkeys(('limit', 'trial_limit'), (0, LIMIT))}

    def _feature(self, quantity: float = 1.0) -> Feature:
        """Return the grant as the rules know it.

        :param quantity: of the service that grants it.
        """
        self.ensure_one()
        is_switch = self.feature_kind == 'switch'
        factor = Decimal(repr(quantity)) if self.per_unit else Decimal(1)
        trial_limit = {'same': None, 'limit': Decimal(repr(self.trial_limit)) * factor, 'none': ZERO}[self.trial]
        return Feature(
            self.feature_id.code,
            None if is_switch or self.is_unlimited else Decimal(repr(self.limit)) * factor,
            ZERO if trial_limit == 0 else (None if is_switch else trial_limit),
            self.above == 'refuse',
        )


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    grant_ids = fields.One2many('service.feature.grant', 'plan_id', "Features", copy=True)


class ServicePlanLine(models.Model):
    _inherit = 'service.plan.line'

    grant_ids = fields.One2many('service.feature.grant', 'plan_line_id', "Features", copy=True)
