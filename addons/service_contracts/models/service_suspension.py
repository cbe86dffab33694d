"""Suspension and removal: each on a day of its own; the plan says what is charged while a service is suspended."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .service_contract_event import CAUSE_SELECTION
from .service_gate import SERVICE_GATE

ONE_DAY = timedelta(days=1)
BILLING_SELECTION = [('stop', "Nothing"), ('charge', "The full price"), ('reduced', "A fee instead")]


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    suspension_billing = fields.Selection(
        BILLING_SELECTION, "Charged while suspended", default='stop', required=True,
        help="Of each pause and suspension of contracts of this plan; staff may choose otherwise for one of them.",
    )
    suspension_product_id = fields.Many2one(
        'product.product', "Suspension fee", check_company=True, ondelete='restrict',
        domain="[('sale_ok', '=', True), ('type', '=', 'service')]",
    )
    suspension_price = fields.Float("Fee of a period", min_display_digits='Product Price')

    @api.constrains('suspension_billing', 'suspension_product_id', 'suspension_price')
    def _check_suspension_fee(self):
        for plan in self:
            if plan.suspension_billing == 'reduced' and not (plan.suspension_product_id and plan.suspension_price > 0):
                raise ValidationError(self.env._(
                    "%s charges a fee while suspended: choose its product and what it costs.", plan.display_name,
                ))

    def _input_ranges(self):
        return {**super()._input_ranges(), 'suspension_price': (0, 10**12)}


class ServiceContractPause(models.Model):
    _inherit = 'service.contract.pause'

    cause = fields.Selection(CAUSE_SELECTION, default='request', required=True)
    billing = fields.Selection(
        BILLING_SELECTION, "Charged meanwhile", compute='_compute_billing', store=True, readonly=False, required=True,
        precompute=True,
    )
    fee_line_id = fields.Many2one('service.contract.line', "Fee", readonly=True, copy=False, ondelete='set null')

    @api.depends('contract_id')
    def _compute_billing(self):
        for pause in self:
            pause.billing = pause.contract_id.plan_id.suspension_billing or 'stop'

    @api.ondelete(at_uninstall=False)
    def _unlink_logs_planned(self):
        for pause in self.filtered(lambda pause: pause.state == 'planned'):
            pause.contract_id._log_event('plan_withdrawn', pause.reason or '', pause.date_start, pause.cause)

    def _check_write(self, vals):
        super()._check_write(vals)
        if {'cause', 'billing', 'fee_line_id'} & vals.keys() and self.filtered(lambda pause: pause.state != 'planned'):
            raise UserError(self.env._("A pause that has begun keeps its cause and what is charged meanwhile."))

    def _start(self, today):
        # EXTENDS service_contracts: a fee takes the place of the price
        due = self.filtered(lambda pause: pause.state == 'planned' and pause.date_start <= today)
        super()._start(today)
        for pause in due.filtered(lambda pause: pause.billing == 'reduced' and not pause.fee_line_id):
            pause._charge_fee()

    def _finish(self, today):
        running = self.filtered(lambda pause: pause.state == 'running' and pause.date_end)
        for pause in running.filtered('fee_line_id'):
            last_day = max(pause.date_end, pause.date_start) - ONE_DAY
            pause.fee_line_id.with_context(service_gate=SERVICE_GATE).write({'date_end': last_day})
        super()._finish(today)

    def _charge_fee(self) -> None:
        """Add the fee of the plan to the contract for the time of the pause."""
        plan = self.contract_id.plan_id
        if not plan.suspension_product_id or self.date_end == self.date_start:
            return
        # sudo: the fee follows from the plan, whoever suspends
        fee_sudo = self.contract_id.line_ids.sudo().create({
            'contract_id': self.contract_id.id, 'plan_id': plan.id, 'product_id': plan.suspension_product_id.id,
            'name': plan.suspension_product_id.display_name, 'price_unit': plan.suspension_price,
            'given_price_unit': plan.suspension_price, 'date_start': self.date_start, 'runs_in_pause': True,
            'date_end': self.date_end and self.date_end - ONE_DAY,
            **plan._recurrence_vals(),
        })
        self.with_context(service_gate=SERVICE_GATE).write({'fee_line_id': fee_sudo.id})


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    date_suspension = fields.Date(
        "Suspension", compute='_compute_date_suspension', store=True,
        help="The first day without service, of the suspension that runs or is planned next.",
    )
    date_removal = fields.Date(
        "Removal", readonly=True, copy=False, tracking=True,
        help="The day on which the contract is removed for good. Data may be deleted from then on.",
    )
    removal_reason = fields.Char(readonly=True, copy=False, groups='base.group_user')

    @api.depends('pause_ids.date_start', 'pause_ids.state')
    def _compute_date_suspension(self):
        for contract in self:
            open_pauses = contract.pause_ids.filtered(lambda pause: pause.state != 'over')
            contract.date_suspension = min(open_pauses.mapped('date_start'), default=False)

    def _check_write(self, vals):
        super()._check_write(vals)
        if {'date_removal', 'removal_reason'} & vals.keys():
            raise UserError(self.env._("Use “Remove” to plan the removal of a contract, so that it is logged."))

    # === ACTIONS === #

    def action_plan_removal(self, date_removal: str | None = None, reason: str = '') -> bool:
        """Plan the day on which contracts are removed for good, or take that back. The same day again changes nothing.

        :param date_removal: the day, as 2025-12-31; None takes a planned removal back.
        :param reason: why, for the history; needed for a day.
        :raises UserError: for a contract that is removed or never began, a day that is past, or one before the terms
            of a running contract allow it without a contract manager.
        """
        self.check_access('write')
        self._check_input({'date_end': date_removal, 'external_ref': reason})
        day = fields.Date.to_date(date_removal) if date_removal else False
        for contract in self.filtered(lambda contract: (contract.date_removal or False) != day):
            contract._plan_removal(day, reason)
        return True

    def _plan_removal(self, day: date | bool, reason: str) -> None:
        if day:
            self._check_removal(day, reason)
        before = self.date_removal
        vals = {'date_removal': day, 'removal_reason': day and reason}
        self.with_context(service_gate=SERVICE_GATE).write(vals)
        self._log_event('removal_planned' if day else 'plan_withdrawn', reason, day or before)

    def _check_removal(self, day: date, reason: str) -> None:
        if not reason:
            raise UserError(self.env._("Say why the contract is removed."))
        if self.state not in ('active', 'suspended', 'ended') or day <= self.company_id._service_today():
            raise UserError(self.env._(
                "%(contract)s is %(state)s. A removal is planned for a day to come, of what runs or has ended.",
                contract=self.display_name, state=self._state_label(self.state),
            ))
        if self.state != 'ended':
            self._check_end(day - ONE_DAY, reason)

    # === CALENDAR === #

    @api.model
    def _calendar_domain(self, today):
        living = Domain('state', 'in', ('active', 'suspended', 'ended'))
        return super()._calendar_domain(today) | (living & Domain('date_removal', '<=', today))

    def _follow_calendar(self, today):
        super()._follow_calendar(today)
        for contract in self.filtered(lambda contract: contract.date_removal and contract.date_removal <= today):
            if contract.state in ('active', 'suspended', 'ended'):
                # sudo: whether the terms allow it was asked when it was planned
                contract.sudo()._remove(contract.removal_reason)

    # === CHARGES === #

    def _stopping_pauses(self):
        """Return the pauses in which the services are not charged."""
        return self.pause_ids.filtered(lambda pause: pause.billing != 'charge')

    def _pause_periods(self):
        # EXTENDS service_contracts
        return tuple(filter(None, (pause._period() for pause in self._stopping_pauses())))

    # === LOG === #

    def _log_event(self, kind, reason='', day=None, cause=None):
        # EXTENDS service_contracts: a suspension and what follows from it have the cause of the pause
        if cause or kind not in ('suspended', 'resumed', 'removed'):
            return super()._log_event(kind, reason, day, cause)
        for code, contracts in self.grouped(lambda contract: contract._suspension_cause()).items():
            super(ServiceContract, contracts)._log_event(kind, reason, day, code)

    def _suspension_cause(self) -> str | None:
        """Return the cause of the pause that runs, or that was the last to run."""
        begun = self.pause_ids.filtered(lambda pause: pause.state != 'planned')
        return begun.sorted(lambda pause: (pause.state == 'running', pause.date_start, pause.id))[-1:].cause or None


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    runs_in_pause = fields.Boolean(
        "Goes on in a pause", copy=False, help="This service is charged while the contract is paused or suspended.",
    )

    @api.depends('runs_in_pause', 'contract_id.pause_ids.state', 'contract_id.pause_ids.billing')
    def _compute_next_charge(self):
        super()._compute_next_charge()

    def _terms_base(self, pointer):
        values, first = super()._terms_base(pointer)
        return ({**values, 'pauses': ()} if self.runs_in_pause else values), first

    def _is_billable(self):
        # EXTENDS service_contracts: a suspension stops the charges only where its plan says so
        if self.contract_id.state != 'suspended':
            return super()._is_billable()
        if self.runs_in_pause:
            return True
        running = self.contract_id.pause_ids.filtered(lambda pause: pause.state == 'running')
        return bool(running) and all(pause.billing == 'charge' for pause in running)

    def _is_stopped_by(self, pause):
        return not self.runs_in_pause and pause.billing != 'charge'
