"""One file that came in or goes out: where it stands, what became of its rows, and whether both sides agree."""

import base64
import hashlib
import logging
import random
import time
from datetime import timedelta
from decimal import Decimal

import requests
from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from psycopg2 import Error as DatabaseError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from ..gateways import places, safe_http
from ..rules.errors import ExchangeError
from ..rules.tables import Table, read_table, write_table
from ..rules.values import row_digest, row_key
from .exchange_batch import Batch, PreparedTable

_logger = logging.getLogger(__name__)

BATCH = 500
"""Rows per transaction: fewer cost more each, more would be lost by a crash."""
OVERLAP = timedelta(minutes=10)
"""Records written by transactions that were open when the last file was made are looked at again."""
TRIES = 5
PASSING = (SerializationFailure, DeadlockDetected, LockNotAvailable)
SEND_TRIES = 8


class ExchangeRun(models.Model):
    _name = 'exchange.run'
    _description = "Exchange Run"
    _inherit = ['mail.thread']
    _order = 'id desc'

    name = fields.Char("File", required=True, readonly=True)
    job_id = fields.Many2one('exchange.job', required=True, readonly=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='job_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    direction = fields.Selection(related='job_id.direction')
    kind = fields.Selection(related='job_id.kind')
    state = fields.Selection(
        [('running', "Running"), ('ready', "Ready to go"), ('done', "Done"), ('refused', "Refused"),
         ('failed', "Not delivered")], required=True, readonly=True, default='running', index=True,
    )
    digest = fields.Char(readonly=True)
    content = fields.Binary("Content", readonly=True, attachment=True)
    reason = fields.Char(readonly=True, help="Why the file was refused or not delivered.")
    started_at = fields.Datetime("Started", readonly=True, default=fields.Datetime.now)
    finished_at = fields.Datetime("Finished", readonly=True)
    position = fields.Integer("Rows passed", readonly=True)
    row_count = fields.Integer("Rows in the file", readonly=True)
    progress = fields.Float(compute='_compute_progress')
    created_count = fields.Integer("Created", readonly=True)
    updated_count = fields.Integer("Updated", readonly=True)
    unchanged_count = fields.Integer("Unchanged", readonly=True)
    refused_count = fields.Integer("Not taken", readonly=True)
    file_sum = fields.Float("Sum in the file", digits=(18, 6), readonly=True)
    refused_sum = fields.Float("Sum not taken", digits=(18, 6), readonly=True)
    record_count = fields.Integer("Records here", readonly=True, help="How many of the rows taken are here now.")
    record_sum = fields.Float("Sum here", digits=(18, 6), readonly=True, help="Of the amounts as they are kept here.")
    difference = fields.Float(digits=(18, 6), compute='_compute_difference')
    count_difference = fields.Integer("Rows missing", compute='_compute_difference')
    agrees = fields.Boolean("Both sides agree", compute='_compute_difference')
    attempt = fields.Integer("Deliveries tried", readonly=True)
    next_try_on = fields.Datetime(readonly=True)
    problem_ids = fields.One2many('exchange.problem', 'run_id', "Rows not taken", readonly=True)

    _file_once = models.UniqueIndex(
        "(job_id, digest) WHERE state = 'running' AND digest IS NOT NULL", "The file is being taken already.",
    )

    @api.depends('position', 'row_count', 'state')
    def _compute_progress(self):
        for run in self:
            share = 100.0 * run.position / run.row_count if run.row_count else 0.0
            run.progress = 100.0 if run.state == 'done' else share

    @api.depends('file_sum', 'refused_sum', 'record_sum', 'record_count', 'row_count', 'refused_count', 'position')
    def _compute_difference(self):
        for run in self:
            run.difference = run.file_sum - run.refused_sum - run.record_sum
            taken = run.created_count + run.updated_count + run.unchanged_count
            run.count_difference = taken - run.record_count
            run.agrees = abs(run.difference) < 1e-6 and not run.count_difference

    # === OPEN === #

    @api.model
    def _open_in(self, job, name: str, content: bytes, arrived=None):
        """Open a run for a file; one that was taken before is left alone, one that cannot be read is refused.

        :param arrived: since when the file has been where it is, in UTC.
        """
        digest = hashlib.sha256(content).hexdigest()
        if known := self._taken_before(job, digest, arrived):
            known._put_away(name, places.DONE)
            return self.browse()
        vals = {'job_id': job.id, 'name': name, 'digest': digest, 'content': base64.b64encode(content)}
        try:
            table = read_table(content, job.form, job.encoding or '', job.delimiter or '')
            self._check_headings(job, table)
        except ExchangeError as error:
            run = self.create({**vals, 'state': 'refused', 'reason': job._sentence(error), 'finished_at': _now()})
            run._put_away(name, places.REFUSED)
            return self.browse()
        return self.create({**vals, 'row_count': len(table.rows)})

    def _taken_before(self, job, digest: str, arrived):
        """Return the run that took this very file.

        A file that was followed by another one counts anew, since prices go up and down again; unless it lay there
        before it was taken, and only stayed because the server stopped.
        """
        taken = self.search([('job_id', '=', job.id), ('state', 'in', ('running', 'done'))], limit=1)
        same = self.search([
            ('job_id', '=', job.id), ('digest', '=', digest), ('state', 'in', ('running', 'done')),
        ], limit=1)
        is_left_over = arrived and same and arrived <= same.started_at
        return same if same == taken or same.state == 'running' or is_left_over else self.browse()

    def _check_headings(self, job, table: Table) -> None:
        """Refuse a file that lacks the heading of a needed column: every one of its rows would be refused."""
        for column in job.column_ids._columns():
            if column.field.is_required and not column.default and column.source not in table.columns:
                raise ExchangeError('missing', column=column.source or column.field.label)

    @api.model
    def _open_out(self, job):
        """Make the file of what changed since the last one, ready to be delivered; nothing if nothing changed."""
        started = _now()
        fields_ = list(job._fields_by_name().values())
        since = job.watermark and job.watermark - OVERLAP
        rows, digests = self._changed_rows(job, fields_, since)
        job.watermark = started
        if not rows:
            return self.browse()
        headings = self._headings(job, rows)
        content = write_table(
            job.form, list(headings.values()), ([row.get(name, '') for name in headings] for row in rows),
            job.delimiter or ';', job.encoding or '',
        )
        count, amount = self._figures_of(job, content, headings)
        run = self.create({
            'job_id': job.id, 'name': 'x', 'state': 'ready', 'digest': hashlib.sha256(content).hexdigest(),
            'content': base64.b64encode(content), 'row_count': len(rows), 'position': len(rows),
            'updated_count': len(rows), 'unchanged_count': 0, 'record_count': count,
            'file_sum': float(_amounts(fields_, rows)), 'record_sum': float(amount),
        })
        run.name = f'{job.kind}-{started:%Y%m%d-%H%M%S}-{run.id}.{job.form}'
        self.env['exchange.row.state']._note(run, digests)
        return run

    @api.model
    def _headings(self, job, rows: list[dict]) -> dict[str, str]:
        """Return the heading of each field in the file: as the job says, else all that is given by its own name."""
        headings = {column.field.name: column.source for column in job.column_ids._columns() if column.source}
        return headings or {name: name for name in rows[0] if not name.startswith('_')}

    def _changed_rows(self, job, fields_, since) -> tuple[list[dict], dict[str, str]]:
        kind = job._kind_model()
        rows, digests, after = [], {}, 0
        while found := kind._exchange_give(since, after, 2 * BATCH):
            after = found[-1]['_id']
            keyed = {self._out_key(row, fields_): row for row in found}
            known = self.env['exchange.row.state']._known(job, keyed)
            for key, row in keyed.items():
                digest = row_digest({name: value for name, value in row.items() if name != '_id'})
                if known.get(key) != digest:
                    rows.append(row)
                    digests[key] = digest
            self.env.invalidate_all()
        return rows, digests

    def _out_key(self, row: dict, fields_) -> str:
        return row_key(row, fields_) or str(row['_id'])

    def _figures_of(self, job, content: bytes, headings: dict[str, str]) -> tuple[int, Decimal]:
        """Return count and sum as the other side will read them in the file."""
        table = read_table(content, job.form, job.encoding or '', job.delimiter or ';')
        amounts = [field.name for field in job._fields_by_name().values() if field.is_amount and field.name in headings]
        total = sum(
            (Decimal(str(row.values.get(headings[name]) or 0)) for row in table.rows for name in amounts), Decimal(0),
        )
        return len(table.rows), total

    # === WORK === #

    def _work_off(self) -> bool:
        """Take the rows of a file batch by batch, or deliver a file; return whether time is left."""
        self.ensure_one()
        if self.state == 'ready':
            self._deliver()
            return bool(self.env['ir.cron']._commit_progress(1))
        table = None
        while self.state == 'running':
            table = table or self._prepared_table()
            if not self._batch_with_retry(table):
                return True  # another worker is at it
            finished = self.state != 'running'
            if finished:
                self._put_away(self.name, places.DONE)
            time_left = self.env['ir.cron']._commit_progress(1 if finished else 0, remaining=None if finished else 1)
            self.env.invalidate_all()
            if not time_left:
                return False
        return True

    def _prepared_table(self) -> PreparedTable:
        job = self.job_id
        table = read_table(self._decoded(self.content), job.form, job.encoding or '', job.delimiter or '')
        return PreparedTable(job, table)

    def _batch_with_retry(self, table) -> bool:
        """Take a batch; when another transaction was in the way, wait a little and do it again."""
        for attempt in range(1, TRIES + 1):
            try:
                done = self._take_batch(table)
                self.env.flush_all()
                return done
            except PASSING as error:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                if attempt == TRIES:
                    raise
                _logger.info("Exchange run %s: batch meets another transaction (%s)", self.id, type(error).__name__)
                time.sleep(random.uniform(0, 0.2 * 2 ** attempt))
        raise AssertionError("unreachable")

    def _take_batch(self, table) -> bool:
        """Take the next rows with all that is noted of them, in one transaction."""
        if not self.try_lock_for_update().filtered_domain([('state', '=', 'running')]):
            return False
        rows, position = table.batch(self.position, BATCH)
        batch = Batch(self, table, rows)
        batch.take()
        self.env['exchange.row.state']._note(self, batch.digests)
        self.env['exchange.problem'].create([{'run_id': self.id, **problem} for problem in batch.problems])
        self.write({
            'position': position,
            **{name: self[name] + value for name, value in batch.figures().items()},
        })
        if position >= len(table.rows):
            self.write({'state': 'done', 'finished_at': _now()})
        return True

    @api.model
    def _reason(self, error: Exception) -> str:
        """Return what people should read about an error: its own sentence, or one that points to the log."""
        if isinstance(error, (UserError, MissingError)):
            return str(error)
        _logger.warning("A row could not be taken: %s", type(error).__name__, exc_info=error)
        if isinstance(error, DatabaseError) and error.diag.message_primary:
            return self.env._("The database refused the row: %(message)s", message=error.diag.message_primary)
        return self.env._("Unexpected error %(error)s. The server's log tells more.", error=type(error).__name__)

    # === DELIVER === #

    def _deliver(self) -> None:
        """Put the file where it belongs; delivered twice it is the same file under the same name."""
        if not self.try_lock_for_update().filtered_domain([('state', '=', 'ready')]):
            return
        if self.next_try_on and self.next_try_on > _now():
            return
        content = self._decoded(self.content)
        try:
            if self.job_id.place == 'folder':
                places.write(self.env.cr.dbname, self.job_id.folder or '', self.name, content)
            else:
                self.job_id._call('POST', data=content, headers={
                    'Content-Type': TYPES[self.job_id.form], 'X-File-Name': self.name, 'Idempotency-Key': self.digest,
                })
        except (UserError, requests.RequestException, safe_http.RefusedAddress, safe_http.TooLarge, OSError,
                places.OutsideRoot) as error:
            self._note_failure(self.job_id._failure(error))
        else:
            self.write({'state': 'done', 'finished_at': _now(), 'reason': False, 'attempt': self.attempt + 1})

    def _note_failure(self, reason: str) -> None:
        attempt = self.attempt + 1
        wait = timedelta(minutes=min(5 * 3 ** (attempt - 1), 24 * 60))
        self.write({
            'attempt': attempt, 'reason': reason, 'next_try_on': _now() + wait,
            'state': 'failed' if attempt >= SEND_TRIES else 'ready',
        })

    def _put_away(self, name: str, where: str) -> None:
        """Move the file out of the way once the database will know of it; a crash before leaves it to be seen again."""
        job = self.job_id[:1]
        if job.place != 'folder':
            return
        database, folder = self.env.cr.dbname, job.folder or ''

        def move():
            path = places.folder(database, folder) / name
            if path.is_file():
                places.put_away(path, where)
        self.env.cr.postcommit.add(move)

    # === ACTIONS === #

    def action_deliver_again(self) -> bool:
        """Try to deliver a file that could not be delivered."""
        self.check_access('write')
        self.filtered(lambda run: run.state in ('failed', 'ready')).sudo().write({  # sudo: one gate for people and job
            'state': 'ready', 'attempt': 0, 'next_try_on': False,
        })
        self.env.ref('accounting_exchange.ir_cron_run_jobs').sudo()._trigger()  # sudo: starts a job of ours
        return True

    def action_download(self) -> dict:
        """Hand the file to the browser."""
        self.ensure_one()
        return self._download('content', self.name)

    def action_download_refused(self) -> dict:
        """Hand the rows that were not taken to the browser, with their reasons, to be mended and sent again."""
        self.ensure_one()
        self.check_access('read')
        problems = self.problem_ids
        headings = list(dict.fromkeys(name for problem in problems for name in problem.content or {}))
        content = write_table('csv', [*headings, self.env._("Row"), self.env._("Reason")], (
            [*((problem.content or {}).get(name, '') for name in headings), problem.row_number, problem.reason]
            for problem in problems
        ), self.job_id.delimiter or ';')
        attachment = self.env['ir.attachment'].create({
            'name': f'refused-{self.name}.csv', 'raw': content, 'res_model': self._name, 'res_id': self.id,
        })
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{attachment.id}?download=true', 'target': 'self'}

    def _download(self, field: str, name: str) -> dict:
        return {
            'type': 'ir.actions.act_url', 'url': f'/web/content/{self._name}/{self.id}/{field}/{name}?download=true',
            'target': 'self',
        }

    @api.model
    def _decoded(self, content) -> bytes:
        return base64.b64decode(content or b'')


TYPES = {
    'csv': 'text/csv', 'json': 'application/json',
    'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}


def _amounts(fields_, rows: list[dict]) -> Decimal:
    names = [field.name for field in fields_ if field.is_amount]
    return sum((Decimal(str(row.get(name) or 0)) for row in rows for name in names), Decimal(0))


def _now():
    return fields.Datetime.now()
