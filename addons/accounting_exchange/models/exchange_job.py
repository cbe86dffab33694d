"""A job of the exchange: what comes or goes, in which form, from or to where, and when."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import requests
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from psycopg2.errors import UniqueViolation

from ..gateways import places, safe_http
from ..rules.errors import ExchangeError
from ..rules.tables import read_table
from ..rules.values import Field, Format, convert
from .exchange_run import PASSING

PREVIEW_ROWS = 8
PAUSE_AFTER_FAILURE = timedelta(minutes=30)
PAUSE_FOR_WRITER = timedelta(minutes=1)
"""When to look again at a folder in which a file is still being written."""


class ExchangeJob(models.Model):
    _name = 'exchange.job'
    _description = "Exchange Job"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'sequence, id'

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10, help="Jobs that are due at once run in this order.")
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    direction = fields.Selection([('in', "Comes in"), ('out', "Goes out")], required=True, default='in', tracking=True)
    kind = fields.Selection(selection='_kind_selection', required=True, default='partners', tracking=True)
    form = fields.Selection(
        [('csv', "CSV"), ('xlsx', "XLSX"), ('json', "JSON")], "Format", required=True, default='csv', tracking=True,
    )
    delimiter = fields.Selection(
        [(';', "Semicolon"), (',', "Comma"), ('\t', "Tab"), ('|', "Bar")], "Separator",
        help="Left empty, it is found in the first line; files that go out have semicolons.",
    )
    encoding = fields.Selection(
        [('utf-8-sig', "UTF-8"), ('cp1252', "Windows-1252"), ('iso-8859-15', "ISO 8859-15")],
        help="Left empty, files are UTF-8; a file that is not is refused.",
    )
    decimal_mark = fields.Selection([('.', "Point"), (',', "Comma")], required=True, default='.')
    date_format = fields.Selection(
        [('%Y-%m-%d', "2026-01-31"), ('%d.%m.%Y', "31.01.2026"), ('%d/%m/%Y', "31/01/2026"), ('%m/%d/%Y', "01/31/2026"),
         ('%Y%m%d', "20260131")], required=True, default='%Y-%m-%d',
    )
    place = fields.Selection([('folder', "Folder"), ('https', "HTTPS address")], required=True, default='folder')
    folder = fields.Char(help="Below the root of the exchange, such as shop/prices.")
    pattern = fields.Char("File names", default='*', help="Such as customers-*.csv.")
    url = fields.Char("Address", help="Files that come in are fetched by GET, files that go out are sent by POST.")
    token = fields.Char(
        "Access token", groups='accounting_exchange.group_exchange_manager', copy=False,
        help="Sent as “Authorization: Bearer …”.",
    )
    schedule = fields.Selection(
        [('manual', "By hand"), ('hourly', "Every hour"), ('daily', "Every day")], required=True, default='manual',
    )
    hour = fields.Float("At", default=4.0, help="Where the company is.")
    next_on = fields.Datetime("Next run", copy=False)
    failure = fields.Char("Last failure", readonly=True, copy=False)
    watermark = fields.Datetime("Handed out up to", readonly=True, copy=False)
    column_ids = fields.One2many('exchange.column', 'job_id', "Columns", copy=True)
    run_ids = fields.One2many('exchange.run', 'job_id', "Files", readonly=True)
    run_count = fields.Integer("Runs", compute='_compute_run_count')
    sample = fields.Binary("Sample file", attachment=True, copy=False)
    sample_name = fields.Char(copy=False)
    preview_html = fields.Html("First rows", readonly=True, copy=False)

    # === REGISTRY OF KINDS === #

    @api.model
    def _kind_models(self) -> dict[str, str]:
        """Return code → model of every kind that is installed, wherever it is defined."""
        found = {}
        for name, model in self.env.registry.items():
            code = getattr(model, '_exchange_kind', '')
            needed = getattr(model, '_exchange_needs', '')
            if code and (not needed or needed in self.env):
                found[code] = name
        return found

    @api.model
    def _kind_selection(self) -> list[tuple[str, str]]:
        names = self._kind_models()
        return sorted((code, self.env[name]._exchange_label()) for code, name in names.items())

    def _kind_model(self):
        """Return the model of the job's kind, for the job's company."""
        self.ensure_one()
        name = self._kind_models().get(self.kind)
        if not name:
            raise UserError(self.env._("The kind “%s” is not installed any more.", self.kind))
        return self.env[name].with_company(self.company_id).with_context(allowed_company_ids=self.company_id.ids)

    def _fields_by_name(self) -> dict[str, Field]:
        if self.kind not in self._kind_models():
            return {}
        kind = self._kind_model()
        has_others = self.direction == 'out' and hasattr(kind, '_exchange_out_fields')
        found = kind._exchange_out_fields() if has_others else kind._exchange_fields()
        known = [field if isinstance(field, Field) else Field(**field) for field in found]
        return {field.name: field for field in known}

    # === CHECKS === #

    @api.constrains('kind', 'direction')
    def _check_direction(self):
        for job in self:
            if job.direction not in job._kind_model()._exchange_directions:
                raise ValidationError(self.env._("%s goes the other way only.", dict(self._kind_selection())[job.kind]))

    @api.constrains('place', 'folder', 'url')
    def _check_place(self):
        for job in self:
            if job.place == 'https':
                job._check_url()
            else:
                job._check_folder()

    def _check_url(self) -> None:
        try:
            safe_http.check_shape(self.url or '', safe_http.allows_private(self.env))
        except (safe_http.RefusedAddress, ValueError) as error:
            raise ValidationError(self.env['exchange.event']._address_problem(error, self.url or '')) from error

    def _check_folder(self) -> None:
        if not re.fullmatch(r'[\w .\-/]*', self.folder or '') or '..' in (self.folder or '').split('/'):
            raise ValidationError(self.env._("The folder “%s” must lie below the root of the exchange.", self.folder))

    @api.constrains('hour')
    def _check_hour(self):
        if any(not 0 <= job.hour < 24 for job in self):
            raise ValidationError(self.env._("The hour must be between 0:00 and 23:59."))

    @api.depends('run_ids')
    def _compute_run_count(self):
        counts = dict(self.env['exchange.run']._read_group([('job_id', 'in', self.ids)], ['job_id'], ['__count']))
        for job in self:
            job.run_count = counts.get(job, 0)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        for job in jobs:
            if not job.column_ids:
                job._load_columns()
            if job.schedule != 'manual' and not job.next_on:
                job.next_on = job._next_moment(fields.Datetime.now())
        return jobs

    def write(self, vals):
        result = super().write(vals)
        for job in self:
            if 'kind' in vals or 'direction' in vals:
                job._load_columns()
            if {'schedule', 'hour'} & vals.keys() and 'next_on' not in vals:
                job.next_on = job._next_moment(fields.Datetime.now()) if job.schedule != 'manual' else False
        return result

    def _load_columns(self) -> None:
        """Give each field of the kind a line; headings are the names of the fields until somebody maps them."""
        known = {column.field_name: column for column in self.column_ids}
        names = self._fields_by_name()
        self.column_ids = [
            *(Command.delete(column.id) for name, column in known.items() if name not in names),
            *(Command.create({'field_name': name, 'source': name, 'sequence': place})
              for place, name in enumerate(names) if name not in known),
        ]

    # === ACTIONS === #

    def action_preview(self) -> bool:
        """Read the first rows of the sample, or of a file that waits, and show what becomes of them.

        Headings that a field's name or label resembles are mapped, unless somebody has done that.
        """
        self.ensure_one()
        content = self._sample_content()
        try:
            table = read_table(content, self.form, self.encoding or '', self.delimiter or '')
        except ExchangeError as error:
            raise UserError(self._sentence(error)) from error
        self._map_headings(table.columns)
        columns = self.column_ids._columns()
        rows = [self._preview_row(row, columns) for row in table.rows[:PREVIEW_ROWS]]
        self.preview_html = self.env['ir.qweb']._render('accounting_exchange.job_preview', {
            'headings': table.columns, 'count': len(table.rows), 'columns': columns, 'rows': rows,
            'unknown': [name for name in table.columns if name not in {column.source for column in columns}],
        })
        return True

    def action_run(self) -> dict:
        """Start the job now, in the background, and show its runs."""
        self.check_access('read')
        self.sudo().next_on = fields.Datetime.now()  # sudo: whoever sees a job may start it
        self.env.ref('accounting_exchange.ir_cron_run_jobs').sudo()._trigger()  # sudo: starts a job of ours
        return self.action_view_runs()

    def action_view_runs(self) -> dict:
        """Open the runs of the job."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('accounting_exchange.exchange_run_action')
        return {**action, 'domain': [('job_id', '=', self.id)], 'context': {'default_job_id': self.id}}

    def action_forget(self) -> bool:
        """Forget what is known of rows: the next run takes or hands out everything."""
        self.check_access('write')
        states_sudo = self.env['exchange.row.state'].sudo()  # what the job knows is kept by the job alone
        states_sudo.search([('job_id', 'in', self.ids)]).unlink()
        self.watermark = False
        return True

    # === PREVIEW === #

    def _sample_content(self) -> bytes:
        if self.sample:
            return self.env['exchange.run']._decoded(self.sample)
        if self.place == 'folder':
            files = places.waiting(self.env.cr.dbname, self.folder or '', self.pattern or '*')
            if files:
                return places.read(files[0])
        raise UserError(self.env._("Upload a sample file, or put one into the folder."))

    def _map_headings(self, headings) -> None:
        by_likeness = {_likeness(heading): heading for heading in headings}
        for column in self.column_ids:
            if column.source in headings or column.source not in (False, '', column.field_name):
                continue
            column.source = by_likeness.get(_likeness(column.field_name)) or by_likeness.get(
                _likeness(column.label or ''), column.source,
            )

    def _preview_row(self, row, columns) -> dict:
        try:
            if row.reason:
                raise ExchangeError(row.reason)
            return {'number': row.number, 'values': convert(row.values, columns, self._format()), 'reason': ''}
        except ExchangeError as error:
            return {'number': row.number, 'values': row.values, 'reason': self._sentence(error)}

    def _format(self) -> Format:
        return Format(self.decimal_mark, self.date_format)

    def _sentence(self, error: ExchangeError) -> str:
        """Return what people should read about a file or a row that was refused."""
        env, values = self.env, error.values
        sentences = {
            'empty': lambda: env._("The file is empty, or larger than 64 MB. Send it in parts."),
            'encoding': lambda: env._(
                "The file is not %(encoding)s: line %(line)s has a character that does not fit. "
                "Send it in that encoding, or set the encoding of the job.", **values),
            'not_xlsx': lambda: env._("The file is no XLSX file, or it was cut off."),
            'not_json': lambda: env._("The file is no JSON, or it was cut off."),
            'too_large': lambda: env._("The spreadsheet unpacks to more than 250 MB. Send it in parts."),
            'no_columns': lambda: env._("The file has no headings, or no rows."),
            'twice': lambda: env._("The heading “%(column)s” stands twice.", **values),
            'quotes': lambda: env._("A quotation mark is not closed; the file may have been cut off."),
            'json_line': lambda: env._("The line is no JSON; the file may have been cut off."),
            'formula': lambda: env._(
                "A formula in the row has no result. Open the file in a spreadsheet program, save it there, or put "
                "values in place of formulas."),
            'columns': lambda: env._("The row has another number of cells than there are headings."),
            'repeated': lambda: env._("The same row, “%(key)s”, stands further up.", **values),
            'missing': lambda: env._("“%(column)s” is missing.", column=values['column']),
            'number': lambda: env._("“%(value)s” in %(column)s is no number in the format of the job.", **values),
            'date': lambda: env._("“%(value)s” in %(column)s is no date in the format of the job.", **values),
            'truth': lambda: env._("“%(value)s” in %(column)s is neither true nor false.", **values),
            'text': lambda: env._("The text in %(column)s is too long, or has characters that cannot be kept.",
                                  column=values['column']),
        }
        return sentences.get(error.code, lambda: str(error))()

    # === SCHEDULE === #

    def _next_moment(self, now: datetime) -> datetime:
        """Return when the job is due after a moment, in UTC."""
        if self.schedule == 'hourly':
            return now + timedelta(hours=1)
        zone = ZoneInfo(self.company_id.partner_id.tz or 'UTC')
        local = now.replace(tzinfo=ZoneInfo('UTC')).astimezone(zone)
        hours, minutes = divmod(round(self.hour * 60), 60)
        due = local.replace(hour=hours % 24, minute=minutes, second=0, microsecond=0)
        if due <= local:
            due += timedelta(days=1)
        return due.astimezone(ZoneInfo('UTC')).replace(tzinfo=None)

    @api.model
    def _cron_run_jobs(self) -> None:
        """Finish what was begun, then begin what is due; a transaction for each batch."""
        runs = self.env['exchange.run']
        cron = self.env['ir.cron']
        due = [('active', '=', True), ('next_on', '<=', fields.Datetime.now())]
        if not cron._commit_progress(remaining=self.search_count(due) + runs.search_count([('state', '=', 'running')])):
            return
        for run in runs.search([('state', 'in', ('running', 'ready'))], order='id'):
            if not run._work_off():
                return
        for job in self.search(due):
            if not job._begin_with_retry():
                return

    def _begin_with_retry(self) -> bool:
        """Open the runs of a due job and work them off; a failure is told and tried again later."""
        cron = self.env['ir.cron']
        try:
            runs = self._open_runs()
            soon = fields.Datetime.now() + PAUSE_FOR_WRITER if self._is_file_on_its_way() else None
            self.write({'next_on': soon or self._after_run(), 'failure': False})
            self.env.flush_all()
        except (UniqueViolation, *PASSING):
            self.env.cr.rollback()  # another worker opens the same files at this moment
            runs = self.env['exchange.run']
        except (UserError, ExchangeError, requests.RequestException, safe_http.RefusedAddress, safe_http.TooLarge,
                places.OutsideRoot, OSError) as error:
            self.env.cr.rollback()
            self.write({'failure': self._failure(error), 'next_on': fields.Datetime.now() + PAUSE_AFTER_FAILURE})
            self.message_post(body=self.env._("The job could not start: %s", self.failure))
            runs = self.env['exchange.run']
        if not cron._commit_progress(1):
            return False
        return all(run._work_off() for run in runs)

    def _after_run(self):
        return self._next_moment(fields.Datetime.now()) if self.schedule != 'manual' else False

    def _failure(self, error: Exception) -> str:
        if isinstance(error, UserError):
            return str(error)
        if isinstance(error, ExchangeError):
            return self._sentence(error)
        if isinstance(error, safe_http.RefusedAddress):
            return self.env['exchange.event']._address_problem(error, self.url or '')
        if isinstance(error, places.OutsideRoot):
            return self.env._("The folder “%s” must lie below the root of the exchange.", self.folder)
        return self._connection_sentence(error) or f'{type(error).__name__}: {error}'[:500]

    def _connection_sentence(self, error: Exception) -> str:
        """Return what went wrong on the way to an address, and what to do."""
        env = self.env
        sentences = (
            (safe_http.TooLarge, lambda: env._(
                "The address sends more than 64 MB. Ask its owner to send the file in parts.")),
            (requests.Timeout, lambda: env._("The address does not answer in time. It is tried again later.")),
            (requests.exceptions.SSLError, lambda: env._(
                "The certificate of the address is not trusted. Ask its owner, or have the administrator enter its "
                "authority in the system parameter accounting_exchange.certificate_authorities.")),
            (requests.exceptions.ChunkedEncodingError, lambda: env._(
                "The connection broke off in the middle of the file. It is tried again later.")),
            (requests.ConnectionError, lambda: env._("The address cannot be reached. It is tried again later.")),
        )
        return next((sentence() for kind, sentence in sentences if isinstance(error, kind)), '')

    def _open_runs(self):
        """Open a run for each file that waits, or for what is to go out."""
        self.ensure_one()
        runs = self.env['exchange.run']
        if self.direction == 'out':
            return runs._open_out(self)
        if self.place == 'https':
            status, content = self._call('GET')
            if status == 204 or not content:
                return runs
            return runs._open_in(self, fields.Datetime.now().strftime('%Y%m%d-%H%M%S') + f'.{self.form}', content)
        for file in places.waiting(self.env.cr.dbname, self.folder or '', self.pattern or '*'):
            if not places.is_quiet(file):
                break  # this one and those after it keep their order
            runs |= runs._open_in(self, file.name, places.read(file), places.arrived(file))
        return runs

    def _is_file_on_its_way(self) -> bool:
        """Tell whether a file in the folder is still being written."""
        if self.direction == 'out' or self.place != 'folder':
            return False
        files = places.waiting(self.env.cr.dbname, self.folder or '', self.pattern or '*')
        return not all(map(places.is_quiet, files))

    def _call(self, method: str, **values):
        """Call the job's address; an answer that tells of a failure is one.

        :raises UserError: for another status than 2xx.
        """
        job_sudo = self.sudo()  # the token is hidden from whoever only starts jobs
        headers = values.pop('headers', {})
        if job_sudo.token:
            headers['Authorization'] = f'Bearer {job_sudo.token}'
        status, content = safe_http.call(
            method, self.url, safe_http.allows_private(self.env), headers=headers,
            trusted=safe_http.authorities(self.env), **values,
        )
        if not 200 <= status < 300:
            raise UserError(self._status_sentence(status))
        return status, content

    def _status_sentence(self, status: int) -> str:
        """Return what an answer other than success means, and what to do."""
        if status in (401, 403):
            return self.env._(
                "The address refused the token (HTTP %s). Ask its owner for a valid one and enter it in the job.",
                status,
            )
        if 300 <= status < 400:
            return self.env._(
                "The address has moved (HTTP %s) and redirects are not followed. Enter the new address in the job.",
                status,
            )
        if status in (404, 410):
            return self.env._("There is nothing at the address (HTTP %s). Check it in the job.", status)
        if status == 413:
            return self.env._("The file is too large for the address (HTTP %s). Ask its owner to take it.", status)
        return self.env._("The address answered with HTTP %s. It is tried again later.", status)


def _likeness(text: str) -> str:
    return re.sub(r'[\W_]+', '', text).casefold()
