"""Installments of a plan: what was agreed; what is still owed of them stands in the ledger."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal

from ..rules.offer import Row

RECOGNITION_BATCH = 100


class InstallmentLine(models.Model):
    _name = 'installment.line'
    _description = "Installment"
    _order = 'date_due, plan_id, number'
    _rec_name = 'label'

    plan_id = fields.Many2one('installment.plan', required=True, index=True, ondelete='cascade')
    number = fields.Integer(required=True, help="0 is what was paid at once.")
    label = fields.Char("Installment", compute='_compute_label')
    company_id = fields.Many2one(related='plan_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='plan_id.partner_id', store=True, index=True)
    currency_id = fields.Many2one(related='plan_id.currency_id', store=True)
    date_due = fields.Date("Agreed for", required=True, readonly=True)
    date_planned = fields.Date("Moved to", readonly=True, help="The day it falls due after a skipped month.")
    date_maturity = fields.Date(
        "Due", compute='_compute_residual', store=True, index=True,
        help="The day it falls due now: after a skipped month or when the plan was called, not the agreed one.",
    )
    principal = fields.Monetary(required=True, readonly=True)
    interest = fields.Monetary(readonly=True)
    fee = fields.Monetary(readonly=True)
    amount = fields.Monetary("Installment amount", compute='_compute_amount', store=True)
    balance = fields.Monetary("Owed afterwards", readonly=True)
    earned = fields.Monetary("Income", readonly=True, help="Interest and fees that belong to its period.")
    move_line_ids = fields.One2many('account.move.line', 'installment_line_id', "Receivables", readonly=True)
    invoice_id = fields.Many2one(
        'account.move', "Invoice", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        help="The invoice that asks for it: one for the whole plan, or its own.",
    )
    amount_residual = fields.Monetary("Open", compute='_compute_residual', store=True)
    company_residual = fields.Monetary(
        "Open in company currency", compute='_compute_residual', store=True, currency_field='company_currency_id',
    )
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    state = fields.Selection(
        [('cancelled', "Deleted"), ('paid', "Paid"), ('in_process', "In Process"), ('due', "Due"),
         ('pending', "Pending")],
        "Status", compute='_compute_state',
    )
    recognition_move_ids = fields.One2many('account.move', 'installment_recognised_line_id', readonly=True)

    _number_is_unique = models.UniqueIndex("(plan_id, number)", "A plan has one installment of each number.")

    # === COMPUTE === #

    @api.depends('plan_id.name', 'number')
    def _compute_label(self):
        for line in self:
            line.label = f'{line.plan_id.name}/{line.number}'

    @api.depends('principal', 'interest', 'fee')
    def _compute_amount(self):
        for line in self:
            line.amount = line.principal + line.interest + line.fee

    @api.depends('date_due', 'date_planned', 'amount', 'plan_id.closing', 'move_line_ids.date_maturity',
                 'move_line_ids.amount_residual_currency', 'move_line_ids.parent_state')
    def _compute_residual(self):
        for line in self:
            receivables = line.move_line_ids.filtered(lambda item: item.parent_state == 'posted')
            line.date_maturity = max(filter(None, receivables.mapped('date_maturity')), default=line._planned())
            if receivables:
                line.amount_residual = sum(receivables.mapped('amount_residual_currency'))
                line.company_residual = sum(receivables.mapped('amount_residual'))
            else:
                line.amount_residual = 0.0 if line.plan_id.closing else line.amount
                line.company_residual = line._in_company_currency(line.amount_residual)

    @api.depends('amount_residual', 'date_maturity', 'plan_id.closing')
    def _compute_state(self):
        covered = self._amounts_in_process()
        for line in self:
            if line.plan_id.closing == 'cancelled':
                line.state = 'cancelled'
            elif not line.amount_residual:
                line.state = 'paid'
            elif line.currency_id.compare_amounts(covered.get(line.id, 0.0), line.amount_residual) >= 0:
                line.state = 'in_process'
            else:
                line.state = 'due' if line.date_maturity <= line.company_id._service_today() else 'pending'

    def _amounts_in_process(self) -> dict[int, float]:
        """Return by installment what unconfirmed payments cover of it; extend it for reported transfers."""
        covered = {}
        for invoice in self.move_line_ids.move_id:
            # sudo: the customer sees that a payment is on its way, not the transaction
            waiting = sum(invoice.sudo().transaction_ids.filtered(
                lambda transaction: transaction.state in ('pending', 'authorized')).mapped('amount'))
            for line in invoice.line_ids.installment_line_id.filtered('amount_residual').sorted('date_maturity'):
                if waiting <= 0:
                    break
                covered[line.id] = min(waiting, line.amount_residual)
                waiting -= covered[line.id]
        return covered

    def _lines_in_process(self):
        """Return the installments of which something is on its way, be it a part."""
        covered = self._amounts_in_process()
        return self.filtered(lambda line: covered.get(line.id))

    # === BUSINESS === #

    def _row(self) -> Row:
        """Return the installment as the rules see it, on the day it falls due now."""
        return Row(
            self.number, self.date_maturity, *map(to_decimal, (self.principal, self.interest, self.fee)),
            to_decimal(self.balance), to_decimal(self.earned),
        )

    def _planned(self):
        """Return the day it falls due when nothing else happens to its plan."""
        return self.date_planned or self.date_due

    def _terms(self) -> list[tuple]:
        """Return (installment, amount) in order: what an invoice over them is due in."""
        return [(line, to_decimal(line.currency_id.round(line.amount))) for line in self.sorted('number')]

    def _in_company_currency(self, amount: float) -> float:
        plan = self.plan_id
        return self.currency_id._convert(amount, plan.company_currency_id, plan.company_id, plan.date_start)

    def _open_amount(self) -> Decimal:
        return to_decimal(self.currency_id.round(self.amount_residual))

    # === EARNED INCOME === #

    @api.model
    def _recognition_domain(self, today) -> list:
        return [
            ('earned', '>', 0), ('date_maturity', '<=', today), ('recognition_move_ids', '=', False),
            ('plan_id.closing', '=', False), ('invoice_id.state', '=', 'posted'),
        ]

    @api.model
    def _cron_recognise(self):
        """Move the income of every period that has passed out of the deferred account, each once."""
        today = fields.Date.context_today(self)
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._recognition_domain(today)))
        while lines := self.search(self._recognition_domain(today), limit=RECOGNITION_BATCH):
            lines = lines.try_lock_for_update().filtered_domain(self._recognition_domain(today))
            if not lines:
                return
            lines._recognise()
            if not cron._commit_progress(len(lines)):
                return

    def _recognise(self) -> None:
        """Post the income of installments whose period has passed; those posted before are left out."""
        missing = self.filtered(lambda line: line.earned and not line.recognition_move_ids)
        # the last installment of each plan comes after the others are posted: it takes what they leave
        last = self.browse([lines.sorted('number')[-1:].id for lines in missing.grouped('plan_id').values()])
        for lines in (missing - last, last):
            # sudo: bookkeeping that follows from the agreement
            moves_sudo = self.env['account.move'].sudo().create([line._prepare_recognition_vals() for line in lines])
            moves_sudo.action_post()

    def _prepare_recognition_vals(self) -> dict:
        plan = self.plan_id
        return plan._prepare_income_vals(
            self.earned, plan._earned_balance(self), self.date_maturity,
            self.env._("Income of installment %s", self.label), installment_recognised_line_id=self.id,
        )
