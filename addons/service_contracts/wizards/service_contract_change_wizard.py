"""Changes a contract: another plan, other quantities or prices, with what that costs shown before it is confirmed."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.service_change_wish import Wish


class ServiceContractChangeWizard(models.TransientModel):
    _name = 'service.contract.change.wizard'
    _description = "Change a Contract"

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    kind = fields.Selection(
        [('plan', "Another plan"), ('quantity', "Other quantities or prices")], "Change to", required=True,
        default='plan',
    )
    plan_from_id = fields.Many2one(related='contract_id.plan_id', string="Present plan")
    allowed_target_ids = fields.Many2many(related='contract_id.plan_id.allowed_target_ids')
    plan_id = fields.Many2one('service.plan', "New plan", domain="[('id', 'in', allowed_target_ids)]")
    plan_interval_id = fields.Many2one(
        'service.plan.interval', "Paid ahead", compute='_compute_plan_interval_id', store=True, readonly=False,
        domain="[('plan_id', '=', plan_id)]",
    )
    has_intervals = fields.Boolean(compute='_compute_has_intervals')
    when = fields.Selection(
        [('auto', "As the plan asks for"), ('now', "Now"), ('period_end', "When the period is over")],
        required=True, default='auto',
    )
    line_ids = fields.One2many(
        'service.contract.change.wizard.line', 'wizard_id', "Services", compute='_compute_line_ids', store=True,
        readonly=False,
    )
    reason = fields.Char()
    effect_html = fields.Html("What it costs", compute='_compute_effect_html', sanitize=False)
    problem = fields.Text(compute='_compute_effect_html')

    @api.depends('contract_id')
    def _compute_line_ids(self):
        for wizard in self:
            contract = wizard.contract_id
            wizard.line_ids = [
                *(Command.create({
                    'contract_line_id': line.id, 'quantity': line.quantity, 'price_unit': line.price_unit,
                })
                  for line in contract._changeable_lines()),
                *(Command.create({'plan_line_id': line.id, 'quantity': 0.0}) for line in contract._bookable_lines()),
            ]

    @api.depends('contract_id', 'plan_id')
    def _compute_plan_interval_id(self):
        for wizard in self:
            plan = wizard.plan_id
            wizard.plan_interval_id = wizard.contract_id._kept_interval(plan) if plan else plan.interval_ids

    @api.depends('plan_id')
    def _compute_has_intervals(self):
        for wizard in self:
            wizard.has_intervals = bool(wizard.plan_id.interval_ids)

    @api.depends('contract_id', 'kind', 'plan_id', 'plan_interval_id', 'when', 'line_ids.quantity',
                 'line_ids.price_unit')
    def _compute_effect_html(self):
        for wizard in self:
            wizard.effect_html, wizard.problem = False, False
            wish = wizard._wish()
            if not wish.plan and not wish.quantities:
                continue
            try:
                outcome = wizard.contract_id._outcome(wish)
            except UserError as error:
                wizard.problem = str(error)
                continue
            wizard.effect_html = self.env['ir.qweb']._render('service_contracts.change_effect', {
                'figures': {**outcome.figures, **wizard.contract_id._credit_figures(outcome)},
                'when': outcome.when, 'day': outcome.day, 'currency': wizard.contract_id.currency_id,
            })

    def _wish(self) -> Wish:
        self.ensure_one()
        is_plan = self.kind == 'plan'
        changed = self.line_ids.browse() if is_plan else self.line_ids.filtered(lambda line: line._is_changed())
        return Wish(
            self.plan_id if is_plan else self.plan_id.browse(),
            tuple((line.contract_line_id or line.plan_line_id, line.quantity) for line in changed),
            None if self.when == 'auto' else self.when, self.reason or '', self.plan_interval_id if is_plan else None,
            tuple((line.contract_line_id, line.price_unit) for line in changed if line._has_new_price()),
        )

    def action_confirm(self) -> dict:
        """Change the contract and open the change.

        :raises UserError: if nothing is chosen, or the contract cannot change so.
        """
        self.ensure_one()
        wish = self._wish()
        if not wish.plan and not wish.quantities:
            raise UserError(self.env._("Choose another plan, another quantity or another price."))
        answer = self.contract_id._request_change(wish)
        return {
            'type': 'ir.actions.act_window', 'res_model': 'service.contract.change', 'res_id': answer['id'],
            'view_mode': 'form', 'views': [(False, 'form')],
        }


class ServiceContractChangeWizardLine(models.TransientModel):
    _name = 'service.contract.change.wizard.line'
    _description = "Service to Change"

    wizard_id = fields.Many2one('service.contract.change.wizard', required=True, ondelete='cascade')
    contract_line_id = fields.Many2one('service.contract.line', "Contracted service", ondelete='cascade', readonly=True)
    plan_line_id = fields.Many2one('service.plan.line', "Offer", ondelete='cascade', readonly=True)
    name = fields.Char("Service", compute='_compute_name')
    present_quantity = fields.Float("Now", digits='Product Unit', compute='_compute_name')
    quantity = fields.Float("From then on", digits='Product Unit')
    present_price = fields.Float("Price now", min_display_digits='Product Price', compute='_compute_name')
    price_unit = fields.Float("Price from then on", min_display_digits='Product Price')
    has_one_price = fields.Boolean(compute='_compute_name', help="Its price is not a list, so it can be changed here.")

    @api.depends('contract_line_id', 'plan_line_id')
    def _compute_name(self):
        for line in self:
            offered = line.plan_line_id.display_name
            line.name = line.contract_line_id._service_name() if line.contract_line_id else offered
            line.present_quantity = line.contract_line_id.quantity
            line.present_price = line.contract_line_id.price_unit
            line.has_one_price = bool(line.contract_line_id) and not line.contract_line_id._is_rated()

    def _is_changed(self) -> bool:
        return self.quantity != self.present_quantity or self._has_new_price()

    def _has_new_price(self) -> bool:
        return self.has_one_price and self.price_unit != self.present_price
