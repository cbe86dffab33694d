"""A statement of shared costs of one group and period: worked out, looked at, confirmed, or taken back."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..rules.periods import Period
from .service_gate import SERVICE_GATE, has_passed_gate

SOURCES = {
    'draft': ('computed',),
    'computed': ('draft', 'computed'),
    'confirmed': ('computed',),
    'cancelled': ('draft', 'computed', 'confirmed'),
}
"""The one gate: from which states each state may be reached."""
FREE_FIELDS = {'has_late_change', 'name', 'note', 'activity_ids', 'message_follower_ids', 'message_ids'}
"""What may be written whatever the state."""


class ServiceAllocation(models.Model):
    _name = 'service.allocation'
    _description = "Statement of Shared Costs"
    _inherit = ['service.input.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date_from desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, help="As the statement is called on invoices, such as Heating 2025.")
    group_id = fields.Many2one(
        'service.allocation.group', "Group", required=True, ondelete='restrict', index=True, check_company=True,
    )
    company_id = fields.Many2one(related='group_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_from = fields.Date("From", required=True)
    date_to = fields.Date("To", required=True, help="The last day of the period.")
    charge_date = fields.Date(
        "Charge on", required=True, default=lambda self: self.env.company._service_today(), copy=False,
        help="From this day the settlement goes on the invoices.",
    )
    nets_advances = fields.Boolean(
        "Settle advances", compute='_compute_nets_advances', store=True, readonly=False, precompute=True,
        help="Take off what was billed in advance, and charge or credit the difference.",
    )
    state = fields.Selection(
        [('draft', "Draft"), ('computed', "Preview"), ('confirmed', "Confirmed"), ('cancelled', "Cancelled")],
        "Status", default='draft', required=True, readonly=True, copy=False, index=True, tracking=True,
    )
    adjusts_id = fields.Many2one(
        'service.allocation', "Adjusts", readonly=True, copy=False, ondelete='restrict', index='btree_not_null',
        help="The statement whose late changes this one charges: only differences to it.",
    )
    adjustment_ids = fields.One2many('service.allocation', 'adjusts_id', "Adjustments")
    adjustment_count = fields.Integer(compute='_compute_counts')
    has_late_change = fields.Boolean(
        "Changed since", readonly=True, copy=False,
        help="A reading or an occupant of the period came in after the statement was worked out.",
    )
    note = fields.Text("Words to the beneficiaries", help="Printed on every statement.")
    item_ids = fields.One2many('service.allocation.item', 'allocation_id', "Costs", copy=True)
    line_ids = fields.One2many('service.allocation.line', 'allocation_id', "Beneficiaries", readonly=True)
    amount_total = fields.Monetary("Total of costs", compute='_compute_amount_total', store=True)
    advance_total = fields.Monetary("Advances", compute='_compute_totals')
    balance_total = fields.Monetary("To charge", compute='_compute_totals')
    line_count = fields.Integer(compute='_compute_counts')
    estimate_count = fields.Integer(compute='_compute_counts')
    charge_count = fields.Integer(compute='_compute_counts')

    _one_open_adjustment = models.UniqueIndex(
        "(adjusts_id) WHERE adjusts_id IS NOT NULL AND state IN ('draft', 'computed')",
        "An adjustment of this statement is open already. Confirm or cancel it first.",
    )
    _date_order = models.Constraint('CHECK (date_from <= date_to)', "A statement must end after it starts.")

    # === COMPUTE === #

    @api.depends('group_id')
    def _compute_nets_advances(self):
        for allocation in self:
            allocation.nets_advances = allocation.group_id.nets_advances

    @api.depends('item_ids.amount')
    def _compute_amount_total(self):
        for allocation in self:
            allocation.amount_total = sum(allocation.item_ids.mapped('amount'))

    @api.depends('line_ids.advance', 'line_ids.amount')
    def _compute_totals(self):
        sums = self._sums_by_allocation('advance:sum', 'amount:sum')
        for allocation in self:
            allocation.advance_total, allocation.balance_total = sums.get(allocation._origin, (0.0, 0.0))

    @api.depends('line_ids')
    def _compute_counts(self):
        lines = self._sums_by_allocation('__count', 'charge_id:count')
        estimates = self._sums_by_allocation('__count', domain=[('is_estimated', '=', True)])
        adjustments = dict(self._read_group([('adjusts_id', 'in', self.ids)], ['adjusts_id'], ['__count']))
        for allocation in self:
            origin = allocation._origin
            allocation.line_count, allocation.charge_count = lines.get(origin, (0, 0))
            allocation.estimate_count, = estimates.get(origin, (0,))
            allocation.adjustment_count = adjustments.get(origin, 0)

    def _sums_by_allocation(self, *aggregates, domain=()) -> dict:
        self.env['service.allocation.line'].flush_model()
        groups = self.env['service.allocation.line']._read_group(
            [('allocation_id', 'in', self.ids), *domain], ['allocation_id'], list(aggregates),
        )
        return {allocation: tuple(values) for allocation, *values in groups}

    @api.onchange('group_id')
    def _onchange_group_id(self):
        """Go on where the last statement of the group ended, with the same costs."""
        last = self.group_id.allocation_ids.filtered(lambda one: one.state != 'cancelled' and not one.adjusts_id)[:1]
        if last and not self.item_ids:
            self.date_from = last.date_to + timedelta(days=1)
            self.date_to = fields.Date.add(last.date_to, days=1, months=12) - timedelta(days=1)
            self.item_ids = [(0, 0, item._prepare_copy_vals()) for item in last.item_ids]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals |= {'state': 'draft', 'adjusts_id': vals.get('adjusts_id') if has_passed_gate(self.env) else False}
        return super().create(vals_list)

    def write(self, vals):
        if not has_passed_gate(self.env):
            if {'state', 'adjusts_id', 'has_late_change'} & vals.keys():
                raise UserError(self.env._("The status of a statement follows its buttons."))
            if vals.keys() - FREE_FIELDS - {'item_ids'}:
                self._check_editable()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        if kept := self.filtered(lambda one: one.state == 'confirmed' or one.line_ids.charge_id)[:1]:
            raise UserError(self.env._(
                "%s was charged and stays for the records. Cancel it instead.", kept.display_name,
            ))

    def _check_editable(self) -> None:
        if fixed := self.filtered(lambda allocation: allocation.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%(statement)s is worked out. Set it back to draft before you change it.",
                statement=fixed.display_name,
            ))

    # === GATE === #

    def _set_state(self, target: str) -> None:
        """Bring statements into a state, the only way there is.

        :raises UserError: naming the statement and both states, if the change is not allowed.
        """
        labels = dict(self._fields['state']._description_selection(self.env))
        for allocation in self:
            if allocation.state not in SOURCES[target]:
                raise UserError(self.env._(
                    "%(statement)s cannot go from “%(before)s” to “%(after)s”.", statement=allocation.display_name,
                    before=labels[allocation.state], after=labels[target],
                ))
        self.with_context(service_gate=SERVICE_GATE).write({'state': target})

    def _check_manager(self) -> None:
        if not self.env.su and not self.env.user.has_group('service_contracts.group_contract_manager'):
            raise AccessError(self.env._("Statements are confirmed and cancelled by the role Contracts: Manager."))

    # === ACTIONS === #

    def action_compute(self) -> bool:
        """Work out what each beneficiary owes; doing it again replaces the preview.

        :raises UserError: naming the statement, the cost or unit at fault, and the remedy.
        """
        self.check_access('write')
        for allocation in self:
            allocation._set_state('computed')
            allocation._work_out()
        return True

    def action_draft(self) -> bool:
        """Set previews back to draft, to change costs or period."""
        self.check_access('write')
        previews = self.filtered(lambda allocation: allocation.state != 'draft')
        previews._set_state('draft')
        previews.line_ids.with_context(service_gate=SERVICE_GATE).unlink()
        return True

    def action_confirm(self) -> bool:
        """Charge or credit every beneficiary with the next billing run; confirmed ones are left as they are.

        :raises UserError: if something changed since the preview, or another statement settles the same advances.
        :raises AccessError: without the role Contracts: Manager.
        """
        self.check_access('write')
        self._check_manager()
        for allocation in self.filtered(lambda allocation: allocation.state != 'confirmed'):
            allocation._check_confirmable()
            allocation._set_state('confirmed')
            allocation._charge_shares()
            allocation._store_estimates()
            allocation.adjusts_id._pass_gate(has_late_change=False)
        return True

    def action_cancel(self) -> bool:
        """Take statements back: what is not billed is not charged, what is billed is credited by new charges.

        :raises UserError: if an adjustment of the statement still counts.
        :raises AccessError: without the role Contracts: Manager.
        """
        self.check_access('write')
        self._check_manager()
        for allocation in self.filtered(lambda allocation: allocation.state != 'cancelled'):
            allocation._check_cancellable()
            allocation._set_state('cancelled')
            allocation._take_back()
        return True

    def action_adjust(self) -> dict:
        """Work out the statement again and open the differences as one adjusting statement."""
        self.ensure_one()
        self.check_access('write')
        adjustment = self.adjustment_ids.filtered(lambda one: one.state in ('draft', 'computed')) or self._adjust()
        if not adjustment:
            return {
                'type': 'ir.actions.client', 'tag': 'display_notification',
                'params': {'type': 'info', 'message': self.env._("The late changes make no difference to anybody."),
                           'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'}},
            }
        return {'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': adjustment.id, 'view_mode': 'form'}

    def action_view_lines(self) -> dict:
        """Open the beneficiaries as list and chart."""
        return self._related_action('service_allocation_line_action', [('allocation_id', 'in', self.ids)])

    def action_view_charges(self) -> dict:
        """Open the pending charges made of these statements."""
        return self._related_action(
            'service_pending_charge_action', [('key', '=like', f'allocation:{self.id}:%')] if len(self) == 1
            else [('id', 'in', self.line_ids.charge_id.ids)])

    def action_view_adjustments(self) -> dict:
        """Open the adjustments of these statements."""
        return self._related_action('service_allocation_action', [('adjusts_id', 'in', self.ids)])

    def _related_action(self, name: str, domain: list) -> dict:
        action = self.env['ir.actions.act_window']._for_xml_id(f'service_contracts.{name}')
        return {**action, 'domain': domain, 'context': {}}

    # === BUSINESS === #

    def _period(self) -> Period:
        self.ensure_one()
        return Period(self.date_from, self.date_to + timedelta(days=1))

    def _roots(self):
        """Return the statements that these are, or adjust."""
        return self.mapped(lambda allocation: allocation.adjusts_id or allocation)

    def _pass_gate(self, **vals) -> None:
        self.with_context(service_gate=SERVICE_GATE).write(vals)

    def _mark_late_change(self) -> None:
        self._pass_gate(has_late_change=True)

    def _check_confirmable(self) -> None:
        """Refuse a preview that is no longer true, and advances that would be taken off twice."""
        self.ensure_one()
        if self.has_late_change and self.state == 'computed':
            raise UserError(self.env._(
                "%s: readings or occupants changed since it was worked out. Work it out again.", self.display_name,
            ))
        if other := self._settling_the_same_advances():
            raise ValidationError(self.env._(
                "%(other)s settles the advances of these days already. Switch off “Settle advances” in one of them.",
                other=other.display_name,
            ))

    def _settling_the_same_advances(self):
        if not self.nets_advances or self.adjusts_id:
            return self.browse()
        return self.search([
            ('group_id', '=', self.group_id.id), ('state', '=', 'confirmed'), ('nets_advances', '=', True),
            ('adjusts_id', '=', False), ('id', '!=', self.id),
            ('date_from', '<=', self.date_to), ('date_to', '>=', self.date_from),
        ], limit=1)

    def _check_cancellable(self) -> None:
        if adjustment := self.adjustment_ids.filtered(lambda one: one.state != 'cancelled')[:1]:
            raise UserError(self.env._(
                "%(adjustment)s adjusts %(statement)s. Cancel the adjustment first.",
                adjustment=adjustment.display_name, statement=self.display_name,
            ))
