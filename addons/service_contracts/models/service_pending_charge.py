"""Pending charges: amounts beside the regular periods that wait for the next invoice, each with its event's key."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rules.billing import ADJUSTMENT, Charge
from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.pricing import Rated
from ..rules.pricing.explanation import once
from .service_gate import SERVICE_GATE, has_passed_gate

ONE_DAY = timedelta(days=1)


class ServicePendingCharge(models.Model):
    _name = 'service.pending.charge'
    _description = "Pending Charge"
    _inherit = ['service.contract.part.mixin']
    _order = 'charge_date desc, id desc'
    _check_company_auto = True

    key = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: f'manual:{uuid4()}',
        help="What happened, as other parts of the system name it: it is charged once.",
    )
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, index=True, ondelete='cascade',
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='contract_line_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='contract_line_id.currency_id', store=True, precompute=True)
    origin = fields.Selection(
        [
            ('manual', "Entered by hand"),
            ('change', "Change of the contract"),
            ('pause', "Pause or end"),
            ('allocation', "Shared costs"),
            ('performance', "Performance"),
            ('reward', "Reward"),
        ],
        required=True, readonly=True, default='manual',
    )
    name = fields.Text("Description", required=True, help="What the customer reads on the invoice.")
    charge_date = fields.Date(
        "Charge on", required=True, default=lambda self: self.env.company._service_today(),
        help="The day from which it goes on an invoice.",
    )
    period_start = fields.Date("From", compute='_compute_period', store=True, readonly=False, required=True,
                               precompute=True)
    period_end = fields.Date("Until before", compute='_compute_period', store=True, readonly=False, required=True,
                             precompute=True, help="The first day after the period.")
    amount = fields.Monetary(
        required=True,
        help="As the prices of the service: without tax, unless its tax is included. Below 0 it is a credit.",
    )
    explanation = fields.Json(readonly=True, help="How the amount came about; “rows” are shown as they are.")
    state = fields.Selection(
        [('open', "Open"), ('billed', "Billed"), ('cancelled', "Cancelled")],
        "Status", required=True, readonly=True, default='open', copy=False, index=True,
    )
    cancel_reason = fields.Char(readonly=True, copy=False)
    entry_id = fields.Many2one(
        'service.billing.entry', "Charge billed", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null',
    )
    move_id = fields.Many2one(related='entry_id.move_id', string="Invoice")

    _key_is_unique = models.UniqueIndex("(key)", "This has been charged already.")
    _period_order = models.Constraint(
        'CHECK (period_start < period_end)', "The period of a pending charge must end after it starts.",
    )

    # === CONSTRAINTS === #

    @api.constrains('amount')
    def _check_amount(self):
        for pending in self:
            if pending.currency_id.is_zero(pending.amount):
                raise ValidationError(self.env._(
                    "%(service)s: a pending charge of 0 charges nothing. Enter an amount, below 0 for a credit.",
                    service=pending.contract_line_id.display_name,
                ))

    # === COMPUTE === #

    @api.depends('charge_date')
    def _compute_period(self):
        for pending in self:
            pending.period_start = pending.period_start or pending.charge_date
            if pending.period_start and not pending.period_end:
                pending.period_end = pending.period_start + ONE_DAY

    @api.depends('name')
    def _compute_display_name(self):
        for pending in self:
            pending.display_name = (pending.name or '').split('\n', 1)[0]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals |= {'state': 'open', 'entry_id': False}
        return super().create(vals_list)

    def write(self, vals):
        if not has_passed_gate(self.env):
            self._check_write(vals)
        return super().write(vals)

    def _check_write(self, vals: dict) -> None:
        """Refuse to change what is billed, what another document made, and the state at any time."""
        if {'state', 'entry_id', 'key'} & vals.keys():
            raise UserError(self.env._("The status of a pending charge follows its invoice. Use “Cancel” instead."))
        for pending in self:
            if pending.state != 'open' or pending.origin != 'manual':
                raise UserError(self.env._(
                    "“%(charge)s” of %(contract)s cannot be changed. Cancel it, or charge the difference anew.",
                    charge=pending.display_name, contract=pending.contract_id.display_name,
                ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        if kept := self.filtered(lambda pending: pending.state == 'billed' or pending.origin != 'manual')[:1]:
            raise UserError(self.env._(
                "“%(charge)s” of %(contract)s stays for the records. Cancel it instead.",
                charge=kept.display_name, contract=kept.contract_id.display_name,
            ))

    # === ACTIONS === #

    def action_cancel(self) -> bool:
        """Take back open charges; cancelled ones are left as they are.

        :raises UserError: naming a charge that is on an invoice already.
        """
        self.check_access('write')
        if billed := self.filtered(lambda pending: pending.state == 'billed')[:1]:
            raise UserError(self.env._(
                "“%(charge)s” is on the invoice %(invoice)s. Credit that invoice instead.",
                charge=billed.display_name, invoice=billed.move_id.display_name,
            ))
        self._cancel(self.env._("Cancelled by %s", self.env.user.name))
        return True

    # === BUSINESS === #

    @api.model
    def _propose(self, vals_list: list[dict]):
        """Return the pending charges of these keys; those not known yet are created, the others left as they are."""
        keys = [vals['key'] for vals in vals_list]
        known = set(self.search([('key', 'in', keys)]).mapped('key'))
        self.create([vals for vals in vals_list if vals['key'] not in known])
        return self.search([('key', 'in', keys)])

    def _cancel(self, reason: str) -> None:
        """Cancel the open ones of these charges; what is billed stays, to be credited by a new one."""
        self.filtered(lambda pending: pending.state == 'open')._pass_gate(state='cancelled', cancel_reason=reason)

    def _due(self, until: date):
        """Return the open ones that fall due until a day, oldest first."""
        due = self.filtered(lambda pending: pending.state == 'open' and pending.charge_date <= until)
        return due.sorted(lambda pending: (pending.charge_date, pending.id))

    def _charge(self) -> Charge:
        """Return the charge that the billing run writes on an invoice."""
        self.ensure_one()
        return adjustment_charge(
            self.contract_line_id.id, Period(self.period_start, self.period_end), self.charge_date,
            to_decimal(self.currency_id.round(self.amount)),
            {**(self.explanation or {}), 'correction': self.id, 'name': self.name, 'origin': self.origin},
        )

    @api.model
    def _settle(self, entries) -> None:
        """Note which pending charges these ledger rows of the kind adjustment charge; the correction tells the id."""
        if not entries:
            return
        self.flush_model()
        # SQL because each charge gets a ledger row of its own
        self.env.cr.execute(
            """UPDATE service_pending_charge pending SET state = 'billed', entry_id = entry.id
                FROM service_billing_entry entry WHERE entry.id = ANY(%s) AND pending.id = entry.correction""",
            (entries.ids,),
        )
        self.invalidate_model(['state', 'entry_id'], flush=False)
        self.browse(entries.mapped('correction')).modified(['state', 'entry_id'])

    @api.model
    def _reopen(self, entries) -> None:
        """Let the charges of ledger rows that are void wait for an invoice again."""
        self.search([('entry_id', 'in', entries.ids)])._pass_gate(state='open', entry_id=False)

    def _pass_gate(self, **vals) -> None:
        self.with_context(service_gate=SERVICE_GATE).write(vals)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    pending_ids = fields.One2many('service.pending.charge', 'contract_line_id', "Pending charges")
    pending_on = fields.Date(
        "Pending charge on", compute='_compute_pending_on', store=True, copy=False,
        help="The first day on which a pending charge of the service falls due.",
    )

    @api.depends('pending_ids.state', 'pending_ids.charge_date')
    def _compute_pending_on(self):
        for line in self:
            # sudo: the date follows from the charges, whoever changes them
            dates = line.sudo().pending_ids.filtered(lambda pending: pending.state == 'open').mapped('charge_date')
            line.pending_on = min(dates, default=False)


def adjustment_charge(line_id: int, period: Period, day: date, amount: Decimal, evidence: dict) -> Charge:
    """Return an amount beside the regular periods as a charge of a day."""
    one = Decimal(1)
    return Charge(line_id, ADJUSTMENT, period, period, day, Fraction(1), one, amount, Decimal(0),
                  Rated(one, one, amount, (once(ADJUSTMENT, amount),)), evidence=evidence)
