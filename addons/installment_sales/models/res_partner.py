"""Customers: what they owe in open plans, and how much they may."""

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    installment_limit = fields.Float(
        company_dependent=True, digits='Product Price', groups='installment_sales.group_installment_user',
        help="The most this customer may owe in open plans. 0: the limit of the company.",
    )
    installment_exposure = fields.Monetary(
        "Open installments", compute='_compute_installment_exposure', currency_field='currency_id',
        groups='installment_sales.group_installment_user',
        help="What the customer and its contacts still owe in all plans, in the currency of the company.",
    )
    installment_plan_count = fields.Integer(
        compute='_compute_installment_exposure', groups='installment_sales.group_installment_user',
    )

    @api.depends_context('company')
    def _compute_installment_exposure(self):
        for partner in self:
            partner.installment_plan_count, partner.installment_exposure = partner._installment_owed()

    def _installment_owed(self) -> tuple[int, float]:
        """Return how many plans the customer has, and what is open in them in the currency of the company."""
        ((count, owed),) = self.env['installment.plan']._read_group(
            self._installment_plan_domain(), aggregates=['__count', 'company_residual:sum'],
        )
        return count, owed

    def _installment_plan_domain(self) -> list:
        return [
            ('partner_id', 'child_of', self.commercial_partner_id.ids), ('company_id', '=', self.env.company.id),
        ]

    def _installment_limit(self) -> float:
        """Return the limit in the currency of the company, 0 if there is none."""
        # sudo: the check is for everybody who sells, reading the limit is not
        customer_sudo = self.commercial_partner_id.sudo()
        return customer_sudo.installment_limit or self.env.company.installment_limit

    def action_view_installment_plans(self) -> dict:
        """Open the plans of the customer and its contacts."""
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.installment_plan_action')
        return {**action, 'domain': self._installment_plan_domain(), 'context': {}}
