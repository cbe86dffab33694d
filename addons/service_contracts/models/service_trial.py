"""Trials: the first days of a contract cost nothing; then the paid service begins, or the contract ends."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.periods import Interval
from .service_gate import SERVICE_GATE
from .service_recurrence_mixin import UNIT_SELECTION

ONE_DAY = timedelta(days=1)
TRIAL_FIELDS = ('trial_count', 'trial_unit', 'trial_end_action', 'trial_charges_setup')
FROM_PLAN = {
    'compute': '_compute_trial', 'store': True, 'readonly': False, 'precompute': True, 'default': None,
}


class ServiceTrialMixin(models.AbstractModel):
    _name = 'service.trial.mixin'
    _description = "Trial"

    trial_count = fields.Integer("Trial", help="0: no trial.")
    trial_unit = fields.Selection(UNIT_SELECTION, "Unit of the trial", default='day')
    trial_end_action = fields.Selection(
        [('paid', "The paid service begins"), ('end', "The contract ends")], "After the trial", default='paid',
        help="The contract ends: unless somebody takes up the paid service before.",
    )
    trial_charges_setup = fields.Boolean(
        "Charge setup at once", help="One-time services are charged when the trial starts, not after it.",
    )


class ServicePlan(models.Model):
    _name = 'service.plan'
    _inherit = ['service.plan', 'service.trial.mixin']

    trial_once = fields.Boolean("One trial per customer", default=True)
    trial_reminder_days = fields.Integer(
        "Reminder", default=3, help="So many days before the trial is over its person in charge gets an activity.",
    )

    _trial_in_range = models.Constraint(
        'CHECK (trial_count BETWEEN 0 AND 1000 AND trial_reminder_days BETWEEN 0 AND 1000)',
        "A trial and its reminder count from 0 to 1000.",
    )

    def _input_ranges(self):
        return {**super()._input_ranges(), 'trial_count': (0, 1000), 'trial_reminder_days': (0, 1000)}


class ServiceContract(models.Model):
    _name = 'service.contract'
    _inherit = ['service.contract', 'service.trial.mixin']

    trial_count = fields.Integer(**FROM_PLAN)
    trial_unit = fields.Selection(**FROM_PLAN)
    trial_end_action = fields.Selection(**FROM_PLAN)
    trial_charges_setup = fields.Boolean(**FROM_PLAN)
    date_trial_end = fields.Date(
        "Trial until", compute='_compute_date_trial_end', store=True, readonly=False, precompute=True, copy=False,
        help="The last day of the trial; what is charged begins on the day after it.",
    )
    trial_state = fields.Selection(
        [('running', "Running"), ('over', "Over")], "Trial status", readonly=True, copy=False,
        index='btree_not_null', help="Empty: the contract never had a trial.",
    )
    trial_reminder_on = fields.Date(readonly=True, copy=False, groups='base.group_user')
    trial_key = fields.Char(
        readonly=True, copy=False, groups='base.group_user', help="Customer and plan: they have one trial.",
    )

    _trial_key_is_unique = models.UniqueIndex(
        "(trial_key) WHERE trial_key IS NOT NULL", "The customer has had a trial of this plan.",
    )
    _trial_in_range = models.Constraint(
        'CHECK (trial_count BETWEEN 0 AND 1000)', "A trial counts from 0 to 1000 days, weeks or months.",
    )

    # === COMPUTE === #

    @api.depends('plan_id')
    def _compute_trial(self):
        for contract in self.filtered(lambda contract: contract.state == 'draft'):
            for name in TRIAL_FIELDS:
                contract[name] = contract.plan_id[name] if contract.plan_id else contract[name]

    @api.depends('date_start', 'trial_count', 'trial_unit')
    def _compute_date_trial_end(self):
        for contract in self.filtered(lambda contract: contract.state == 'draft'):
            days = contract.date_start and contract.trial_count and Interval(
                max(contract.trial_count, 1), contract.trial_unit or 'day',
            )
            contract.date_trial_end = days and days.plus(contract.date_start) - ONE_DAY

    # === CRUD === #

    def _input_ranges(self):
        return {**super()._input_ranges(), 'trial_count': (0, 1000)}

    def _check_write(self, vals):
        super()._check_write(vals)
        running = self.filtered(lambda contract: contract.state != 'draft')
        if running and {*TRIAL_FIELDS, 'date_trial_end'} & vals.keys():
            raise UserError(self.env._(
                "%(contract)s is running: its trial stays as agreed. Use “End the trial” to begin the paid service.",
                contract=running[0].display_name,
            ))

    # === ACTIONS === #

    def action_end_trial(self) -> bool:
        """Begin the paid service of contracts on trial today. Those not on trial are left as they are."""
        self.check_access('write')
        self.filtered(lambda contract: contract.trial_state == 'running')._end_trial(
            self.env._("The paid service begins before the trial is over"),
        )
        return True

    # === BUSINESS === #

    def _is_on_trial(self, day: date) -> bool:
        self.ensure_one()
        return bool(self.date_trial_end) and self.date_start <= day <= self.date_trial_end

    def _paid_from(self) -> date:
        """Return the first day that is paid for: minimum term and periods count from it."""
        self.ensure_one()
        return max(self.date_start, self.date_trial_end + ONE_DAY) if self.date_trial_end else self.date_start

    def _missing_for_activation(self):
        missing = super()._missing_for_activation()
        if earlier := self._earlier_trial():
            missing.append(self.env._(
                "%(customer)s had a trial of %(plan)s with %(contract)s. Set the trial to 0.",
                customer=self.partner_id.display_name, plan=self.plan_id.name, contract=earlier.name,
            ))
        return missing

    def _prepare_trial_key(self) -> str | bool:
        once = self.date_trial_end and self.plan_id.trial_once
        return once and f'{self.partner_id.commercial_partner_id.id}:{self.plan_id.id}'

    def _earlier_trial(self):
        key = self._prepare_trial_key()
        # sudo: the trial may be under a contract of another person in charge or company
        return key and self.sudo().search([('trial_key', '=', key), ('id', '!=', self._origin.id)], limit=1)

    def _set_state(self, target, reason, on_date=None):
        starting = self.filtered(lambda contract: contract.state == 'draft' and target == 'active')
        super()._set_state(target, reason, on_date)
        for contract in starting.filtered('date_trial_end'):
            contract._start_trial()

    def _start_trial(self) -> None:
        days = timedelta(days=self.plan_id.trial_reminder_days)
        vals = {'trial_state': 'running', 'trial_key': self._prepare_trial_key()}
        if days:
            vals['trial_reminder_on'] = self.date_trial_end - days
        if self.trial_end_action == 'end':
            vals['date_end'] = min(filter(None, (self.date_end, self.date_trial_end)))
        self.with_context(service_gate=SERVICE_GATE).write(vals)
        self._log_event('trial_started', self.env._("Until %s", format_date(self.env, self.date_trial_end)))

    def _end_trial(self, reason: str) -> None:
        """Begin the paid service of contracts on trial, today or on the day after the trial if that is past."""
        for contract in self:
            today = contract.company_id._service_today()
            last = min(contract.date_trial_end, max(today, contract.date_start) - ONE_DAY)
            vals = {'trial_state': 'over', 'trial_reminder_on': False, 'date_trial_end': last}
            if contract.trial_end_action == 'end' and contract.date_end == contract.date_trial_end > last:
                vals['date_end'] = False
            contract.with_context(service_gate=SERVICE_GATE).write(vals)
            contract._log_event('trial_ended', reason, last + ONE_DAY)
            contract._log_note(reason)
        self._follow_term()

    # === EXTENDS: TERM === #

    @api.depends('date_trial_end')
    def _compute_date_earliest_end(self):
        super()._compute_date_earliest_end()

    def _earliest_end(self):
        # EXTENDS service_contracts: a trial may end any day
        today = self.company_id._service_today()
        return today if self._is_on_trial(today) else self._earliest_paid_end()

    def _earliest_paid_end(self):
        """Return the last day of service by the terms of the paid service if notice were given today."""
        return super()._earliest_end()

    def _earliest_end_for(self, date_end):
        # EXTENDS service_contracts: notice given in a trial for a day after it keeps the terms of the paid service
        is_after = self.date_trial_end and date_end > self.date_trial_end
        return self._earliest_paid_end() if is_after else super()._earliest_end_for(date_end)

    def _terms_start(self):
        # EXTENDS service_contracts
        return self._paid_from()

    # === CRON === #

    @api.model
    def _calendar_domain(self, today):
        running = Domain('state', 'in', ('active', 'suspended')) & Domain('trial_state', '=', 'running')
        due = Domain('date_trial_end', '<', today) | Domain('trial_reminder_on', '<=', today)
        return super()._calendar_domain(today) | (running & due)

    def _follow_calendar(self, today):
        # EXTENDS service_contracts: remind before the trial is over, then begin the paid service
        on_trial = self.filtered(lambda contract: contract.trial_state == 'running')
        on_trial.filtered(lambda contract: contract.trial_reminder_on and contract.trial_reminder_on <= today)._remind()
        super()._follow_calendar(today)
        over = on_trial.filtered(lambda contract: contract.date_trial_end < today)
        over.filtered(lambda contract: contract.state != 'ended')._end_trial(self.env._("The trial is over"))
        over.filtered(lambda contract: contract.trial_state == 'running').with_context(
            service_gate=SERVICE_GATE).write({'trial_state': 'over', 'trial_reminder_on': False})

    def _remind(self) -> None:
        for contract in self:
            contract.activity_schedule(
                'mail.mail_activity_data_todo', date_deadline=contract.date_trial_end,
                summary=self.env._("Trial until %s", format_date(self.env, contract.date_trial_end)),
                note=contract._trial_outcome(), user_id=contract.user_id.id or self.env.uid,
            )
        self.with_context(service_gate=SERVICE_GATE).write({'trial_reminder_on': False})

    def _trial_outcome(self) -> str:
        """Return what happens after the trial, in a sentence."""
        if self.trial_end_action == 'end':
            return self.env._("The contract then ends by itself, unless the paid service is taken up before.")
        return self.env._(
            "The paid service begins on %s.", format_date(self.env, self.date_trial_end + ONE_DAY),
        )


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    @api.depends('contract_id.date_trial_end', 'contract_id.trial_charges_setup')
    def _compute_next_charge(self):
        super()._compute_next_charge()

    def _billing_start(self):
        # EXTENDS service_contracts: a trial costs nothing, but for what is set up for it
        start, contract = super()._billing_start(), self.contract_id
        if not contract.date_trial_end or (self.kind == 'one_time' and contract.trial_charges_setup):
            return start
        return max(start, contract.date_trial_end + ONE_DAY)

    def _lead_from(self):
        # EXTENDS service_contracts: who tries may leave on the last day, so nothing is billed before it is over
        first, trial_end = super()._lead_from(), self.contract_id.date_trial_end
        return max(first, trial_end + ONE_DAY) if first and trial_end else first
