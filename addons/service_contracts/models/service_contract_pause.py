"""Pauses: spans of days without service, planned ahead or running."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..rules.periods import Period
from .service_gate import SERVICE_GATE, has_passed_gate


class ServiceContractPause(models.Model):
    _name = 'service.contract.pause'
    _description = "Pause of a Contract"
    _inherit = ['service.contract.part.mixin', 'service.input.mixin']
    _order = 'date_start desc, id desc'

    contract_id = fields.Many2one('service.contract', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True)
    date_start = fields.Date("From", required=True, help="The first day without service.")
    date_end = fields.Date(
        "Resumes on", help="The first day with service again. Empty: until somebody resumes it.",
    )
    reason = fields.Char()
    state = fields.Selection(
        [('planned', "Planned"), ('running', "Running"), ('over', "Over")],
        default='planned', required=True, readonly=True, copy=False,
    )

    # === CONSTRAINTS === #

    @api.constrains('date_start', 'date_end', 'contract_id')
    def _check_dates(self):
        for pause in self:
            if pause.date_end and pause.date_end < pause.date_start:
                raise ValidationError(self.env._(
                    "%(contract)s: a pause from %(start)s cannot end before it starts, on %(end)s.",
                    contract=pause.contract_id.display_name, start=pause.date_start, end=pause.date_end,
                ))
        for pauses in self.contract_id.pause_ids.grouped('contract_id').values():
            pauses._check_overlap()

    def _check_overlap(self):
        """Refuse pauses of one contract that share a day."""
        earlier = None
        for pause in self.sorted(lambda pause: (pause.date_start, pause.date_end or date.max)):
            if earlier and (earlier.date_end or date.max) > pause.date_start:
                raise ValidationError(self.env._(
                    "%(contract)s: the pause from %(start)s overlaps the one from %(earlier)s. "
                    "Resume that one first.",
                    contract=pause.contract_id.display_name, start=pause.date_start,
                    earlier=earlier.date_start,
                ))
            earlier = pause

    # === COMPUTE === #

    @api.depends('contract_id', 'date_start')
    def _compute_display_name(self):
        for pause in self:
            pause.display_name = self.env._(
                "%(contract)s from %(start)s",
                contract=pause.contract_id.display_name, start=pause.date_start,
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['state'] = 'planned'
        return super().create(vals_list)

    def write(self, vals):
        if not has_passed_gate(self.env):
            self._check_write(vals)
        return super().write(vals)

    def _check_write(self, vals: dict) -> None:
        """Refuse to change a pause that has begun, and its state at any time."""
        begun = self.filtered(lambda pause: pause.state != 'planned')
        if 'state' in vals or (begun and {'date_start', 'date_end', 'contract_id'} & vals.keys()):
            raise UserError(self.env._(
                "The pause of %(contract)s follows the calendar. Resume the contract to end it.",
                contract=(begun or self)[:1].contract_id.display_name,
            ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if begun := self.filtered(lambda pause: pause.state != 'planned'):
            raise UserError(self.env._(
                "The pause of %(contract)s has begun and is part of its history. "
                "Resume the contract instead.",
                contract=begun[0].contract_id.display_name,
            ))

    # === BUSINESS === #

    def _start(self, today: date) -> None:
        """Suspend the contracts whose planned pause has come; calling it twice changes nothing."""
        due = self.filtered(lambda pause: pause.state == 'planned' and pause.date_start <= today)
        due._set_state('running')
        for reason, pauses in due.grouped(lambda pause: pause.reason or self.env._("Pause")).items():
            active = pauses.contract_id.filtered(lambda contract: contract.state == 'active')
            active._set_state('suspended', reason)

    def _finish(self, today: date) -> None:
        """Take up the service of the contracts whose pause is over; calling it twice changes nothing."""
        running = self.filtered(lambda pause: pause.state == 'running')
        over = running.filtered(lambda pause: pause.date_end and pause.date_end <= today)
        over._set_state('over')
        suspended = over.contract_id.filtered(lambda contract: contract.state == 'suspended')
        suspended._set_state('active', self.env._("End of the pause"))

    def _set_state(self, state: str, **vals) -> None:
        self.with_context(service_gate=SERVICE_GATE).write({'state': state, **vals})

    def _period(self) -> Period | None:
        """Return the days of the pause; an open one never ends. None for a pause of no day."""
        self.ensure_one()
        end = self.date_end or date.max
        return Period(self.date_start, end) if self.date_start < end else None

    @api.model
    def _due_domain(self, today: date) -> Domain:
        """Pauses that must start or finish on a day."""
        starts = Domain('state', '=', 'planned') & Domain('date_start', '<=', today)
        starts &= Domain('contract_id.state', 'in', ('active', 'suspended'))
        return starts | (Domain('state', '=', 'running') & Domain('date_end', '<=', today))
