"""Changes of a contract: another plan or quantity, now or when the period is over, with its effect in money."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .service_gate import SERVICE_GATE, has_passed_gate

ONE_DAY = timedelta(days=1)
SOURCES = {'scheduled': (), 'done': ('scheduled',), 'withdrawn': ('scheduled',)}
"""The gate: from which status each status may be reached."""


class ServiceContractChange(models.Model):
    _name = 'service.contract.change'
    _description = "Change of a Contract"
    _inherit = ['service.contract.part.mixin']
    _order = 'date_effective desc, id desc'
    _check_company_auto = True

    contract_id = fields.Many2one('service.contract', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='contract_id.currency_id', store=True, precompute=True)
    key = fields.Char(readonly=True, copy=False, help="Given by who asked for it: the same request is done once.")
    user_id = fields.Many2one(
        'res.users', "Requested by", required=True, readonly=True, default=lambda self: self.env.user,
        ondelete='restrict',
    )
    plan_from_id = fields.Many2one('service.plan', "From plan", readonly=True, ondelete='restrict')
    plan_id = fields.Many2one('service.plan', "To plan", readonly=True, ondelete='restrict')
    when = fields.Selection(
        [('now', "Now"), ('period_end', "When the period is over")], required=True, readonly=True, default='now',
    )
    date_effective = fields.Date("First day", required=True, readonly=True, help="The first day of what is new.")
    reason = fields.Char(readonly=True)
    state = fields.Selection(
        [('scheduled', "Scheduled"), ('done', "Done"), ('withdrawn', "Withdrawn")],
        "Status", default='scheduled', required=True, readonly=True, copy=False, index=True,
    )
    line_ids = fields.One2many('service.contract.change.line', 'change_id', "Services", readonly=True)
    summary = fields.Char("What", readonly=True)
    credit = fields.Monetary(readonly=True, help="Given back of the running period, in the prices of the contract.")
    charge = fields.Monetary(readonly=True, help="Charged for the rest of the running period.")
    net = fields.Monetary("To pay now", readonly=True, help="Below 0: what comes back.")
    first_charge_date = fields.Date("Next regular charge", readonly=True)
    first_charge_amount = fields.Monetary("Amount of that charge", readonly=True)
    monthly_before = fields.Monetary("Monthly before", readonly=True)
    monthly_after = fields.Monetary("Monthly after", readonly=True)

    _key_is_unique = models.UniqueIndex(
        "(company_id, key) WHERE key IS NOT NULL", "A change with this key has been requested already.",
    )
    _one_scheduled = models.UniqueIndex(
        "(contract_id) WHERE state = 'scheduled'", "The contract has a scheduled change. Withdraw it first.",
    )

    # === COMPUTE === #

    @api.depends('summary', 'date_effective')
    def _compute_display_name(self):
        for change in self:
            change.display_name = self.env._(
                "%(change)s, from %(day)s", change=change.summary or change.contract_id.name,
                day=format_date(self.env, change.date_effective),
            )

    # === CRUD === #

    def write(self, vals):
        if not has_passed_gate(self.env):
            raise UserError(self.env._("A change stays as it was confirmed. Withdraw it and ask for another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        for change in self.exists():
            if change.contract_id.state != 'draft':
                raise UserError(self.env._(
                    "The change of %(contract)s stays for the records. Withdraw it instead.",
                    contract=change.contract_id.display_name,
                ))

    # === ACTIONS === #

    def action_withdraw(self) -> bool:
        """Take back scheduled changes: what was agreed before goes on. Withdrawn ones are left as they are.

        :raises UserError: for a change that holds already.
        """
        self.contract_id.check_access('write')
        for change in self.filtered(lambda change: change.state != 'withdrawn'):
            if change.date_effective <= change.company_id._service_today():
                raise UserError(self.env._(
                    "The change of %(contract)s holds since %(day)s. Ask for another change instead.",
                    contract=change.contract_id.display_name, day=format_date(self.env, change.date_effective),
                ))
            # sudo: a change is written by its buttons only, nobody has the right to
            change.sudo()._withdraw()
        return True

    # === BUSINESS === #

    def _set_state(self, state: str) -> None:
        """Bring changes into a status, the only way there is; those already in it stay as they are."""
        for change in self.filtered(lambda change: change.state != state):
            if change.state not in SOURCES[state]:
                raise UserError(self.env._("The change of %s is settled already.", change.contract_id.display_name))
            change.with_context(service_gate=SERVICE_GATE).write({'state': state})

    def _withdraw(self) -> None:
        self._set_state('withdrawn')
        for line in self.line_ids:
            if line.old_line_id:
                line.old_line_id.with_context(service_gate=SERVICE_GATE).write({'date_end': line.old_date_end})
            begun = line.new_line_id._billed()  # ahead: it stays for the records and never runs
            (line.new_line_id - begun).unlink()
            if begun:
                begun.with_context(service_gate=SERVICE_GATE).write({'date_end': begun._service_start() - ONE_DAY})
        self.contract_id._settle_unused()
        self.contract_id._log_event('change_withdrawn', self.summary, self.date_effective)
        self.contract_id._log_note(self.env._("Change withdrawn: %s", self.summary))

    def _take_effect(self) -> None:
        """Let the contract follow a change whose first day has come."""
        for change in self:
            change._set_state('done')
            contract = change.contract_id
            if change.plan_id:
                # the terms agreed with the customer stay, so what a plan would give anew is kept
                contract.write(change._prepare_plan_vals())
            contract._log_event('changed', change.summary, change.date_effective)
            contract._log_note(self.env._("Changed: %s", change.summary))

    def _prepare_plan_vals(self) -> dict:
        """Return what a contract takes over of its new plan."""
        return {'plan_id': self.plan_id.id, 'payment_term_id': self.contract_id.payment_term_id.id}

    def _prepare_answer(self) -> dict:
        """Return the change as other systems read it."""
        self.ensure_one()
        return {
            'id': self.id, 'key': self.key or '', 'contract': self.contract_id.name,
            'external_ref': self.contract_id.external_ref or '', 'state': self.state, 'summary': self.summary,
            'interval': self.plan_interval_id._prepare_answer(),
            'date_effective': fields.Date.to_string(self.date_effective),
            'credit': self.credit, 'charge': self.charge, 'net': self.net, 'currency': self.currency_id.name,
            'first_charge_date': fields.Date.to_string(self.first_charge_date) or '',
            'first_charge_amount': self.first_charge_amount,
            'monthly_before': self.monthly_before, 'monthly_after': self.monthly_after,
        }


class ServiceContractChangeLine(models.Model):
    _name = 'service.contract.change.line'
    _description = "Changed Service"

    change_id = fields.Many2one('service.contract.change', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='change_id.company_id', store=True, precompute=True)
    currency_id = fields.Many2one(related='change_id.currency_id')
    old_line_id = fields.Many2one('service.contract.line', "Before", index='btree_not_null', ondelete='set null')
    new_line_id = fields.Many2one('service.contract.line', "After", index='btree_not_null', ondelete='set null')
    old_quantity = fields.Float("Quantity before", related='old_line_id.quantity')
    new_quantity = fields.Float("Quantity after", related='new_line_id.quantity')
    old_date_end = fields.Date(help="The last day that the service had before the change.")
    credit = fields.Monetary()
    charge = fields.Monetary()
    net = fields.Monetary()
    effect = fields.Json(help="How credit and charge came about; a further change in the period goes on from it.")


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    change_ids = fields.One2many('service.contract.change', 'contract_id', "Changes", groups='base.group_user')
    change_count = fields.Integer(compute='_compute_change_count', groups='base.group_user')
    scheduled_change_id = fields.Many2one(
        'service.contract.change', "Scheduled change", compute='_compute_change_count', groups='base.group_user',
    )

    @api.depends('change_ids.state')
    def _compute_change_count(self):
        for contract in self:
            contract.change_count = len(contract.change_ids)
            contract.scheduled_change_id = contract.change_ids.filtered(lambda change: change.state == 'scheduled')[:1]

    def action_view_changes(self) -> dict:
        """Open the changes of the contracts."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_change_action')
        return {**action, 'domain': [('contract_id', 'in', self.ids)], 'context': {}}

    def action_withdraw_change(self) -> bool:
        """Take back the scheduled change of contracts; those without one are left as they are."""
        self.check_access('write')
        self.scheduled_change_id.action_withdraw()
        return True

    # === CALENDAR === #

    @api.model
    def _calendar_domain(self, today):
        scheduled = [('state', '=', 'scheduled'), ('date_effective', '<=', today)]
        return super()._calendar_domain(today) | fields.Domain('change_ids', 'any', scheduled)

    def _follow_calendar(self, today):
        self._follow_changes(today)
        super()._follow_calendar(today)

    def _follow_changes(self, today: date) -> None:
        """Let scheduled changes take effect whose first day has come; the services change by their dates alone."""
        # sudo: changes are written by what they cause only, nobody has the right to
        self.env['service.contract.change'].sudo().search([
            ('contract_id', 'in', self.ids), ('state', '=', 'scheduled'), ('date_effective', '<=', today),
        ])._take_effect()
