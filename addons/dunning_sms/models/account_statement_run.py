"""Statements by e-mail in bulk: a queue that goes on after any interruption and sends each customer one."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from psycopg2 import InterfaceError, OperationalError

from .receivable_sql import flush_receivables, open_receivables

_logger = logging.getLogger(__name__)
BATCH, PDF_BATCH = 100, 5
ASKED_AN_HOUR = 5
"""So many statements an hour a customer may have sent to their own address."""


class AccountStatementRun(models.Model):
    _name = 'account.statement.run'
    _description = "Statement Run"
    _inherit = ['account.statement.options']
    _order = 'id desc'

    name = fields.Char(compute='_compute_name')
    audience = fields.Selection(
        [('balance', "Everybody with an open balance"), ('overdue', "Everybody with an overdue balance"),
         ('chosen', "Chosen customers")],
        "Customers", required=True, default='balance',
    )
    partner_ids = fields.Many2many('res.partner', string="Chosen customers", domain=[('parent_id', '=', False)])
    attach_pdf = fields.Boolean("Attach as PDF", default=True, help="Takes about a second for each customer.")
    state = fields.Selection(
        [('draft', "Draft"), ('running', "Sending"), ('done', "Done"), ('cancelled', "Cancelled")],
        required=True, readonly=True, copy=False, default='draft', index=True,
    )
    delivery_ids = fields.One2many('account.statement.delivery', 'run_id', "Statements", readonly=True, copy=False)
    delivery_count = fields.Integer("Number of statements", compute='_compute_counts')
    sent_count = fields.Integer("Handed to mail", compute='_compute_counts')
    failed_count = fields.Integer("Failed", compute='_compute_counts')
    skipped_count = fields.Integer("Left out", compute='_compute_counts')
    progress = fields.Float(compute='_compute_counts', help="Statements dealt with, in percent.")

    @api.depends('as_of')
    @api.depends_context('lang')
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Statements as of %(date)s", date=run.as_of)

    @api.depends('delivery_ids.state')
    def _compute_counts(self):
        counts = {
            (run, state): count for run, state, count in self.env['account.statement.delivery']._read_group(
                [('run_id', 'in', self.ids)], ['run_id', 'state'], ['__count'])
        }
        for run in self:
            run.sent_count, run.failed_count, run.skipped_count = (
                counts.get((run, state), 0) for state in ('sent', 'failed', 'skipped'))
            run.delivery_count = sum(count for (owner, _state), count in counts.items() if owner == run)
            waiting = counts.get((run, 'queued'), 0)
            done = run.delivery_count - waiting
            run.progress = 100.0 * done / run.delivery_count if run.delivery_count else 0.0

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_state_untouched(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_state_untouched(vals)
        return super().write(vals)

    def _check_state_untouched(self, vals: dict) -> None:
        """Refuse what only a working run may write."""
        if not self.env.su and 'state' in vals:
            raise UserError(self.env._("The status of a run changes by its buttons only: send it or stop it."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        for run in self:
            if run.state in ('running', 'done'):
                raise UserError(self.env._(
                    "%(run)s has sent statements and stays as a record. Cancel what is not sent yet instead.",
                    run=run.name,
                ))

    # === ACTIONS === #

    def action_start(self) -> None:
        """Put every customer of the run into the queue and start sending; a second call changes nothing."""
        self.check_access('write')
        for run_sudo in self.sudo().filtered(lambda run: run.state == 'draft'):  # sudo: only runs write the queue
            run_sudo._enqueue()
            run_sudo._resume()

    def action_cancel(self) -> None:
        """Stop: what waits is not sent, what was handed to mail stays sent."""
        self.check_access('write')
        runs_sudo = self.sudo().filtered(lambda run: run.state in ('draft', 'running'))  # sudo: as above
        runs_sudo.delivery_ids.filtered(lambda row: row.state == 'queued').write({'state': 'cancelled'})
        runs_sudo.state = 'cancelled'

    def action_view_deliveries(self) -> dict:
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.account_statement_delivery_action')
        return {**action, 'domain': [('run_id', '=', self.id)]}

    # === ASKED FOR === #

    @api.model
    def _send_to(self, partner, options: dict) -> None:
        """Send a customer the statement that they ask for; the same asked again within an hour is not sent twice.

        :param options: values of ``company_id``, ``as_of``, ``date_from`` and ``group_by``.
        :raises UserError: without an e-mail address, or if they ask too often.
        """
        if not partner.email_normalized:
            raise UserError(self.env._("Add an e-mail address to your details first."))
        customer = partner.commercial_partner_id
        asked = self.search([
            ('audience', '=', 'chosen'), ('partner_ids', 'in', customer.ids),
            ('create_date', '>', fields.Datetime.subtract(fields.Datetime.now(), hours=1)),
        ])
        if asked.filtered_domain([(name, '=', value) for name, value in options.items()]):
            return
        if len(asked) >= ASKED_AN_HOUR:
            raise UserError(self.env._("You asked for several statements already. They are on their way."))
        run = self.create({**options, 'audience': 'chosen', 'partner_ids': [fields.Command.set(customer.ids)]})
        run.action_start()
        run.delivery_ids.write({
            'recipient_id': partner.id, 'email': partner.email_normalized, 'state': 'queued', 'reason': False,
        })

    # === QUEUE === #

    def _resume(self) -> None:
        self.filtered(lambda run: run.state in ('draft', 'running', 'done')).state = 'running'
        self.env.ref('dunning_sms.ir_cron_send_statements')._trigger()

    def _enqueue(self) -> None:
        """Insert one row for each customer of the run that is not there yet, in one statement."""
        self.flush_recordset()
        flush_receivables(self.env)
        # SQL: thousands of rows; the unique index on (run, customer) makes a second call harmless
        self.env.cr.execute(SQL(
            """
            INSERT INTO account_statement_delivery
                   (run_id, company_id, partner_id, recipient_id, email, as_of, date_from, group_by, balance, state,
                    reason, create_uid, write_uid, create_date, write_date)
            SELECT run.id, run.company_id, due.partner_id, recipient.id, recipient.email, run.as_of, run.date_from,
                   run.group_by, due.balance, CASE WHEN recipient.email IS NULL THEN 'skipped' ELSE 'queued' END,
                   CASE WHEN recipient.email IS NULL THEN %(no_email)s END, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM account_statement_run AS run, (%(audience)s) AS due
         LEFT JOIN LATERAL (
                   SELECT contact.id, NULLIF(contact.email_normalized, '') AS email FROM res_partner AS contact
                    WHERE contact.commercial_partner_id = due.partner_id AND contact.active
                      AND (contact.id = due.partner_id OR contact.type = 'invoice')
                    ORDER BY contact.email_normalized IS NULL, contact.type = 'invoice' DESC, contact.id LIMIT 1
                   ) AS recipient ON TRUE
             WHERE run.id = %(run)s
                ON CONFLICT (run_id, partner_id) DO NOTHING
            """,
            no_email=self.env._("No e-mail address. Add one to the customer or its invoice contact."),
            uid=self.env.uid, now=fields.Datetime.now(), run=self.id, audience=self._audience_query(),
        ))
        self.invalidate_recordset()

    def _audience_query(self) -> SQL:
        """Return the query of customers and balances this run is for."""
        open_lines = open_receivables(self.as_of, self.company_id.ids)
        if self.audience == 'chosen':
            return SQL(
                """
                SELECT partner.commercial_partner_id AS partner_id, COALESCE(SUM(line.residual), 0) AS balance
                  FROM res_partner AS partner
             LEFT JOIN (%s) AS line ON line.partner_id = partner.commercial_partner_id
                 WHERE partner.id = ANY(%s) GROUP BY partner.commercial_partner_id
                """, open_lines, self.partner_ids.ids)
        overdue = SQL("HAVING SUM(residual) FILTER (WHERE due < %s) > 0", self.as_of)
        having = overdue if self.audience == 'overdue' else SQL("HAVING bool_or(residual != 0)")
        return SQL(
            "SELECT partner_id, SUM(residual) AS balance FROM (%s) AS line GROUP BY partner_id %s", open_lines, having)

    # === CRON === #

    @api.model
    def _cron_send_statements(self) -> None:
        """Hand waiting statements to the mail queue, batch by batch, a commit each."""
        while run := self._next_run():
            batch = self._claim(run)
            if not batch:
                return  # another worker holds the rest
            run._send_or_split(batch)
            run._finish_if_empty()
            left = self.env['ir.cron']._commit_progress(len(batch), remaining=self._waiting_count())
            self.env.ref('mail.ir_cron_mail_scheduler_action')._trigger()
            self.env.invalidate_all()
            if not left:
                return

    def _waiting_count(self) -> int:
        return self.env['account.statement.delivery'].search_count(
            [('state', '=', 'queued'), ('run_id.state', '=', 'running')])

    def _next_run(self):
        for run in self.search([('state', '=', 'running')], order='id'):
            if self.env['account.statement.delivery'].search_count(run._queue_domain(), limit=1):
                return run
            run._finish_if_empty()
        return self.browse()

    def _queue_domain(self) -> Domain:
        return Domain('run_id', '=', self.id) & Domain('state', '=', 'queued')

    def _claim(self, run):
        """Lock the next waiting rows that nobody holds."""
        Delivery = self.env['account.statement.delivery']
        domain = run._queue_domain()
        limit = PDF_BATCH if run.attach_pdf else BATCH
        waiting = Delivery.search(domain, limit=limit * 4, order='id')
        return waiting.try_lock_for_update(limit=limit).filtered_domain(domain)

    def _send_or_split(self, batch) -> None:
        """Send a batch; if that fails, halve it until the statement at fault is alone, and park that."""
        try:
            with self.env.cr.savepoint():
                batch._send()
        except (OperationalError, InterfaceError):
            raise  # the server's fault, or another transaction's, never the statement's
        except Exception as error:
            _logger.warning("Statements could not be made, %s of run %s", len(batch), self.id, exc_info=True)
            if len(batch) == 1:
                batch._park(error)
                return
            half = len(batch) // 2
            self._send_or_split(batch[:half])
            self._send_or_split(batch[half:])

    def _finish_if_empty(self) -> None:
        if not self.env['account.statement.delivery'].search_count(self._queue_domain(), limit=1):
            self.state = 'done'
