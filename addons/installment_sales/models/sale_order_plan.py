"""Confirmed orders in installments: the plan, its invoice, and the limit of the customer."""

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.offer import Offer
from ..rules.settlement import exceeds


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    installment_plan_ids = fields.One2many('installment.plan', 'sale_order_id', "Installment plans", copy=False)
    installment_plan_count = fields.Integer("Plans", compute='_compute_installment_plan_count')

    @api.depends('installment_plan_ids')
    def _compute_installment_plan_count(self):
        for order in self:
            # sudo: a salesperson sees that there is a plan; opening it needs the role
            order.installment_plan_count = len(order.sudo().installment_plan_ids)

    # === CONFIRMATION === #

    def _action_confirm(self):
        # EXTENDS sale
        result = super()._action_confirm()
        for order in self.filtered('installment_terms_id'):
            # sudo: a salesperson, or the customer on the portal, confirms; plan and invoice follow
            order.sudo().with_company(order.company_id)._open_installment_plan()
        return result

    def _open_installment_plan(self) -> None:
        """Make the plan of a confirmed order and post its invoice; an order with a plan is left as it is."""
        if self.installment_plan_ids:
            return
        given = self._installment_offer(self.installment_terms_id)
        if not self.installment_start:
            self.with_context(service_gate=SERVICE_GATE).installment_start = given.start
        plan = self.env['installment.plan'].create({
            **self.installment_terms_id._prepare_plan_vals(given, self, self.partner_id),
            'accepted_by': self.installment_accepted_by or self.signed_by,
            'accepted_on': self.installment_accepted_on or self.signed_on,
            'accepted_from': self.installment_accepted_from,
        })
        self._force_lines_to_invoice_policy_order()
        plan._bill_at_start()
        plan._log(self.env._("Agreed with order %s.", self.name))
        self.env.ref('installment_sales.installment_agreement_cron').sudo()._trigger()  # sudo: any user may wake it

    def _prepare_invoice(self):
        # EXTENDS sale: the invoice of a new plan carries its costs and falls due by its installments
        values = super()._prepare_invoice()
        plan = self.env.context.get('installment_plan')
        if not isinstance(plan, models.BaseModel) or plan.sale_order_id != self:
            return values
        return {
            **values,
            'installment_plan_id': plan.id,
            'installment_role': 'sale',
            'installment_line_ids': [Command.set(plan.line_ids.ids)],
            'invoice_date': plan.date_start,
            'invoice_payment_term_id': False,
            'invoice_line_ids': [*values['invoice_line_ids'], *plan._prepare_charge_lines(plan.line_ids)],
        }

    def _installment_over_limit(self, given: Offer) -> str:
        """Return why a customer may not owe that much more, else nothing."""
        company = self.company_id
        partner = self.partner_id.with_company(company).commercial_partner_id
        # sudo: the check is for everybody who sells
        owed = to_decimal(company.currency_id.round(partner.sudo()._installment_owed()[1]))
        financed = self.currency_id._convert(
            float(given.total - given.at_start), company.currency_id, company, given.start)
        limit = to_decimal(partner.with_company(company)._installment_limit())
        over = exceeds(limit, owed, to_decimal(financed))
        if not over:
            return ''
        return self.env._(
            "%(customer)s owes %(owed)s in open plans; with this order it would be %(over)s more than the limit of "
            "%(limit)s.", customer=partner.name, **{
                name: company.currency_id.format(float(amount))
                for name, amount in (('owed', owed), ('over', over), ('limit', limit))
            },
        )

    def _action_cancel(self):
        # EXTENDS sale: a running plan is cancelled by its own terms first
        for order in self:
            # sudo: whoever cancels the order has to know
            running = order.sudo().installment_plan_ids.filtered(lambda plan: plan.state == 'active')
            if running:
                raise UserError(self.env._(
                    "%(order)s is paid in installments by %(plan)s. Cancel the plan first, so that its invoice is "
                    "credited.", order=order.name, plan=running[0].name,
                ))
        return super()._action_cancel()

    def action_view_installment_plans(self) -> dict:
        """Open the plans of the orders."""
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.installment_plan_action')
        plans = self.installment_plan_ids
        if len(plans) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': plans.id}
        return {**action, 'domain': [('id', 'in', plans.ids)]}
