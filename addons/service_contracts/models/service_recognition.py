"""Deferred income: what of an invoice belongs to later months, and the monthly entries that record it."""

import json
from collections import defaultdict
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..posting.rows import column_types, insert_rows
from ..rules.money import to_decimal
from ..rules.periods import Period
from ..rules.recognition import deferral, month_end, recognition_schedule

BATCH = 1000
ONE_DAY = timedelta(days=1)
DEFERRED_LINES = """
    SELECT line.id
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
     WHERE line.service_contract_line_id IS NOT NULL AND line.display_type = 'product'
       AND line.parent_state = 'posted' AND line.company_id = %s AND move.move_type IN ('out_invoice', 'out_refund')
       AND move.date >= %s AND line.balance != 0
       AND line.service_period_last_day > (date_trunc('month', move.date) + interval '1 month - 1 day')::date
       AND line.id > %s
       AND NOT EXISTS (
            SELECT FROM service_recognition row WHERE row.source_id = line.id AND NOT row.is_void)
     ORDER BY line.id LIMIT %s
"""
"""Posted lines, by whichever way they were posted, whose period reaches beyond the month they were booked in."""
STALE_ROWS = """
    SELECT row.id, row.state
      FROM service_recognition row
      LEFT JOIN account_move_line line ON line.id = row.source_id
     WHERE row.company_id = %s AND NOT row.is_void AND (
            line.id IS NULL OR line.parent_state != 'posted' OR -line.balance != row.source_amount
            OR line.service_period_start != row.period_start OR line.service_period_last_day != row.period_last_day)
"""
"""Rows of invoices that are no longer valid or that were changed."""


class ServiceRecognition(models.Model):
    _name = 'service.recognition'
    _description = "Recognised Income"
    _order = 'month, source_id, id'
    _rec_name = 'contract_line_id'
    _log_access = False  # made from invoices, in bulk

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    currency_id = fields.Many2one(related='company_id.currency_id')
    source_id = fields.Integer("Id of the invoice line", required=True, readonly=True)
    source_amount = fields.Monetary("Amount invoiced", readonly=True, aggregator=None)
    invoice_id = fields.Many2one('account.move', "Invoice", readonly=True, index=True, ondelete='set null')
    contract_line_id = fields.Many2one('service.contract.line', "Service", readonly=True, ondelete='set null')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True, ondelete='set null')
    product_id = fields.Many2one('product.product', readonly=True, ondelete='set null')
    period_start = fields.Date("From", readonly=True)
    period_last_day = fields.Date("To", readonly=True)
    kind = fields.Selection(
        [('defer', "Deferred"), ('earn', "Earned"), ('undo', "Taken back")], required=True, readonly=True,
    )
    month = fields.Date(required=True, readonly=True, help="The last day of the month it belongs to.")
    amount = fields.Monetary("Income", required=True, readonly=True, help="Below 0: taken out of the month's income.")
    deferred = fields.Monetary("Deferred balance", compute='_compute_deferred', store=True, precompute=True)
    income_account_id = fields.Many2one('account.account', required=True, readonly=True, ondelete='restrict')
    deferred_account_id = fields.Many2one('account.account', required=True, readonly=True, ondelete='restrict')
    analytic_distribution = fields.Json(readonly=True)
    state = fields.Selection(
        [('open', "To come"), ('posted', "Recorded")], "Status", required=True, readonly=True, default='open',
    )
    move_id = fields.Many2one('account.move', "Entry", readonly=True, index='btree_not_null', ondelete='set null')
    is_void = fields.Boolean(readonly=True, help="Of an invoice that was changed or taken back since.")
    turn = fields.Integer(readonly=True, help="Number of times the invoice line was scheduled before.")

    _once = models.UniqueIndex("(source_id, month, kind, turn)", "This month of the invoice line is scheduled already.")
    _open = models.Index("(company_id, month) WHERE state = 'open'")

    @api.depends('amount')
    def _compute_deferred(self):
        for row in self:
            row.deferred = -row.amount

    # === ACTIONS === #

    @api.model
    def action_recognise(self) -> dict:
        """Schedule and record what is due of the current company now; what is recorded already stays as it is."""
        self.env['account.move'].check_access('create')
        self.sudo()._follow(self.env.company)  # sudo: the table is written by the system only
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === CRON === #

    @api.model
    def _cron_recognise(self):
        """Schedule new invoices and record the months that are over, company by company."""
        self.env['res.company']._each_with_progress(self._follow)

    def _follow(self, company) -> None:
        self.env.flush_all()
        self._take_back(company)
        self._schedule(company)
        self._record(company)

    def _commit_batch(self) -> None:
        """Let the scheduler keep what is done; a click on the button is one transaction."""
        if self.env.context.get('cron_id'):
            self.env['ir.cron']._commit_progress()

    # === SCHEDULE === #

    def _schedule(self, company) -> None:
        """Write the rows of all posted invoice lines that have none, a batch at a time."""
        if not self._defers(company):
            return
        after, start = 0, company.service_recognition_start or date.min
        while True:
            # SQL because lines posted the fast way never passed the ORM, and nearly all have their rows already
            found = self.env.execute_query(SQL(DEFERRED_LINES, company.id, start, after, BATCH))
            if not found:
                return
            lines = self.env['account.move.line'].browse(row[0] for row in found).with_company(company)
            turns = self._turns(lines.ids)
            rows = [vals for line in lines for vals in self._prepare_rows(line, company, turns.get(line.id, 0))]
            insert_rows(self.env.cr, self._table, rows, column_types(self.env.cr, self._table))
            after = lines.ids[-1]
            self._commit_batch()
            self.env.invalidate_all()

    def _defers(self, company) -> bool:
        """Tell whether the income of any service of a company may be deferred."""
        differs = [('service_recognition', 'not in', (False, 'none'))]
        return company.service_recognition != 'none' or bool(
            self.env['service.plan'].search_count([('recognition', 'not in', (False, 'none'))], limit=1)
            or self.env['product.template'].search_count(differs, limit=1)
        )

    def _turns(self, source_ids: list[int]) -> dict[int, int]:
        return dict(self.env.execute_query(SQL(
            'SELECT source_id, max(turn) + 1 FROM service_recognition WHERE source_id = ANY(%s) GROUP BY source_id',
            source_ids,
        )))

    def _prepare_rows(self, line, company, turn: int) -> list[dict]:
        """Return the rows of an invoice line, none where its income stays with the invoice."""
        service = line.service_contract_line_id
        product = line.product_id.product_tmpl_id
        method = service.plan_id.recognition or product.service_recognition or company.service_recognition
        if method == 'none':
            return []
        account = product.service_deferred_account_id or company.service_deferred_account_id
        if not account:
            raise UserError(self.env._(
                "%s defers the income of services but has no account for it. Choose one in the settings of contracts.",
                company.name,
            ))
        digits = company.currency_id.decimal_places
        amount = to_decimal(company.currency_id.round(-line.balance))
        period = Period(line.service_period_start, line.service_period_last_day + ONE_DAY)
        steps = deferral(recognition_schedule(amount, period, method, digits), line.date)
        return [{
            'company_id': company.id, 'source_id': line.id, 'source_amount': amount, 'invoice_id': line.move_id.id,
            'contract_line_id': service.id, 'partner_id': line.partner_id.id, 'product_id': line.product_id.id or None,
            'period_start': line.service_period_start, 'period_last_day': line.service_period_last_day,
            'kind': 'earn' if place else 'defer', 'month': month, 'amount': part, 'deferred': -part,
            'income_account_id': line.account_id.id, 'deferred_account_id': account.id,
            'analytic_distribution': line.analytic_distribution or None, 'state': 'open', 'is_void': False,
            'turn': turn,
        } for place, (month, part) in enumerate(steps)]

    # === TAKE BACK === #

    def _take_back(self, company) -> None:
        """Delete what is to come of invoices no longer valid, and counter what is recorded of them.

        A credit note needs none of this: it has rows of its own, with the opposite sign.
        """
        cr = self.env.cr
        self._reopen(company)
        rows = self.env.execute_query(SQL(STALE_ROWS, company.id))
        open_ids = [row_id for row_id, state in rows if state == 'open']
        posted_ids = [row_id for row_id, state in rows if state == 'posted']
        cr.execute('DELETE FROM service_recognition WHERE id = ANY(%s)', (open_ids,))
        cr.execute(
            """
            INSERT INTO service_recognition (
                company_id, source_id, source_amount, invoice_id, contract_line_id, partner_id, product_id,
                period_start, period_last_day, kind, month, amount, deferred, income_account_id, deferred_account_id,
                analytic_distribution, state, is_void, turn)
            SELECT company_id, source_id, source_amount, invoice_id, contract_line_id, partner_id, product_id,
                   period_start, period_last_day, 'undo', month, -amount, -deferred, income_account_id,
                   deferred_account_id, analytic_distribution, 'open', TRUE, turn
              FROM service_recognition WHERE id = ANY(%s)
            """, (posted_ids,),
        )
        cr.execute('UPDATE service_recognition SET is_void = TRUE WHERE id = ANY(%s)', (posted_ids,))
        self.env.invalidate_all(flush=False)

    def _reopen(self, company) -> None:
        """Let months be recorded again whose entry was deleted or is no longer posted."""
        self.env.cr.execute(
            """
            UPDATE service_recognition row SET state = 'open', move_id = NULL
             WHERE row.company_id = %s AND row.state = 'posted' AND row.amount != 0 AND NOT EXISTS (
                    SELECT FROM account_move move WHERE move.id = row.move_id AND move.state != 'cancel')
            """, (company.id,),
        )

    # === RECORD === #

    def _record(self, company) -> None:
        """Post one entry for each month that is over and has something to record."""
        today = company._service_today()
        months = self._read_group(
            [('company_id', '=', company.id), ('state', '=', 'open'), ('month', '<=', today)], ['month:day'],
        )
        for month, in sorted(months):
            self._record_month(company, month)
            self._commit_batch()

    def _record_month(self, company, month: date) -> None:
        """Post the entry of a month; rows are claimed first, so that two at once cannot record them twice."""
        cr = self.env.cr
        cr.execute(
            """UPDATE service_recognition SET state = 'posted'
                WHERE company_id = %s AND month = %s AND state = 'open'
            RETURNING id, income_account_id, deferred_account_id, analytic_distribution::text, amount""",
            (company.id, month),
        )
        totals, ids = defaultdict(float), []
        for row_id, income_id, deferred_id, analytic, amount in cr.fetchall():
            ids.append(row_id)
            totals[income_id, deferred_id, analytic] += float(amount)
        self.env.invalidate_all(flush=False)
        lines = [
            values for key, amount in totals.items() if (rounded := company.currency_id.round(amount))
            for values in self._prepare_entry_lines(key, rounded)
        ]
        if lines:
            vals = self._prepare_entry_vals(company, month, lines)
            move = self.env['account.move'].with_company(company).create(vals)
            move.action_post()
            cr.execute('UPDATE service_recognition SET move_id = %s WHERE id = ANY(%s)', (move.id, ids))
            self.env.invalidate_all()

    def _prepare_entry_vals(self, company, month: date, lines: list[dict]) -> dict:
        return {
            'move_type': 'entry', 'company_id': company.id, 'date': self._entry_date(company, month),
            'journal_id': self._journal(company).id,
            'ref': self.env._("Income of services, %s", format_date(self.env, month, date_format='MMMM yyyy')),
            'line_ids': [fields.Command.create(values) for values in lines],
        }

    def _prepare_entry_lines(self, key: tuple, amount: float) -> list[dict]:
        """Return the two sides of what moves between an income account and its deferred account."""
        income_id, deferred_id, analytic = key
        return [
            {'account_id': deferred_id, 'balance': amount, 'name': self.env._("Deferred income")},
            {'account_id': income_id, 'balance': -amount, 'name': self.env._("Income of services"),
             'analytic_distribution': json.loads(analytic) if analytic else False},
        ]

    def _entry_date(self, company, month: date) -> date:
        """Return the month's last day, or that of the first month that is not locked."""
        journal = self._journal(company)
        locks = company._get_violated_lock_dates(month, False, journal)
        return month_end(locks[-1][0] + ONE_DAY) if locks else month

    def _journal(self, company):
        journal = company.service_recognition_journal_id or self.env['account.journal'].search([
            *self.env['account.journal']._check_company_domain(company), ('type', '=', 'general'),
        ], limit=1)
        if not journal:
            raise UserError(self.env._(
                "%s has no journal for deferred income. Choose one in the settings of contracts.", company.name,
            ))
        return journal
