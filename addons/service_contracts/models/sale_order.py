"""Quotations that open contracts: confirm one and its services are billed by themselves."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.metrics import monthly_amount
from ..rules.money import to_decimal
from .service_terms_mixin import TERM_FIELDS


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    service_plan_to_add_id = fields.Many2one(
        'service.plan', "Add plan", store=False, help="Adds all services of the plan to the lines.",
    )
    service_contract_ids = fields.Many2many(
        'service.contract', compute='_compute_service_contract_ids', compute_sudo=True,
        help="Known to whoever reads the order; to open one needs the right to read contracts.",
    )
    service_contract_count = fields.Integer(compute='_compute_service_contract_ids', compute_sudo=True)
    service_monthly_total = fields.Monetary(
        "Monthly recurring", compute='_compute_service_monthly_total',
        help="Recurring services without tax, brought to one month.",
    )

    # === COMPUTE === #

    @api.depends('order_line.service_contract_line_ids.contract_id')
    def _compute_service_contract_ids(self):
        for order in self:
            order.service_contract_ids = order.order_line.service_contract_line_ids.contract_id
            order.service_contract_count = len(order.service_contract_ids)

    @api.depends('order_line.price_subtotal', 'order_line.service_plan_id', 'order_line.service_plan_line_id',
                 'order_line.service_plan_interval_id')
    def _compute_service_monthly_total(self):
        for order in self:
            recurring = order.order_line.filtered(lambda line: line._is_recurring())
            order.service_monthly_total = float(sum((
                monthly_amount(to_decimal(line.price_subtotal), line._service_interval()) for line in recurring
            ), Decimal(0)))

    @api.onchange('service_plan_to_add_id')
    def _onchange_service_plan_to_add_id(self):
        plan = self.service_plan_to_add_id
        self.order_line = [Command.create(vals) for vals in self._prepare_plan_order_lines(plan)]
        self.service_plan_to_add_id = False

    # === ACTIONS === #

    def action_add_service_plan(self, plan_id: int) -> bool:
        """Add all services of a plan to quotations.

        :param plan_id: database id of a service.plan.
        :raises UserError: if there is no such plan.
        """
        plan = self.env['service.plan'].browse(plan_id if type(plan_id) is int else []).exists()
        if not plan:
            raise UserError(self.env._("There is no plan with the id “%s”.", str(plan_id)[:60]))
        for order in self:
            order.order_line = [Command.create(vals) for vals in order._prepare_plan_order_lines(plan)]
        return True

    def action_view_service_contracts(self) -> dict:
        """Open the contracts that bill these orders."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_action')
        contracts = self.service_contract_ids
        if len(contracts) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': contracts.id}
        return {**action, 'domain': [('id', 'in', contracts.ids)], 'context': {'create': False}}

    def _action_confirm(self):
        result = super()._action_confirm()
        self._open_service_contract()
        return result

    def _action_cancel(self):
        """A contract that has not begun goes with its order; one that runs has to be ended by its own terms."""
        # sudo: whoever may cancel the order takes back what its confirmation made
        contracts_sudo = self.sudo().service_contract_ids.filtered(lambda contract: contract.state != 'removed')
        drafts_sudo = contracts_sudo.filtered(lambda contract: contract.state == 'draft')
        (contracts_sudo - drafts_sudo)._log_note(self.env._(
            "The order %s was cancelled. The contract runs on until it is ended.", ', '.join(self.mapped('name')),
        ))
        drafts_sudo.unlink()
        return super()._action_cancel()

    # === BUSINESS === #

    def _force_lines_to_invoice_policy_order(self):
        # EXTENDS sale: paying the order does not make it bill what the contract bills
        super()._force_lines_to_invoice_policy_order()
        self.order_line.filtered('service_plan_id').qty_to_invoice = 0.0

    def _get_invoiceable_lines(self, final=False):
        # EXTENDS sale
        return super()._get_invoiceable_lines(final).filtered(lambda line: not line.service_plan_id)

    def _prepare_plan_order_lines(self, plan) -> list[dict]:
        if plan:
            plan._check_offered_to(self.partner_id, self.pricelist_id)
        return [self._prepare_plan_order_line(line) for line in plan._included_lines()]

    def _prepare_plan_order_line(self, line) -> dict:
        """Return the order line that sells one service of a plan; extend it to hand on further fields."""
        return {
            'product_id': line.product_id.id,
            'service_plan_id': line.plan_id.id,
            'service_plan_line_id': line.id,
            'name': line.name,
            'product_uom_qty': line.quantity,
            'product_uom_id': line.product_uom_id.id,
            **({'discount': line.discount} if line.discount else {}),
        }

    def _open_service_contract(self) -> None:
        """Put the services of confirmed orders into one contract each; what has a contract is left out."""
        for order in self:
            # sudo: a salesperson, or the customer on the portal, confirms; the contract follows from it
            order_sudo = order.sudo().with_company(order.company_id)
            new_sudo = order_sudo.order_line.filtered(lambda line: line._awaits_contract())
            for lines_sudo in order_sudo._contract_groups(new_sudo):
                order_sudo._put_under_contract(lines_sudo)

    def _contract_groups(self, lines) -> list:
        """Return which order lines go under one contract together: all of them. Override it to split them."""
        return [lines] if lines else []

    def _contract_to_join(self, lines):
        """Return the running contract of the order that takes up more of its services; maybe none."""
        return self.service_contract_ids.filtered(lambda c: c.state in ('draft', 'active', 'suspended'))[:1]

    def _put_under_contract(self, lines) -> None:
        """Add order lines to a contract of the order; make it, and activate it, if there is none.

        What keeps the contract from being active does not keep the customer from buying: it becomes a task.
        """
        line_vals = [line._prepare_contract_line_vals() for line in lines]
        contract = self._contract_to_join(lines)
        if contract:
            contract.line_ids = [Command.create(vals) for vals in line_vals]
            return
        contract = contract.create(self._prepare_service_contract_vals(line_vals))
        if missing := contract._missing_for_activation():
            contract.activity_schedule(
                'mail.mail_activity_data_warning', summary=self.env._("Complete and activate the contract"),
                note='\n'.join(missing), user_id=contract.user_id.id or self.env.uid,
            )
        elif all(lines.service_plan_id.mapped('auto_activate')):
            contract.action_activate()

    def _prepare_service_contract_vals(self, line_vals: list[dict]) -> dict:
        """Return the values of a contract with these lines; extend it to hand on further fields."""
        self.ensure_one()
        plans = self.env['service.plan'].browse(dict.fromkeys(vals['plan_id'] for vals in line_vals))
        return {
            'partner_id': self.partner_id.id,
            'partner_invoice_id': self.partner_invoice_id.id,
            'company_id': self.company_id.id,
            'plan_id': plans.id if len(plans) == 1 else False,
            'pricelist_id': self.pricelist_id.id,
            'currency_id': self.currency_id.id,
            'fiscal_position_id': self.fiscal_position_id.id,
            'payment_term_id': self.payment_term_id.id or plans[:1].payment_term_id.id,
            'preferred_payment_method_line_id': self.preferred_payment_method_line_id.id,
            'user_id': self.user_id.id,
            'team_id': self.team_id.id,
            'date_start': self.company_id._service_today(),
            'line_ids': [Command.create(vals) for vals in line_vals],
            **({'journal_id': self.journal_id.id} if self.journal_id else {}),
            **_terms_vals(plans[:1]),
        }


def _terms_vals(plan) -> dict:
    return {name: plan[name] for name in TERM_FIELDS}
