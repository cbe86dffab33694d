"""Invoices of a plan: one over everything, or one for each installment, made once on or before its day."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..rules.errors import OfferError
from ..rules.parts import cut

BATCH = 50


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    bill_problem = fields.Char("Problem of an invoice", compute='_compute_bill_problem')

    @api.depends('line_ids.bill_problem')
    def _compute_bill_problem(self):
        for plan in self:
            problems = plan.line_ids.filtered('bill_problem')
            plan.bill_problem = problems[:1].bill_problem

    def _bill_at_start(self) -> None:
        """Post the invoice of a new plan, or the first ones when each installment has its own."""
        if self.invoicing == 'each':
            self._bill(self.line_ids.filtered(lambda line: line.date_invoice <= self.date_start), at_once=False)
        else:
            self.sale_order_id.with_context(installment_plan=self)._create_invoices().action_post()

    def _bill(self, lines, at_once: bool = True):
        """Post what was not invoiced of some installments, on one invoice or one for each; return the invoices.

        The row of an installment names its invoice, so it must be locked, or new, before.
        """
        missing = lines.filtered(lambda line: not line.invoice_id).sorted('number')
        groups = [missing] if at_once else list(missing)
        invoices = self.env['account.move'].create([self._prepare_part_vals(group) for group in groups if group])
        invoices.action_post()
        if self.previous_plan_id and invoices:
            self._close_transfer(invoices[-1:].date)
        return invoices

    def _prepare_part_vals(self, lines) -> dict:
        """Return the invoice of some installments of a plan that is invoiced piece by piece."""
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        plan = self.with_context(lang=lang)
        base = plan._prepare_invoice_vals(lines[0].date_invoice, plan.name) if self.previous_plan_id else {
            **plan.sale_order_id.with_context(lang=lang)._prepare_invoice(), 'invoice_date': lines[0].date_invoice,
        }
        return {
            **base,
            'installment_plan_id': self.id,
            'installment_role': 'part',
            'installment_line_ids': [Command.set(lines.ids)],
            'invoice_payment_term_id': False,
            'invoice_line_ids': [*plan._prepare_sold_lines(lines), *plan._prepare_charge_lines(lines)],
        }

    def _prepare_sold_lines(self, lines) -> list:
        """Return the invoice lines for what installments pay back: their share of every line sold, net and tax."""
        label = self._part_label(lines)
        if self.previous_plan_id:
            return self._prepare_plain_lines([
                (label, to_decimal(self.currency_id.round(sum(lines.mapped('principal')))),
                 'installment_transfer_account_id'),
            ])
        sold = self.sale_order_id._installment_pieces()
        rows = dict(zip(self.line_ids.sorted('number'), self._cut(sold), strict=True))
        shares = [sum(amounts, Decimal(0)) for amounts in zip(*(rows[line] for line in lines), strict=True)]
        given = iter(shares)
        return [
            Command.create(piece._prepare_part(label, next(given), [next(given) for _tax in piece.taxes]))
            for piece in sold
        ]

    def _cut(self, sold: list) -> list[list[Decimal]]:
        digits = self.currency_id.decimal_places
        principals = [to_decimal(self.currency_id.round(line.principal)) for line in self.line_ids.sorted('number')]
        try:
            return cut([amount for piece in sold for amount in piece.amounts], principals, digits)
        except OfferError as error:
            why_not = self.terms_id._why_not(error, self.currency_id)
            raise UserError(self.env._("%(plan)s: %(problem)s", plan=self.name, problem=why_not)) from error

    def _part_label(self, lines) -> str:
        count = len(self.line_ids.filtered('number'))
        if not lines[-1].number:
            return self.env._("Down payment of %s", self.name)
        if len(lines) > 1:
            return self.env._("Rest of %s", self.name)
        return self.env._("Installment %(number)s of %(count)s, %(plan)s",
                          number=lines.number, count=count, plan=self.name)

    def action_bill_again(self) -> bool:
        """Let installments whose invoice failed be invoiced by the next scheduled job."""
        self._check_manager()
        self.sudo().line_ids.bill_problem = False  # sudo: decided by a manager
        return True


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    date_invoice = fields.Date("Invoiced on", compute='_compute_date_invoice', store=True, index='btree_not_null')
    bill_problem = fields.Char("Not invoiced because", readonly=True)

    @api.depends('date_due', 'date_planned', 'plan_id.invoicing', 'plan_id.invoice_days', 'plan_id.date_start')
    def _compute_date_invoice(self):
        for line in self:
            plan = line.plan_id
            is_own = plan.invoicing == 'each'
            line.date_invoice = max(
                plan.date_start, line._planned() - timedelta(days=plan.invoice_days),
            ) if is_own and line.date_due else plan.date_start

    @api.model
    def _bill_domain(self, today: date) -> Domain:
        """Return which installments need an invoice of their own now."""
        return (
            Domain('plan_id.invoicing', '=', 'each') & Domain('date_invoice', '<=', today)
            & Domain('invoice_id', '=', False) & Domain('plan_id.closing', '=', False)
            & Domain('bill_problem', '=', False)
        )

    @api.model
    def _cron_bill(self):
        """Invoice the installments whose day has come, each once; what fails waits for a person."""
        today, cron = fields.Date.context_today(self), self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._bill_domain(today)))
        while lines := self.search(self._bill_domain(today), limit=BATCH):
            lines = lines.try_lock_for_update(allow_referencing=True).filtered_domain(self._bill_domain(today))
            if not lines:
                return
            for line in lines:
                line._bill_or_park()
            if not cron._commit_progress(len(lines)):
                return

    def _bill_or_park(self) -> None:
        plan = self.plan_id
        try:
            with self.env.cr.savepoint():
                plan.with_company(plan.company_id)._bill(self)
        except UserError as error:
            self.env.invalidate_all(flush=False)
            self.bill_problem = str(error)[:500]
            plan.activity_schedule(
                'mail.mail_activity_data_todo', user_id=plan.user_id.id or self.env.uid,
                summary=self.env._("%s could not be invoiced", self.label), note=self.bill_problem,
            )
