"""A policy: the steps by which customers are reminded, the dates they are told, interest and fees."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules.decision import Policy
from ..rules.errors import RuleError
from ..rules.escalation import Offsets


class DunningPolicy(models.Model):
    _name = 'dunning.policy'
    _description = "Reminder Policy"
    _inherit = ['mail.thread']
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', help="Empty: every company may use it.")
    category_ids = fields.Many2many(
        'res.partner.category', string="For customers tagged",
        help="Customers with one of these tags get this policy, unless they have one of their own.",
    )
    step_ids = fields.One2many('dunning.step', 'policy_id', "Steps", copy=True)
    grace_days = fields.Integer(
        "Last safe day", default=5, tracking=True,
        help="Days after the due date until which one can pay without losing service.",
    )
    suspension_days = fields.Integer(
        "Suspension", default=10, tracking=True, help="Days after the due date; 0: nothing is suspended.",
    )
    removal_days = fields.Integer(
        "Removal", default=30, tracking=True, help="Days after the due date; 0: nothing is removed.",
    )
    warning_days = fields.Integer(
        "Warning", default=5,
        help="Nothing is suspended or removed sooner than so many days after the customer first heard of it.",
    )
    is_business_days = fields.Boolean("Working days", help="These days count from Monday to Friday, without holidays.")
    contact_rule_id = fields.Many2one(
        'dunning.contact.rule', "Contact rule", help="Empty: the rule of the company.",
    )
    interest_rate = fields.Float("Interest a year (%)", digits=(16, 4), tracking=True)
    interest_days = fields.Selection(
        [('365', "365 days"), ('360', "360 days"), ('actual', "Days of the calendar year")],
        "Year of", required=True, default='365',
    )
    is_interest_on_charges = fields.Boolean(
        "Interest on fees and interest", help="Where the law allows it. Fees are never charged on fees.",
    )
    is_interest_on_disputes = fields.Boolean(
        "Interest on rejected disputes", default=True,
        help="An open dispute bears no interest. Once it is released, its days bear interest from the due date on.",
    )
    is_removal_of_invoice = fields.Boolean(
        "Only with the whole invoice", help="Consequences wait until every line of the invoice has passed its date.",
    )
    notice_count = fields.Integer(compute='_compute_notice_count')

    _interest = models.Constraint('CHECK (interest_rate >= 0)', "A rate of interest cannot be negative.")

    @api.constrains('grace_days', 'suspension_days', 'removal_days', 'warning_days')
    def _check_days(self):
        for policy in self:
            try:
                policy._offsets()
            except RuleError:
                raise ValidationError(self.env._(
                    "%(policy)s: the last safe day comes first, then the suspension, then the removal.",
                    policy=policy.name,
                )) from None
            if policy.warning_days < 0:
                raise ValidationError(self.env._("%(policy)s: a warning takes 0 days or more.", policy=policy.name))

    def _compute_notice_count(self):
        counts = dict(self.env['dunning.notice']._read_group(
            [('policy_id', 'in', self.ids)], ['policy_id'], ['__count'],
        ))
        for policy in self:
            policy.notice_count = counts.get(policy, 0)

    # === ACTIONS === #

    def action_view_notices(self) -> dict:
        """Open the notices of this policy."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.dunning_notice_action')
        return {**action, 'domain': [('policy_id', '=', self.id)], 'context': {}}

    # === BUSINESS === #

    def _offsets(self) -> Offsets:
        return Offsets(self.grace_days, self.suspension_days or None, self.removal_days or None)

    def _terms(self, company) -> Policy:
        """Return what the rules need of this policy."""
        self.ensure_one()
        steps = self.step_ids
        return replace(
            self._date_terms(company),
            steps=tuple(step._step() for step in steps),
            minimums={step.id: Decimal(str(step.minimum_amount)) for step in steps if step.minimum_amount},
            routes={step.id: step._routes() for step in steps},
        )

    def _date_terms(self, company) -> Policy:
        """Return what of this policy the four dates depend on: all but its steps."""
        self.ensure_one()
        business = self._contact_rule(company)._rule() if self.is_business_days else None
        return Policy((), self._offsets(), self.warning_days, business)

    def _contact_rule(self, company):
        """Return the contact rule that holds for this policy in a company."""
        return self.contact_rule_id or company.dunning_contact_rule_id

    @api.model
    def _by_partner(self, company, partners) -> dict:
        """Return the policy of each customer: its own, else that of one of its tags, else the company's."""
        default = company.dunning_policy_id
        by_tag = defaultdict(lambda: self.browse())
        tagged = self.search([('category_ids', '!=', False), ('company_id', 'in', (company.id, False))])
        for policy in reversed(tagged):
            for tag in policy.category_ids:
                by_tag[tag.id] = policy
        result = {}
        for partner in partners.with_company(company):
            policy = partner.dunning_policy_id
            if not policy and by_tag:
                policy = min((by_tag[tag] for tag in partner.category_id.ids if tag in by_tag),
                             key=lambda found: (found.sequence, found.id), default=policy)
            result[partner.id] = policy if policy and policy.active else default
        return result
