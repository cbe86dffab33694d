"""A day's run of a company: its customers in batches, each planned in a transaction of its own."""

import logging
import random
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from ..rules.calendar import local

_logger = logging.getLogger(__name__)
BATCH = 500
"""Customers per transaction: fewer cost more each, more would be lost by a crash."""
TRIES = 5
PASSING = (SerializationFailure, DeadlockDetected, LockNotAvailable)
"""Errors that another transaction caused: the same batch goes through once that one has ended."""


class DunningRun(models.Model):
    _name = 'dunning.run'
    _description = "Reminder Run"
    _inherit = ['dunning.gate.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'date'
    _gated = ('state', 'date', 'company_id', 'customer_count')

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    date = fields.Date(required=True, readonly=True)
    number = fields.Integer(readonly=True, default=1, help="2 and more: run again on the same day.")
    state = fields.Selection(
        [('running', "Running"), ('done', "Done")], required=True, readonly=True, default='running', index=True,
    )
    started_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    finished_at = fields.Datetime(readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)
    batch_ids = fields.One2many('dunning.run.batch', 'run_id', "Batches", readonly=True)
    notice_count = fields.Integer("Notices written", compute='_compute_figures')
    done_count = fields.Integer("Customers done", compute='_compute_figures')
    problem_count = fields.Integer("Problems", compute='_compute_figures')
    reason_words = fields.Text("Why the others get nothing", compute='_compute_reason_words')

    _one_a_day = models.UniqueIndex('(company_id, date, number)', "There is a run of this company for this day.")

    @api.depends('batch_ids.state')
    def _compute_figures(self):
        sums = {run: figures for run, *figures in self.env['dunning.run.batch']._read_group(
            [('run_id', 'in', self.ids), ('state', '=', 'done')], ['run_id'],
            ['notice_count:sum', 'customer_count:sum', 'problem_count:sum'],
        )}
        for run in self:
            run.notice_count, run.done_count, run.problem_count = sums.get(run, (0, 0, 0))

    @api.depends('batch_ids.reasons')
    def _compute_reason_words(self):
        names = self.env['dunning.preview.line']._reason_names()
        for run in self:
            totals = {}
            for batch in run.batch_ids:
                for reason, count in (batch.reasons or {}).items():
                    totals[reason] = totals.get(reason, 0) + count
            ordered = sorted(totals.items(), key=lambda pair: -pair[1])
            run.reason_words = '\n'.join(f'{count} × {names.get(reason, reason)}' for reason, count in ordered)

    @api.depends('company_id', 'date')
    def _compute_display_name(self):
        for run in self:
            run.display_name = f'{run.company_id.name}, {run.date}'

    # === ACTIONS === #

    @api.model
    def action_run_now(self) -> dict:
        """Plan today's reminders of the company now; customers who were told already are left alone."""
        self.env['dunning.notice']._check_manager()
        company = self.env.company
        run = self.sudo()._open(company, company._dunning_today(), again=True)  # managers start it, nobody writes it
        if not run:
            raise UserError(self.env._("A run of %(company)s is going on already.", company=company.name))
        self.env.ref('dunning_sms.ir_cron_run')._trigger()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'dunning.run', 'res_id': run.id, 'view_mode': 'form',
        }

    def action_view_notices(self) -> dict:
        """Open the notices of this run."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('dunning_sms.dunning_notice_action')
        return {**action, 'domain': [('run_id', '=', self.id)], 'context': {}}

    # === BUSINESS === #

    @api.model
    def _open(self, company, day, again: bool = False):
        """Open the run of a company for a day with its customers in batches, unless there is one.

        :param again: open another one on the same day, unless one is still running.
        """
        runs = self.search([('company_id', '=', company.id), ('date', '=', day)], order='number desc')
        if runs and (not again or runs.filtered(lambda run: run.state == 'running')):
            return self.browse()
        self._void_stale(company)
        partner_ids = self._customers(company, day)
        run = self._passed().create({
            'company_id': company.id, 'date': day, 'number': (runs[0].number if runs else 0) + 1,
            'customer_count': len(partner_ids),
        })
        self.env['dunning.run.batch'].create([
            {'run_id': run.id, 'partner_ids': partner_ids[start:start + BATCH],
             'customer_count': len(partner_ids[start:start + BATCH])}
            for start in range(0, len(partner_ids), BATCH)
        ])
        return run

    def _customers(self, company, day) -> list[int]:
        """Return the customers with anything open that a step might be about today, in one query."""
        ahead = min(0, *self.env['dunning.step'].search([]).mapped('distance'), 0)
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """SELECT DISTINCT partner.commercial_partner_id
                 FROM account_move_line line
                 JOIN res_partner partner ON partner.id = line.partner_id
                WHERE line.account_id = ANY(%s) AND line.company_id = %s AND line.parent_state = 'posted'
                  AND line.reconciled IS NOT TRUE AND line.amount_residual_currency > 0
                  AND COALESCE(line.date_maturity, line.date) <= %s
                ORDER BY 1""",
            self.env['dunning.gatherer']._receivable_accounts(company), company.id,
            fields.Date.add(day, days=1 - ahead),
        ))
        return [row[0] for row in self.env.cr.fetchall()]

    def _void_stale(self, company) -> None:
        """Cancel notices of days gone by of which nothing went out; what they said may be said anew."""
        now = fields.Datetime.now()
        planned = self.env['dunning.notice'].search([
            ('company_id', '=', company.id), ('state', '=', 'planned'),
            ('date', '<=', company._dunning_today()),
        ])
        stale = planned.filtered(lambda notice: notice.date < local(now, notice.zone or 'UTC').date())
        stale.filtered(lambda notice: notice._is_untouched())._cancel('stale')

    # === CRON === #

    @api.model
    def _cron_run(self):
        """Open today's runs and work them off, batch by batch, together with other workers."""
        cron = self.env['ir.cron']
        for company in self.env['res.company'].search([('dunning_is_active', '=', True)]):
            if company._dunning_is_time():
                self._open(company, company._dunning_today())
                cron._commit_progress()
        self._work_off()

    @api.model
    def _cron_help(self):
        """Help to work off the runs that are open (second worker)."""
        self._work_off()

    def _work_off(self) -> None:
        cron = self.env['ir.cron']
        left = self.env['dunning.run.batch'].search_count([('state', '=', 'open')])
        cron._commit_progress(remaining=left)
        while batch := self._next_batch():
            self._plan_with_retry(batch)
            time_left = cron._commit_progress(1)
            self._refresh_young_statistics()
            self.env.invalidate_all()
            if not time_left:
                return
        self._close()
        cron._commit_progress()
        self.env.ref('dunning_sms.ir_cron_send')._trigger()

    def _next_batch(self):
        """Lock the next batch that no other worker holds."""
        domain = Domain('state', '=', 'open')
        for batch in self.env['dunning.run.batch'].search(domain, order='id', limit=20):
            if batch.try_lock_for_update().filtered_domain(domain):
                return batch
        return None

    def _plan_with_retry(self, batch) -> None:
        """Plan a batch; when another transaction was in the way, wait a little and do it again."""
        for attempt in range(1, TRIES + 1):
            try:
                batch._plan()
                self.env.flush_all()
                return
            except PASSING:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                if attempt == TRIES:
                    raise
                time.sleep(random.uniform(0, 0.2 * 2 ** attempt))
                if not batch.try_lock_for_update().filtered_domain([('state', '=', 'open')]):
                    return

    def _refresh_young_statistics(self) -> None:
        """Tell PostgreSQL about the tables of a first run, which have just begun to fill.

        Its checks of foreign keys were planned while the tables were empty and would read them from end to
        end for every new row, ever slower; fresh statistics make it plan them anew.
        """
        cr = self.env.cr
        cr.execute("SELECT reltuples FROM pg_class WHERE oid = 'dunning_notice'::regclass")
        known = cr.fetchone()[0]
        cr.execute('SELECT count(*) FROM (SELECT FROM dunning_notice LIMIT %s) AS rows', [BATCH])
        if known < BATCH <= cr.fetchone()[0]:
            cr.execute('ANALYZE dunning_notice, dunning_notice_line, dunning_delivery')
            self.env['ir.cron']._commit_progress()

    def _close(self) -> None:
        """Close runs whose batches are all done."""
        for run in self.search([('state', '=', 'running')]):
            is_open = Domain('run_id', '=', run.id) & Domain('state', '=', 'open')
            if not self.env['dunning.run.batch'].search_count(is_open, limit=1):
                run._passed().write({'state': 'done', 'finished_at': fields.Datetime.now()})


class DunningRunBatch(models.Model):
    _name = 'dunning.run.batch'
    _description = "Reminder Run Batch"
    _order = 'id'

    run_id = fields.Many2one('dunning.run', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='run_id.company_id')
    partner_ids = fields.Json("Customers", readonly=True)
    customer_count = fields.Integer(readonly=True)
    notice_count = fields.Integer(readonly=True)
    problem_count = fields.Integer(readonly=True)
    problems = fields.Text(readonly=True)
    reasons = fields.Json("Nothing for", readonly=True)
    seconds = fields.Float(readonly=True)
    state = fields.Selection([('open', "Open"), ('done', "Done")], required=True, readonly=True, default='open')

    _open_index = models.Index("(id) WHERE state = 'open'")

    def _plan(self) -> None:
        """Plan the customers of this batch and keep what came out."""
        started = time.monotonic()
        planned = {'notice_count': 0, 'reasons': {}, 'problems': []}
        self._plan_or_split(self.partner_ids, planned)
        problems = planned.pop('problems')
        self.write({
            **planned, 'state': 'done', 'seconds': time.monotonic() - started,
            'problem_count': len(problems), 'problems': '\n'.join(problems) or False,
        })

    def _plan_or_split(self, partner_ids: list[int], planned: dict) -> None:
        """Plan customers together; if that fails, halve them until the one at fault is alone, and pass it over."""
        try:
            with self.env.cr.savepoint():
                notices, reasons = self.env['dunning.planner'].with_company(self.company_id)._plan(
                    self.company_id, partner_ids, self.run_id)
        except (OperationalError, InterfaceError):
            raise  # the server's fault, or another transaction's, never the customer's
        except Exception as error:
            if len(partner_ids) > 1:
                half = len(partner_ids) // 2
                self._plan_or_split(partner_ids[:half], planned)
                self._plan_or_split(partner_ids[half:], planned)
                return
            _logger.exception("No reminder could be planned for customer %s", partner_ids)
            partner = self.env['res.partner'].browse(partner_ids)
            planned['problems'].append(f'{partner.display_name} ({partner.id}): {str(error)[:300]}')
            return
        planned['notice_count'] += len(notices)
        for reason, count in reasons.items():
            planned['reasons'][reason] = planned['reasons'].get(reason, 0) + count
