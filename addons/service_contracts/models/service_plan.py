"""Plans: the offers from which contracts are made."""

from odoo import api, fields, models

from .product_template import RECOGNITION_SELECTION
from .service_recurrence_mixin import RECURRENCE_FIELDS


class ServicePlan(models.Model):
    _name = 'service.plan'
    _description = "Service Plan"
    _inherit = ['service.recurrence.mixin', 'service.terms.mixin']
    _order = 'sequence, name, id'
    _check_company_auto = True
    _rec_names_search = ['name', 'code']

    name = fields.Char(required=True, translate=True)
    code = fields.Char("Reference", copy=False, help="Short name by which other systems find the plan.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    company_id = fields.Many2one('res.company', index=True, help="Empty: every company may offer the plan.")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    description = fields.Html(translate=True, help="What the customer gets, in the customer's words.")
    line_ids = fields.One2many('service.plan.line', 'plan_id', "Services", copy=True)
    payment_term_id = fields.Many2one(
        'account.payment.term', "Payment terms", check_company=True, ondelete='restrict',
    )
    auto_activate = fields.Boolean(
        "Activate at once", default=True,
        help="A confirmed quotation starts the contract. Otherwise somebody activates it by hand.",
    )
    contract_ids = fields.One2many('service.contract', 'plan_id', "Contracts")
    contract_count = fields.Integer(compute='_compute_contract_count')

    recognition = fields.Selection(
        RECOGNITION_SELECTION, "Income",
        help="When the income of a period is recorded. Empty: as product or company do.",
    )

    _code_is_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL",
        "Another plan has this reference. References of plans are unique within a company.",
    )

    # === COMPUTE === #

    @api.depends('company_id')
    @api.depends_context('company')
    def _compute_currency_id(self):
        for plan in self:
            plan.currency_id = (plan.company_id or self.env.company).currency_id

    @api.depends('contract_ids')
    def _compute_contract_count(self):
        counts = dict(self.env['service.contract']._read_group(
            [('plan_id', 'in', self.ids), ('state', '!=', 'removed')], ['plan_id'], ['__count'],
        ))
        for plan in self:
            plan.contract_count = counts.get(plan._origin, 0)

    @api.depends('name', 'code')
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = f'[{plan.code}] {plan.name}' if plan.code else plan.name

    # === ACTIONS === #

    def action_view_contracts(self) -> dict:
        """Open the contracts made from this plan."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_action')
        return {
            **action,
            'domain': [('plan_id', '=', self.id)],
            'context': {'default_plan_id': self.id},
        }

    # === BUSINESS === #

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for plan, vals in zip(self, vals_list, strict=True):
            vals.setdefault('name', plan.name)
            vals['name'] = self.env._("%s (copy)", vals['name'])
        return vals_list

    def _prepare_contract_line_vals(self) -> list[dict]:
        """Return the values of the contract lines that this plan gives, in order.

        What a line does not tell here it takes from its product and its plan.
        """
        return [line._prepare_contract_line_vals() for line in self._included_lines()]

    def _recurrence_vals(self) -> dict:
        """Return the recurrence of the plan as values for a line."""
        self.ensure_one()
        return {name: self[name] for name in RECURRENCE_FIELDS}
