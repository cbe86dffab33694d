"""Transactions: everything that was paid, refunded, credited, charged to a card or reported, one row each."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

KINDS = [
    ('payment', "Payment"), ('transfer', "Transfer"), ('card', "Card charge"), ('refund', "Refund"),
    ('credit', "Credit"),
]
STATES = [('in_process', "In Process"), ('done', "Done"), ('failed', "Failed"), ('cancelled', "Cancelled")]


class CustomerTransaction(models.Model):
    _name = 'customer.transaction'
    _description = "Transaction of a Customer"
    _auto = False
    _order = 'date desc, id desc'
    _depends = {
        'account.move.line': [
            'partner_id', 'amount_currency', 'amount_residual_currency', 'parent_state', 'account_id', 'date',
        ],
        'account.move': ['name', 'ref', 'move_type', 'date', 'origin_payment_id', 'statement_line_id'],
        'account.payment': ['partner_id', 'amount', 'state', 'move_id', 'memo', 'date', 'payment_type'],
        'account.bank.statement.line': ['payment_ref'],
        'payment.transaction': ['partner_id', 'amount', 'state', 'payment_id', 'reference', 'operation'],
        'transfer.report': [
            'partner_id', 'amount', 'state', 'payment_id', 'statement_line_id', 'date_paid', 'reference',
        ],
    }

    date = fields.Date(readonly=True)
    name = fields.Char("Number", readonly=True)
    reference = fields.Char(readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    state = fields.Selection(STATES, "Status", readonly=True)
    amount = fields.Monetary(readonly=True, help="Below 0: money that went back to the customer.")
    amount_unused = fields.Monetary("Left as credit", readonly=True, help="What has paid nothing yet.")
    line_id = fields.Many2one('account.move.line', "Journal item", readonly=True)
    payment_id = fields.Many2one('account.payment', readonly=True)
    transaction_id = fields.Many2one('payment.transaction', "Card charge", readonly=True)
    report_id = fields.Many2one('transfer.report', "Reported transfer", readonly=True)
    invoice_ids = fields.Many2many(
        'account.move', string="Pays", compute='_compute_invoice_ids', search='_search_invoice_ids',
        groups='account.group_account_invoice,account.group_account_readonly,base.group_portal',
    )

    @property
    def _table_query(self) -> SQL:
        # SQL: four sources in one list, so that it can be searched, sorted and paged as a whole
        return SQL(" UNION ALL ").join(
            (self._booked(), self._payments_without_entry(), self._charges_not_booked(), self._reports()))

    def _booked(self) -> SQL:
        """Payments, refunds and credit notes in the books: their items on receivable accounts."""
        return SQL("""
            SELECT line.id::bigint * 4 AS id, line.date, move.name, line.partner_id, line.company_id, line.currency_id,
                   COALESCE(charge.reference, report.reference, bank.payment_ref, payment.memo, move.ref) AS reference,
                   CASE WHEN move.move_type = 'out_refund' THEN 'credit'
                        WHEN line.amount_currency > 0 THEN 'refund'
                        WHEN charge.id IS NOT NULL THEN 'card'
                        WHEN report.id IS NOT NULL OR bank.id IS NOT NULL THEN 'transfer'
                        WHEN payment.id IS NOT NULL THEN 'payment' ELSE 'credit' END AS kind,
                   'done' AS state, -line.amount_currency AS amount,
                   GREATEST(-line.amount_residual_currency, 0) AS amount_unused,
                   line.id AS line_id, payment.id AS payment_id, charge.id AS transaction_id, report.id AS report_id
              FROM account_move_line AS line
              JOIN account_account AS account ON account.id = line.account_id
              JOIN account_move AS move ON move.id = line.move_id
         LEFT JOIN account_payment AS payment ON payment.id = move.origin_payment_id
         LEFT JOIN account_bank_statement_line AS bank ON bank.id = move.statement_line_id
         LEFT JOIN LATERAL (SELECT id, reference FROM payment_transaction WHERE payment_id = payment.id
                             ORDER BY id LIMIT 1) AS charge ON TRUE
         LEFT JOIN LATERAL (SELECT id, reference FROM transfer_report
                             WHERE payment_id = payment.id OR statement_line_id = bank.id
                             ORDER BY id LIMIT 1) AS report ON TRUE
             WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
               AND line.partner_id IS NOT NULL AND line.amount_currency != 0
               AND (move.move_type = 'out_refund' OR payment.id IS NOT NULL OR bank.id IS NOT NULL
                    OR (move.move_type = 'entry' AND line.amount_currency < 0))
        """)

    def _payments_without_entry(self) -> SQL:
        """Payments that wait for the bank line which books them."""
        return SQL("""
            SELECT payment.id::bigint * 4 + 1, payment.date, payment.name, payment.partner_id, payment.company_id,
                   payment.currency_id, COALESCE(charge.reference, payment.memo),
                   CASE WHEN payment.payment_type = 'outbound' THEN 'refund'
                        WHEN charge.id IS NOT NULL THEN 'card' ELSE 'payment' END,
                   'done', CASE WHEN payment.payment_type = 'outbound' THEN -1 ELSE 1 END * payment.amount, 0,
                   NULL::integer, payment.id, charge.id, NULL::integer
              FROM account_payment AS payment
         LEFT JOIN LATERAL (SELECT id, reference FROM payment_transaction WHERE payment_id = payment.id
                             ORDER BY id LIMIT 1) AS charge ON TRUE
             WHERE payment.move_id IS NULL AND payment.partner_type = 'customer' AND payment.partner_id IS NOT NULL
               AND payment.state IN ('in_process', 'paid')
        """)

    def _charges_not_booked(self) -> SQL:
        """Card charges on their way, and those that came to nothing."""
        return SQL("""
            SELECT charge.id::bigint * 4 + 2, COALESCE(charge.last_state_change, charge.create_date)::date,
                   charge.reference, charge.partner_id, charge.company_id, charge.currency_id,
                   charge.provider_reference,
                   CASE WHEN charge.operation = 'refund' THEN 'refund' ELSE 'card' END,
                   CASE charge.state WHEN 'done' THEN 'done' WHEN 'error' THEN 'failed' WHEN 'cancel' THEN 'cancelled'
                        ELSE 'in_process' END,
                   charge.amount, 0, NULL::integer, NULL::integer, charge.id, NULL::integer
              FROM payment_transaction AS charge
             WHERE charge.payment_id IS NULL AND charge.state != 'draft' AND charge.amount != 0
               AND charge.operation IS DISTINCT FROM 'validation'
        """)

    def _reports(self) -> SQL:
        """Reported transfers that are not in the books."""
        return SQL("""
            SELECT report.id::bigint * 4 + 3, report.date_paid, report.name, report.partner_id, report.company_id,
                   report.currency_id, report.reference, 'transfer',
                   CASE report.state WHEN 'reported' THEN 'in_process' WHEN 'rejected' THEN 'failed'
                        WHEN 'withdrawn' THEN 'cancelled' ELSE 'done' END,
                   report.amount, 0, NULL::integer, NULL::integer, NULL::integer, report.id
              FROM transfer_report AS report
             WHERE report.payment_id IS NULL AND report.statement_line_id IS NULL
        """)

    # === WHAT IT PAID === #

    def _compute_invoice_ids(self):
        paid = self._paid()
        for transaction in self:
            transaction.invoice_ids = transaction.invoice_ids.browse(row['invoice_id'] for row in paid[transaction.id])

    def _paid(self) -> dict[int, list[dict]]:
        """Return by transaction what it paid or is to pay: ``invoice_id`` and, once booked, ``amount``.

        The customer may know what the own payments paid; matches themselves are the books' own.
        """
        matches = self.sudo()._matched()
        found = {}
        for transaction_sudo in self.sudo():
            rows = matches.get(transaction_sudo.line_id.id)
            if rows is None:
                invoices = transaction_sudo._meant_for()
                rows = [{'invoice_id': invoice.id, 'amount': None} for invoice in invoices]
            found[transaction_sudo.id] = rows
        return found

    def _meant_for(self):
        """Return the invoices that a transaction was made for."""
        self.ensure_one()
        charge, report = self.transaction_id, self.report_id
        return charge.receivable_line_ids.move_id or charge.invoice_ids or self.payment_id.invoice_ids \
            or report.line_ids.move_id

    def _matched(self) -> dict[int, list[dict]]:
        """Return by journal item the invoices it is matched with, and with how much of it."""
        lines = self.line_id
        found = {line.id: [] for line in lines}
        partials = self.env['account.partial.reconcile'].search_fetch(
            ['|', ('credit_move_id', 'in', lines.ids), ('debit_move_id', 'in', lines.ids)], order='id')
        for partial in partials:
            for own, other, amount in (
                (partial.credit_move_id, partial.debit_move_id, partial.credit_amount_currency),
                (partial.debit_move_id, partial.credit_move_id, partial.debit_amount_currency),
            ):
                if own in lines and other.move_id.is_invoice(include_receipts=True):
                    found[own.id].append({'invoice_id': other.move_id.id, 'amount': amount})
        return found

    @api.model
    def _search_invoice_ids(self, operator, value):
        if operator not in ('in', 'any', 'ilike'):
            return NotImplemented
        wanted = {'in': Domain('id', 'in', value), 'any': value, 'ilike': Domain('name', 'ilike', value)}[operator]
        return self._paying(self.env['account.move'].search(wanted))

    @api.model
    def _paying(self, invoices) -> Domain:
        """Return the domain of the transactions that pay, or are to pay, these invoices."""
        lines_sudo = invoices.sudo().line_ids  # sudo: matches are the books' own; the invoices are readable
        matched = lines_sudo.matched_debit_ids.debit_move_id | lines_sudo.matched_credit_ids.credit_move_id
        reports = self.env['transfer.report'].sudo().search([('line_ids', 'in', lines_sudo.ids)])
        return (
            Domain('line_id', 'in', matched.ids) | Domain('report_id', 'in', reports.ids)
            | Domain('transaction_id', 'in', invoices.sudo().transaction_ids.ids)
            | Domain('payment_id', 'in', invoices.sudo().matched_payment_ids.ids)
        )

    # === ACTIONS === #

    def action_open(self) -> dict:
        """Open what stands behind a transaction: payment, card charge, reported transfer or journal entry."""
        self.ensure_one()
        record = self.payment_id or self.report_id or self.transaction_id or self.line_id.move_id
        return {
            'type': 'ir.actions.act_window', 'res_model': record._name, 'res_id': record.id, 'view_mode': 'form',
        }
