"""Late payment: a fee once for each late installment, interest by segments of its open balance, each day once."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.fields import Domain

from ..rules.late import late_interest, open_parts, segments
from .account_move import LATE_ROLES

BATCH = 50
INTEREST_EVERY = timedelta(days=30)
"""Interest of an installment that stays open is charged so often; once it is paid, the rest at once."""


class InstallmentLateCharge(models.Model):
    _name = 'installment.late.charge'
    _description = "Charge for Late Payment"
    _order = 'date_to desc, id desc'

    line_id = fields.Many2one('installment.line', "Installment", required=True, readonly=True, ondelete='restrict')
    plan_id = fields.Many2one(related='line_id.plan_id', store=True, index=True)
    partner_id = fields.Many2one(related='line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')
    kind = fields.Selection([('fee', "Late fee"), ('interest', "Late interest")], required=True, readonly=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True, help="The first day that is not charged yet.")
    amount = fields.Monetary(required=True, readonly=True)
    explanation = fields.Json(readonly=True, help="The open balances, their days and the rate.")
    move_id = fields.Many2one('account.move', "Invoice", required=True, readonly=True, ondelete='restrict')

    _charged_once = models.UniqueIndex(
        "(line_id, kind, date_from)", "These days of the installment are charged already.",
    )
    _one_fee = models.UniqueIndex("(line_id) WHERE kind = 'fee'", "The installment has its late fee already.")


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    late_charge_ids = fields.One2many('installment.late.charge', 'line_id', "Late charges", readonly=True)
    late_check_on = fields.Date(readonly=True, help="When to look again whether it was paid late.")
    is_late_closed = fields.Boolean(readonly=True, help="It is paid, and what paying late costs is charged.")

    def action_charge_late(self) -> bool:
        """Charge late fee and late interest of installments until today, as the agreement states them.

        What was charged before is not charged again; installments that are not late are left as they are.
        """
        self.plan_id._check_manager()
        # sudo: the invoice follows from the agreement
        self.sudo()._charge_late(fields.Date.context_today(self), is_forced=True)
        return True

    # === CRON === #

    @api.model
    def _late_domain(self, today: date) -> Domain:
        is_watched = Domain('is_late_closed', '=', False) | Domain('amount_residual', '>', 0)
        is_time = Domain('late_check_on', '=', False) | Domain('late_check_on', '<=', today)
        return (
            Domain('date_maturity', '<', today) & Domain('plan_id.terms_id.late_charging', '=', 'automatic')
            & Domain('invoice_id.state', '=', 'posted') & Domain('plan_id.closing', 'not in', ('cancelled',))
            & is_watched & is_time
        )

    @api.model
    def _cron_late(self):
        """Charge what paying late costs; running it more often charges nothing more."""
        today, cron = fields.Date.context_today(self), self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._late_domain(today)))
        while lines := self.search(self._late_domain(today), limit=BATCH):
            lines = lines.try_lock_for_update(allow_referencing=True).filtered_domain(self._late_domain(today))
            if not lines:
                return
            lines._charge_late(today)
            if not cron._commit_progress(len(lines)):
                return

    # === BUSINESS === #

    def _charge_late(self, today: date, is_forced: bool = False) -> None:
        """Charge fee and interest until `today`; unless forced, interest of open installments once a month."""
        late = self.filtered(lambda line: line.invoice_id.state == 'posted' and line.date_maturity < today)
        for plan, lines in late.grouped('plan_id').items():
            due = [vals for line in lines for vals in line._late_charges(today, is_forced)]
            for kind in ('fee', 'interest'):
                plan._invoice_late(kind, [vals for vals in due if vals['kind'] == kind], today)
        for line in late:
            line.late_check_on = today + timedelta(days=1)
            line.is_late_closed = line.currency_id.is_zero(line.amount_residual)

    def _late_charges(self, today: date, is_forced: bool) -> list[dict]:
        """Return the charges of an installment that are due and not made yet."""
        paid = self._paid_in_full_on()
        if (paid or today) <= self.date_maturity + timedelta(days=self.plan_id._agreed('late_grace_days')):
            return []
        return [*self._late_fee(today), *self._late_interest(today, is_forced or bool(paid))]

    def _late_fee(self, today: date) -> list[dict]:
        amount = to_decimal(self.plan_id.figures.get('late_fee') or '0')
        if not amount or self.late_charge_ids.filtered(lambda charge: charge.kind == 'fee'):
            return []
        return [{'line_id': self.id, 'kind': 'fee', 'date_from': self.date_maturity, 'date_to': today,
                 'amount': float(amount)}]

    def _late_interest(self, today: date, is_time: bool) -> list[dict]:
        charged = self.late_charge_ids.filtered(lambda charge: charge.kind == 'interest')
        since = max(charged.mapped('date_to'), default=self.date_maturity)
        amount = self._interest_until(today) - to_decimal(self.currency_id.round(sum(charged.mapped('amount'))))
        if amount <= 0 or not (is_time or today - since >= INTEREST_EVERY):
            return []
        return [{
            'line_id': self.id, 'kind': 'interest', 'date_from': since, 'date_to': today, 'amount': float(amount),
            'explanation': {
                'rate': self.plan_id.figures['late_interest'],
                'balances': [[str(part.start), str(part.end), str(self._bearing(part.balance))]
                             for part in self._late_segments(today)],
            },
        }]

    def _interest_until(self, day: date) -> Decimal:
        """Return the late interest of an installment from its due day to before a day, paid or not."""
        rate = to_decimal(self.plan_id.figures.get('late_interest') or '0') / 100
        if not rate:
            return Decimal(0)
        day_count = self.plan_id._agreed('late_day_count') or 'actual_365'
        return late_interest(self._late_segments(day), rate, day_count, self.currency_id.decimal_places, self._bearing)

    def _late_segments(self, until: date) -> list:
        return segments(self.date_maturity, to_decimal(self.currency_id.round(self.amount)), self._payments(), until)

    def _payments(self) -> list[tuple[date, Decimal]]:
        """Return (day, amount) of what was paid, or credited, on an installment."""
        partials = self.move_line_ids.filtered(lambda item: item.parent_state == 'posted').matched_credit_ids
        return [(partial.credit_move_id.date, to_decimal(self.currency_id.round(partial.debit_amount_currency)))
                for partial in partials]

    def _paid_in_full_on(self) -> date | None:
        if not self.currency_id.is_zero(self.amount_residual):
            return None
        return max((day for day, _amount in self._payments()), default=self.date_maturity)

    def _bearing(self, balance: Decimal) -> Decimal:
        """Return how much of an open balance bears late interest: by the terms all of it, or its principal."""
        if self.plan_id._agreed('late_base') == 'all':
            return balance
        return self._open_parts(balance)['principal']

    def _open_parts(self, balance: Decimal) -> dict[str, Decimal]:
        """Return what is open of fee, interest and principal, as payments are allocated in the company."""
        parts = {name: to_decimal(self.currency_id.round(self[name])) for name in ('fee', 'interest', 'principal')}
        order = self.company_id.installment_allocation
        return open_parts(parts, balance, 'fee_interest_principal' if order == 'named' else order)

    def _late_accrued(self, day: date) -> Decimal:
        """Return the late interest until a day that is not charged yet."""
        if self.plan_id.terms_id.late_charging != 'automatic' or day <= self.date_maturity:
            return Decimal(0)
        fee_and_interest = self._late_charges(day, is_forced=True)
        return sum((to_decimal(self.currency_id.round(vals['amount'])) for vals in fee_and_interest), Decimal(0))


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    late_charge_ids = fields.One2many('installment.late.charge', 'plan_id', "Late charges", readonly=True)
    late_residual = fields.Monetary(
        "Open late charges", compute='_compute_late_residual', store=True,
        help="Late fees and interest that are invoiced and not paid; they stay when the installments are paid.",
    )

    @api.depends('move_ids.amount_residual', 'move_ids.state', 'move_ids.installment_role')
    def _compute_late_residual(self):
        for plan in self:
            moves = plan.move_ids.filtered(
                lambda move: move.installment_role in LATE_ROLES and move.state == 'posted')
            plan.late_residual = plan.currency_id.round(sum(moves.mapped('amount_residual')))

    def _invoice_late(self, kind: str, charges: list[dict], day: date) -> None:
        """Post one invoice over charges of a kind; a receivable of its own that outlives the installments (R7)."""
        if not charges:
            return
        plan = self.with_context(lang=self.partner_id.lang or self.env.lang)
        move = self.env['account.move'].create({
            **plan._prepare_invoice_vals(day, plan.name),
            'installment_role': f'late_{kind}',
            'invoice_line_ids': plan._prepare_plain_lines([
                (plan._late_label(vals), to_decimal(vals['amount']), 'installment_income_account_id')
                for vals in charges
            ]),
        })
        self.env['installment.late.charge'].create([{**vals, 'move_id': move.id} for vals in charges])
        move.action_post()

    def _late_label(self, vals: dict) -> str:
        label = self.env['installment.line'].browse(vals['line_id']).label
        if vals['kind'] == 'fee':
            return self.env._("Late fee, installment %s", label)
        return self.env._("Late interest, installment %(label)s, %(start)s to %(end)s",
                          label=label, start=vals['date_from'], end=vals['date_to'])

    def _late_until(self, day: date) -> Decimal:
        """Return what late payment costs until a day: charged and open, or still to be charged."""
        open_charges = to_decimal(self.currency_id.round(self.late_residual))
        return open_charges + sum((line._late_accrued(day) for line in self.line_ids), Decimal(0))
