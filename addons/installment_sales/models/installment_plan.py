"""Plans: one sale in installments as the customer agreed to it."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import UserError
from odoo.fields import Command

from ..rules.amortization import spread
from .account_move import BILLING_ROLES, LATE_ROLES


class InstallmentPlan(models.Model):
    _name = 'installment.plan'
    _description = "Installment Plan"
    _inherit = ['portal.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _mail_post_access = 'read'
    _rec_names_search = ['name', 'partner_id.name']

    name = fields.Char("Number", required=True, readonly=True, copy=False, default='/')
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict',
    )
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    terms_id = fields.Many2one('installment.terms', "Terms", readonly=True, index=True, ondelete='restrict')
    sale_order_id = fields.Many2one('sale.order', "Order", readonly=True, index='btree_not_null', ondelete='restrict')
    user_id = fields.Many2one('res.users', "Responsible", readonly=True, index='btree_not_null')
    previous_plan_id = fields.Many2one(
        'installment.plan', "Continues", readonly=True, index='btree_not_null', ondelete='restrict',
        help="The plan that this one took over when it was rescheduled.",
    )
    next_plan_ids = fields.One2many('installment.plan', 'previous_plan_id', "Continued by", readonly=True)

    date_start = fields.Date("Agreed on", required=True, readonly=True)
    price = fields.Monetary(readonly=True)
    down_payment = fields.Monetary(readonly=True)
    financed = fields.Monetary("Financed amount", readonly=True)
    interest = fields.Monetary(readonly=True)
    fees = fields.Monetary(readonly=True)
    cost = fields.Monetary("Total cost of credit", readonly=True)
    total = fields.Monetary("Total payable", readonly=True)
    interest_rate = fields.Float("Yearly rate", digits=(16, 6), readonly=True)
    rate_kind = fields.Char(readonly=True)
    apr_eu = fields.Float("APR (EU)", digits=(16, 6), readonly=True)
    apr_us = fields.Float("APR (US)", digits=(16, 6), readonly=True)
    figures = fields.Json("Figures as agreed", readonly=True)
    figures_hash = fields.Char("Fingerprint", readonly=True, help="SHA-256 of the figures as agreed.")
    accepted_by = fields.Char(readonly=True)
    accepted_on = fields.Datetime(readonly=True)
    accepted_from = fields.Char("Accepted from", readonly=True, help="The network address of the customer.")

    line_ids = fields.One2many('installment.line', 'plan_id', "Installments", readonly=True)
    move_ids = fields.One2many('account.move', 'installment_plan_id', "Journal entries", readonly=True)
    invoicing = fields.Selection(
        [('single', "One invoice with all due dates"), ('each', "An invoice for each installment")],
        required=True, readonly=True, default='single',
    )
    invoice_days = fields.Integer("Invoiced days before", readonly=True)
    invoice_id = fields.Many2one(
        'account.move', "First invoice", compute='_compute_invoice_id', store=True, index='btree_not_null',
    )
    move_count = fields.Integer(compute='_compute_move_count')
    closing = fields.Selection(
        [('settled', "Paid off early"), ('called', "Called due"), ('rescheduled', "Rescheduled"),
         ('cancelled', "Cancelled")],
        readonly=True, tracking=True,
    )
    closed_on = fields.Date(readonly=True)
    state = fields.Selection(
        [('active', "Active"), ('paid', "Paid"), ('settled', "Paid off early"), ('called', "Called due"),
         ('rescheduled', "Rescheduled"), ('cancelled', "Cancelled")],
        "Status", compute='_compute_amounts', store=True, index=True,
    )
    amount_residual = fields.Monetary("Open", compute='_compute_amounts', store=True)
    amount_paid = fields.Monetary("Paid", compute='_compute_amounts', store=True)
    company_residual = fields.Monetary(
        "Open in company currency", compute='_compute_amounts', store=True, currency_field='company_currency_id',
    )
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    next_date = fields.Date("Next due", compute='_compute_amounts', store=True, index=True)
    next_amount = fields.Monetary("Next installment", compute='_compute_amounts', store=True)
    overdue_amount = fields.Monetary("Overdue", compute='_compute_overdue_amount')
    deferred_balance = fields.Monetary(
        "Income not yet earned", compute='_compute_deferred_balance', currency_field='company_currency_id',
    )

    # === COMPUTE === #

    @api.depends('move_ids.installment_role')
    def _compute_invoice_id(self):
        for plan in self:
            plan.invoice_id = plan._invoices()[:1]

    @api.depends('move_ids')
    def _compute_move_count(self):
        for plan in self:
            plan.move_count = len(plan.move_ids)

    @api.depends('closing', 'total', 'line_ids.amount_residual', 'line_ids.date_maturity',
                 'line_ids.company_residual', 'late_residual')
    def _compute_amounts(self):
        for plan in self:
            open_lines = plan.line_ids.filtered('amount_residual').sorted('date_maturity')
            plan.amount_residual = sum(open_lines.mapped('amount_residual'))
            plan.amount_paid = plan.total - plan.amount_residual
            plan.company_residual = sum(open_lines.mapped('company_residual'))
            plan.next_date = open_lines[:1].date_maturity
            plan.next_amount = open_lines[:1].amount_residual
            plan.state = plan.closing or (
                'active' if open_lines or plan.late_residual or not plan.line_ids else 'paid')

    @api.depends('line_ids.amount_residual', 'line_ids.date_maturity')
    def _compute_overdue_amount(self):
        for plan in self:
            today = plan.company_id._service_today()
            overdue = plan.line_ids.filtered(lambda line, today=today: line.date_maturity < today)
            plan.overdue_amount = sum(overdue.mapped('amount_residual'))

    @api.depends('move_ids.state')
    def _compute_deferred_balance(self):
        for plan in self:
            plan.deferred_balance = -sum(plan._deferred_lines().mapped('balance'))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                sequence = self.env['ir.sequence'].with_company(vals.get('company_id'))
                vals['name'] = sequence.next_by_code('installment.plan') or '/'
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A plan stays for the records. Cancel it instead."))

    # === ACTIONS === #

    def action_view_moves(self) -> dict:
        """Open the invoice, credit notes and income entries of the plans."""
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_move_journal_line')
        return {**action, 'domain': [('id', 'in', self.move_ids.ids)], 'context': {'create': False}}

    def action_view_invoice(self) -> dict:
        """Open the invoice that holds the installments, or all of them when each has its own."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_move_out_invoice_type')
        invoices = self._invoices()
        if len(invoices) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': invoices.id}
        return {**action, 'domain': [('id', 'in', invoices.ids)], 'context': {'create': False}}

    def action_register_payment(self) -> dict:
        """Register a payment; it ends on the installments that fall due first.

        :raises UserError: if nothing of the plan is on an invoice yet that is open.
        """
        if not (invoices := self._invoices_to_pay()):
            raise UserError(self.env._("Nothing of %s is invoiced and open yet.", self[:1].name))
        action = invoices.action_register_payment()
        return {**action, 'context': {**action['context'], 'default_group_payment': True}}

    def action_print(self) -> dict:
        """Print the agreement."""
        return self.env.ref('installment_sales.installment_plan_report_action').report_action(self)

    # === INVOICES === #

    def _invoices(self):
        """Return the invoices that ask for the installments, oldest first."""
        return self.move_ids.filtered(
            lambda move: move.installment_role in BILLING_ROLES and move.state != 'cancel').sorted('id')

    def _invoices_to_pay(self):
        """Return the posted invoices of the plan that are open; those of late payment too."""
        return self.move_ids.filtered(lambda move: (
            move.installment_role in BILLING_ROLES + LATE_ROLES and move.state == 'posted' and move.amount_residual
        ))

    def _open_claims(self, accounts):
        """Return the open receivables of the plans on some accounts."""
        return self._invoices_to_pay().line_ids.filtered(
            lambda item: item.account_id in accounts and item.amount_residual > 0 and not item.reconciled)

    def _payment_arrived(self) -> None:
        """Do what waits for a payment; called whenever something was paid. Extend it; calling it twice is harmless."""

    def _is_deposit_paid(self) -> bool:
        """Tell whether what is paid at once is paid, or nothing is."""
        self.ensure_one()
        at_start = self.line_ids.filtered(lambda line: not line.number)
        return self.currency_id.is_zero(sum(at_start.mapped('amount_residual')))

    def _prepare_charge_lines(self, lines) -> list:
        """Return the invoice lines for interest and fees of installments: no tax, deferred until they are earned.

        Granting credit is exempt from value added tax in the European Union (2006/112/EC, Art. 135(1)(b)).
        """
        self.ensure_one()
        account, told = self.company_id._installment_account('installment_deferred_account_id'), self._for_customer()
        charges = [
            (told.env._("Interest, %s installments", len(lines.filtered('number'))), sum(lines.mapped('interest'))),
            (told.env._("Fees of the installment plan"), sum(lines.mapped('fee'))),
        ]
        return [
            Command.create({
                'name': name, 'quantity': 1, 'price_unit': amount, 'account_id': account.id, 'tax_ids': False,
                'sequence': 10_000,
            }) for name, amount in charges if not self.currency_id.is_zero(amount)
        ]

    # === EARNED INCOME === #

    def _deferred_lines(self):
        """Return the posted journal items of the plan on the account for income not earned yet."""
        account = self.company_id.installment_deferred_account_id
        return self.move_ids.line_ids.filtered(
            lambda item: item.account_id == account and item.parent_state == 'posted',
        )

    def _earned_balance(self, line) -> float:
        """Return the income of an installment in company currency, so that all of them sum to what was deferred."""
        lines = self.line_ids.sorted('number')
        if self.invoicing == 'each':
            return self._earned_on_own_invoice(line, lines)
        items = self.invoice_id.line_ids.filtered(
            lambda item: item.account_id == self.company_id.installment_deferred_account_id,
        )
        weights = [to_decimal(self.currency_id.round(item.earned)) for item in lines]
        deferred = to_decimal(self.company_currency_id.round(-sum(items.mapped('balance'))))
        shares = spread(deferred, weights, self.company_currency_id.decimal_places)
        return float(shares[list(lines).index(line)])

    def _earned_on_own_invoice(self, line, lines) -> float:
        """Return the income at the rate of the installment's invoice; the only one missing takes what is left."""
        if lines.filtered(lambda other: other.earned and not other.recognition_move_ids) == line:
            return -sum(self._deferred_lines().mapped('balance'))
        return self.company_currency_id.round(line.earned / (line.invoice_id.invoice_currency_rate or 1.0))

    def _prepare_income_vals(self, amount: float, balance: float, day, label: str,
                             source: str = 'installment_deferred_account_id', **values) -> dict:
        """Return an entry that moves income from the deferred account, or another, to the income account."""
        company = self.company_id
        accounts = [
            (company._installment_account(source), 1),
            (company._installment_account('installment_income_account_id'), -1),
        ]
        return {
            'move_type': 'entry',
            'journal_id': company._installment_journal().id,
            'company_id': company.id,
            'date': day,
            'ref': label,
            'installment_plan_id': self.id,
            'installment_role': 'income',
            'line_ids': [
                Command.create({
                    'name': label, 'account_id': account.id, 'partner_id': self.partner_id.commercial_partner_id.id,
                    'currency_id': self.currency_id.id, 'amount_currency': sign * amount, 'balance': sign * balance,
                }) for account, sign in accounts
            ],
            **values,
        }

    def _close_deferred(self, day, label: str) -> None:
        """Post whatever is left on the deferred account as income of the day, so that it ends at zero."""
        items = self._deferred_lines()
        balance, amount = -sum(items.mapped('balance')), -sum(items.mapped('amount_currency'))
        if self.company_currency_id.is_zero(balance):
            return
        move = self.env['account.move'].create(self._prepare_income_vals(amount, balance, day, label))
        move.action_post()

    def _close_transfer(self, day) -> None:
        """Post what rounding or rates left between a rescheduled plan and those it goes on in, so that it is zero."""
        source, plans = 'installment_transfer_account_id', self._chain()
        items = plans.move_ids.line_ids.filtered(
            lambda item: item.account_id == self.company_id[source] and item.parent_state == 'posted')
        balance = -sum(items.mapped('balance'))
        if self.company_currency_id.is_zero(balance) or not self.currency_id.is_zero(
                sum(items.mapped('amount_currency'))):
            return
        label = self.env._("Rounding of the balance of %s", self.name)
        self.env['account.move'].create(self._prepare_income_vals(0.0, balance, day, label, source)).action_post()

    # === WHAT THE CUSTOMER WAS TOLD === #

    def _agreed(self, name: str):
        """Return a condition as the customer agreed to it; plans from before it was told go by their terms."""
        self.ensure_one()
        told = (self.figures or {}).get(name)
        # sudo: who reads the plan may know its conditions
        return self.terms_id.sudo()[name] if told is None else told

    def _for_customer(self):
        """Return the plans in the language of their customer, for what is printed on documents."""
        return self.with_context(lang=self[:1].partner_id.lang or self.env.lang)

    def _log(self, text: str) -> None:
        for plan in self:
            plan.message_post(body=text, subtype_xmlid='mail.mt_note')

    def _rows_and_open(self) -> tuple[list, list[Decimal]]:
        lines = self.line_ids.filtered('number').sorted('number')
        return [line._row() for line in lines], [line._open_amount() for line in lines]

    def _get_report_base_filename(self) -> str:
        self.ensure_one()
        return self.env._("Agreement %s", self.name)
