"""Transfers that customers report: in process until staff or the bank confirms them."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import escape_psql

MATCH_DAYS = 10
"""So many days a bank may take, before and after the day the customer told."""
MATCH_BATCH = 100
TRANSFER_GATE = object()
"""Only this module's own methods pass it: an object cannot be sent by a remote call."""


class TransferReport(models.Model):
    _name = 'transfer.report'
    _description = "Reported Transfer"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'create_date desc, id desc'
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    partner_id = fields.Many2one('res.partner', "Customer", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id, ondelete='restrict',
    )
    amount = fields.Monetary(required=True, tracking=True)
    date_paid = fields.Date("Paid on", required=True, tracking=True)
    bank_name = fields.Char("Bank")
    reference = fields.Char("Payment reference", required=True, help="As written on the transfer.")
    proof = fields.Binary("Proof", attachment=True, help="A picture or PDF of the receipt.")
    proof_name = fields.Char("File name")
    line_ids = fields.Many2many(
        'account.move.line', string="Pays", check_company=True,
        domain="[('partner_id', 'child_of', partner_id), ('display_type', '=', 'payment_term'), "
               "('parent_state', '=', 'posted'), ('amount_residual', '>', 0)]",
        help="Empty: what fell due first.",
    )
    state = fields.Selection(
        [('reported', "In Process"), ('confirmed', "Confirmed"), ('rejected', "Rejected"), ('withdrawn', "Withdrawn")],
        "Status", required=True, readonly=True, default='reported', copy=False, index=True, tracking=True,
    )
    reject_reason = fields.Char("Why not", readonly=True, copy=False, tracking=True)
    payment_id = fields.Many2one('account.payment', readonly=True, copy=False, ondelete='restrict')
    statement_line_id = fields.Many2one(
        'account.bank.statement.line', "Bank line", readonly=True, copy=False, ondelete='set null',
        index='btree_not_null',
    )
    amount_open = fields.Monetary("Open of what it pays", compute='_compute_amount_open')
    difference = fields.Monetary(
        compute='_compute_amount_open', help="What is paid beyond what is open; below 0: what is missing.",
    )

    _one_report = models.UniqueIndex(
        "(company_id, partner_id, date_paid, amount, currency_id, lower(reference)) "
        "WHERE state IN ('reported', 'confirmed')",
        "This transfer has been reported already.",
    )
    _amount_above_zero = models.Constraint('CHECK (amount > 0)', "The amount of a transfer must be above 0.")
    _one_bank_line = models.UniqueIndex(
        "(statement_line_id) WHERE statement_line_id IS NOT NULL", "This bank line confirms another transfer already.",
    )

    # === CONSTRAINTS === #

    @api.constrains('date_paid')
    def _check_date_paid(self):
        for report in self:
            today = report.company_id._service_today()
            if not today - timedelta(days=365) <= report.date_paid <= today:
                raise ValidationError(self.env._(
                    "%(date)s cannot be the day of the transfer: report it once it is made, within one year.",
                    date=report.date_paid,
                ))

    @api.constrains('line_ids', 'partner_id', 'currency_id')
    def _check_lines(self):
        for report in self:
            for line in report.line_ids:
                if line.partner_id.commercial_partner_id != report.partner_id.commercial_partner_id:
                    raise ValidationError(self.env._(
                        "%(invoice)s belongs to another customer. Choose receivables of %(customer)s.",
                        invoice=line.move_id.name, customer=report.partner_id.display_name,
                    ))
                if line.currency_id != report.currency_id:
                    raise ValidationError(self.env._(
                        "%(invoice)s is in %(currency)s. Report transfers of each currency by themselves.",
                        invoice=line.move_id.name, currency=line.currency_id.name,
                    ))

    # === COMPUTE === #

    @api.depends('amount', 'line_ids.amount_residual_currency')
    def _compute_amount_open(self):
        for report in self:
            report.amount_open = sum(report.line_ids.mapped('amount_residual_currency'))
            report.difference = report.amount - report.amount_open if report.line_ids else 0.0

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
            vals['state'] = 'reported'
            vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('transfer.report')
        reports = super().create(vals_list)
        reports._ask_staff()
        return reports

    def write(self, vals):
        if 'state' in vals and self.env.context.get('transfer_gate') is not TRANSFER_GATE:
            raise UserError(self.env._("The status of a reported transfer changes by its buttons only."))
        return super().write(vals)

    def _ask_staff(self) -> None:
        """Give each report to somebody who can look it up at the bank."""
        for report in self:
            report.activity_schedule(
                'mail.mail_activity_data_todo', summary=report.env._("Find this transfer at the bank"),
                date_deadline=report.company_id._service_today(), user_id=report._responsible().id,
            )

    def _responsible(self):
        """Return who looks after the customer, else whoever administers the system."""
        return self.partner_id.user_id or self.env.ref('base.user_admin')

    # === ACTIONS === #

    def action_confirm(self) -> bool:
        """Book reported transfers as payments of what they pay; what is left over stays as credit.

        :raises UserError: naming a report that is not in process, or a company without a bank journal.
        """
        self.check_access('write')
        waiting = self.filtered(lambda report: report.state != 'confirmed')
        waiting._check_state('reported')
        for report in waiting:
            payment = report._register_payment()
            report._set_state('confirmed', payment_id=payment.id)
        return True

    def action_reject(self, reason: str = '') -> bool:
        """Say that a transfer did not arrive; reminders go on where they stopped and the customer is told.

        :param reason: a sentence for the customer.
        :raises UserError: naming a report that is not in process.
        """
        self.check_access('write')
        waiting = self.filtered(lambda report: report.state != 'rejected')
        waiting._check_state('reported')
        reason = reason or self.env._("We could not find this transfer on our account.")
        waiting._set_state('rejected', reject_reason=reason)
        template = self.env.ref('customer_portal_ext.mail_template_transfer_rejected')
        for report in waiting:
            report.message_post_with_source(template, subtype_xmlid='mail.mt_comment')
        return True

    def action_view_payment(self) -> dict:
        """Open the payment that the confirmation made."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'account.payment', 'res_id': self.payment_id.id,
            'view_mode': 'form',
        }

    # === BUSINESS === #

    @api.model
    def _report(self, partner, company, vals: dict):
        """Take the report of a customer; the same transfer reported again is the same report.

        :param vals: checked values of amount, currency_id, date_paid, reference, bank_name, proof, proof_name, and
            ``line_ids`` (a list).
        """
        known = self.search([
            ('company_id', '=', company.id), ('partner_id', '=', partner.id), ('date_paid', '=', vals['date_paid']),
            ('amount', '=', vals['amount']), ('currency_id', '=', vals['currency_id']),
            ('reference', '=ilike', escape_psql(vals['reference'])), ('state', 'in', ('reported', 'confirmed')),
        ], limit=1)
        if known:
            return known
        lines = vals.pop('line_ids', [])
        return self.create({
            **vals, 'partner_id': partner.id, 'company_id': company.id, 'line_ids': [Command.set(lines)],
        })

    def _withdraw(self) -> None:
        """Take back reports that nobody looked at yet, at the wish of the customer."""
        self._check_state('reported')
        self._set_state('withdrawn')

    @api.model
    def _waiting_domain(self) -> Domain:
        return Domain('state', '=', 'reported')

    @api.model
    def _waiting_for(self, lines):
        """Return the reports in process that may pay receivables, the oldest first."""
        if not lines:
            return self.browse()
        partners = lines.partner_id.commercial_partner_id
        return self.search(
            self._waiting_domain() & Domain('partner_id', 'child_of', partners.ids), order='date_paid, id',
        )

    def _may_cover(self, line) -> bool:
        """Tell whether a report without chosen receivables pays this one."""
        return self._covers(line, line.partner_id) == self._covers(self, self.partner_id)

    @staticmethod
    def _covers(record, partner) -> tuple:
        """Return what a report and the receivables it pays without a choice have in common."""
        return partner.commercial_partner_id, record.currency_id, record.company_id

    def _to_pay(self):
        """Return the open receivables the transfer pays: those chosen, then what fell due first."""
        self.ensure_one()
        others = self.partner_id._open_receivables().filtered(self._may_cover)
        return (self.line_ids | others).filtered(lambda line: line.amount_residual_currency > 0)

    def _register_payment(self):
        """Post the payment and reconcile it with what it pays, in the order of the due dates."""
        self.ensure_one()
        journal = self.company_id._transfer_journal()
        if not journal:
            raise UserError(self.env._(
                "%(company)s has no bank journal. Choose one in the settings of the customer panel.",
                company=self.company_id.name,
            ))
        payment = self.env['account.payment'].create({
            'payment_type': 'inbound', 'partner_type': 'customer', 'journal_id': journal.id,
            'partner_id': self.partner_id.commercial_partner_id.id, 'amount': self.amount, 'date': self.date_paid,
            'currency_id': self.currency_id.id, 'memo': f'{self.name} {self.reference}',
            'company_id': self.company_id.id,
        })
        payment.action_post()
        self._reconcile(payment.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable'))
        return payment

    def _reconcile(self, credit) -> None:
        """Settle receivables one by one until the credit is used up; each needs the account of the credit."""
        for line in self._to_pay():
            if credit.reconciled:
                return
            if line.account_id == credit.account_id:
                (line + credit).reconcile()

    # === BANK LINES === #

    @api.model
    def _cron_match_bank_lines(self) -> None:
        """Confirm reports by bank lines of the same amount that name their reference or customer."""
        cron = self.env['ir.cron']
        waiting = self.search(self._waiting_domain(), order='id')
        cron._commit_progress(remaining=len(waiting))
        for start in range(0, len(waiting), MATCH_BATCH):
            batch = waiting[start:start + MATCH_BATCH].try_lock_for_update().filtered_domain(self._waiting_domain())
            for report, bank_line in batch._bank_matches().items():
                report._confirm_by_bank_line(bank_line)
            if not cron._commit_progress(len(batch) or MATCH_BATCH):
                return

    def _bank_matches(self) -> dict:
        """Return the one bank line that fits each report; a report with several waits for people."""
        if not self:
            return {}
        days = timedelta(days=MATCH_DAYS)
        bank_lines = self.env['account.bank.statement.line'].search([
            ('is_reconciled', '=', False), ('company_id', 'in', self.company_id.ids),
            ('amount', 'in', list(set(self.mapped('amount')))),
            ('date', '>=', min(self.mapped('date_paid')) - days), ('date', '<=', max(self.mapped('date_paid')) + days),
        ])
        matches, used = {}, set()
        for report in self:
            fitting = bank_lines.filtered(lambda line, report=report: line.id not in used and report._fits(line))
            if len(fitting) == 1:
                matches[report] = fitting
                used.add(fitting.id)
        return matches

    def _fits(self, bank_line) -> bool:
        """Tell whether a bank line is this transfer."""
        text = f'{bank_line.payment_ref or ""} {bank_line.ref or ""}'.lower()
        is_known = (self.reference.lower() in text
                    or bank_line.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id)
        return (
            is_known and bank_line.company_id == self.company_id
            and bank_line.currency_id == self.currency_id and not bank_line.currency_id.compare_amounts(
                bank_line.amount, self.amount)
            and abs((bank_line.date - self.date_paid).days) <= MATCH_DAYS
        )

    def _confirm_by_bank_line(self, bank_line) -> None:
        """Let the bank line itself pay: its suspense line becomes the customer's payment."""
        self.ensure_one()
        _liquidity, suspense, _others = bank_line._seek_for_lines()
        account = self._to_pay()[:1].account_id or self.partner_id.with_company(
            self.company_id).property_account_receivable_id
        bank_line.partner_id = self.partner_id.commercial_partner_id
        suspense.with_context(skip_account_move_synchronization=True).write({
            'account_id': account.id, 'partner_id': self.partner_id.commercial_partner_id.id,
        })
        self._reconcile(suspense)
        self._set_state('confirmed', statement_line_id=bank_line.id)

    # === GATE === #

    def _check_state(self, source: str) -> None:
        if wrong := self.filtered(lambda report: report.state != source)[:1]:
            state = dict(self._fields['state']._description_selection(self.env))[wrong.state]
            raise UserError(self.env._(
                "The transfer %(report)s is %(state)s; only one in process can be changed.",
                report=wrong.name, state=state,
            ))

    def _set_state(self, state: str, **vals) -> None:
        self.with_context(transfer_gate=TRANSFER_GATE).write({'state': state, **vals})
        self.activity_ids.unlink()
