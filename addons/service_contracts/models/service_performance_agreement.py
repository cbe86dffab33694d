"""Agreements: a metric counts for a contracted service from a day on; each period gives one result."""

import logging
from collections import defaultdict
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules.periods import Period
from .service_gate import SERVICE_GATE, has_passed_gate

_logger = logging.getLogger(__name__)

BATCH = 200
ONE_DAY = timedelta(days=1)
WORK_FIELDS = {'evaluated_until', 'watched_until', 'checked_on', 'problem'}
MOVED_FIELDS = {'contract_line_id', 'metric_id', 'date_start'}


class ServicePerformanceAgreement(models.Model):
    _name = 'service.performance.agreement'
    _description = "Performance Agreement"
    _inherit = ['service.input.mixin']
    _order = 'contract_line_id, metric_id, id'
    _check_company_auto = True

    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, ondelete='cascade', index=True, check_company=True,
        domain="[('kind', '=', 'recurring')]",
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='contract_line_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='contract_line_id.currency_id')
    metric_id = fields.Many2one(
        'service.performance.metric', "Metric", required=True, ondelete='restrict', index=True, check_company=True,
    )
    date_start = fields.Date("From", required=True, default=lambda self: self.env.company._service_today())
    date_end = fields.Date("To", help="The last day that counts. Empty: as long as the service runs.")
    active = fields.Boolean(default=True)
    result_ids = fields.One2many('service.performance.result', 'agreement_id', "Results", readonly=True)
    result_count = fields.Integer(compute='_compute_result_count')
    evaluated_until = fields.Date("Worked out until", readonly=True, copy=False)
    watched_until = fields.Date(
        "Corrected until", readonly=True, copy=False, help="Until this day late records change the last result.",
    )
    due_date = fields.Date("Next result", compute='_compute_due_date', store=True, index=True)
    checked_on = fields.Date("Last looked at", readonly=True, copy=False)
    problem = fields.Char(readonly=True, copy=False, help="Why the last result could not be worked out.")
    so_far_html = fields.Html("So far", compute='_compute_so_far_html', sanitize=False)

    _date_order = models.Constraint('CHECK (date_start <= date_end)', "An agreement must end after it starts.")

    def init(self):
        """Forbid two agreements of one service on the same metric and day."""
        super().init()
        name = 'service_performance_agreement_no_overlap'
        self.env.cr.execute('SELECT 1 FROM pg_constraint WHERE conname = %s', (name,))
        if not self.env.cr.fetchone():
            self.env.cr.execute(SQL(
                """
                ALTER TABLE service_performance_agreement ADD CONSTRAINT %s
                EXCLUDE USING gist (
                    int4range(contract_line_id, contract_line_id, '[]') WITH =,
                    int4range(metric_id, metric_id, '[]') WITH =, daterange(date_start, date_end, '[]') WITH &&
                ) WHERE (active) DEFERRABLE INITIALLY DEFERRED
                """, SQL.identifier(name),
            ))

    # === CONSTRAINTS === #

    @api.constrains('contract_line_id', 'metric_id', 'date_start', 'date_end', 'active')
    def _check_overlap(self):
        """Say in words what the database would refuse."""
        for agreement in self.filtered('active'):
            if self.search_count([
                ('contract_line_id', '=', agreement.contract_line_id.id), ('metric_id', '=', agreement.metric_id.id),
                ('id', '!=', agreement.id), ('date_start', '<=', agreement.date_end or date.max),
                '|', ('date_end', '=', False), ('date_end', '>=', agreement.date_start),
            ], limit=1):
                raise ValidationError(self.env._(
                    "%(metric)s is agreed for %(service)s on these days already. End that agreement first.",
                    metric=agreement.metric_id.display_name, service=agreement.contract_line_id.display_name,
                ))

    @api.constrains('contract_line_id', 'metric_id')
    def _check_line(self):
        for agreement in self:
            if agreement.contract_line_id.kind != 'recurring':
                raise ValidationError(self.env._(
                    "%s has no fee for each period, so nothing can be a part of it. Choose a recurring service.",
                    agreement.contract_line_id.display_name,
                ))
            if not agreement.metric_id.step_ids:
                raise ValidationError(self.env._(
                    "%s has no steps of bonus and malus. Add them first.", agreement.metric_id.display_name,
                ))

    # === COMPUTE === #

    @api.depends('metric_id.name', 'contract_line_id')
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = f'{agreement.metric_id.name}, {agreement.contract_line_id.display_name}'

    def _compute_result_count(self):
        counts = dict(self.env['service.performance.result']._read_group(
            [('agreement_id', 'in', self.ids)], ['agreement_id'], ['__count']))
        for agreement in self:
            agreement.result_count = counts.get(agreement._origin, 0)

    @api.depends('evaluated_until', 'date_start', 'date_end', 'active', 'metric_id.interval_unit',
                 'metric_id.wait_days', 'contract_line_id.date_end',
                 'contract_line_id.replaced_by_ids.new_line_id.date_end', 'contract_id.date_end', 'contract_id.state')
    def _compute_due_date(self):
        for agreement in self:
            running = agreement.active and agreement.contract_id.state in ('active', 'suspended', 'ended')
            is_complete = agreement.metric_id and agreement.contract_line_id and agreement.date_start
            period = running and is_complete and agreement._next_period()
            agreement.due_date = period and period.end + timedelta(days=agreement.metric_id.wait_days)

    def _compute_so_far_html(self):
        rows = self._so_far()
        for agreement in self:
            agreement.so_far_html = self.env['ir.qweb']._render('service_contracts.explanation_table', {
                'rows': rows.get(agreement._origin, []),
            })

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([
            {name: value for name, value in vals.items() if name not in WORK_FIELDS} for vals in vals_list
        ])

    def write(self, vals):
        if not has_passed_gate(self.env):
            if WORK_FIELDS & vals.keys():
                raise UserError(self.env._("The dates of an agreement follow its results."))
            if MOVED_FIELDS & vals.keys() and (fixed := self.filtered('result_ids')[:1]):
                raise UserError(self.env._(
                    "%s has results. Set its last day and make a new agreement instead.", fixed.display_name,
                ))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_results(self):
        if fixed := self.filtered('result_ids')[:1]:
            raise UserError(self.env._(
                "%s has results and stays for the records. Set its last day instead.", fixed.display_name,
            ))

    # === ACTIONS === #

    def action_evaluate(self) -> bool:
        """Work out the results of all periods that are over, and correct the watched ones, now."""
        self.check_access('write')
        self.lock_for_update(allow_referencing=True)  # the scheduler may be at it
        self._follow()
        return True

    def action_view_results(self) -> dict:
        """Open the results of these agreements."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_performance_result_action')
        return {**action, 'domain': [('agreement_id', 'in', self.ids)], 'context': {}}

    # === BUSINESS === #

    def _next_period(self) -> Period | None:
        """Return the first period without result, cut to the days of agreement and service; None after the last."""
        self.ensure_one()
        line = self.contract_line_id
        start = max(filter(None, (self.date_start, line._service_start(), self.evaluated_until)))
        lasts = line._with_successors()[line].mapped('date_end')
        ends = [self.date_end, all(lasts) and max(lasts), line.contract_id.date_end]
        full = self.metric_id._recurrence(start).full_period(start)
        end = min([full.end, *(day + ONE_DAY for day in ends if day)])
        return Period(start, end) if start < end else None

    def _follow(self) -> None:
        """Work out what is due and correct what is watched, each once; one that fails stops no other."""
        for company, agreements in self.grouped('company_id').items():
            today = company._service_today()
            for metric, own in agreements.grouped('metric_id').items():
                try:
                    with self.env.cr.savepoint():
                        own._pass_gate(problem=False)
                        own._evaluate_due(metric, today)
                        own._correct(metric, today)
                except UserError as error:
                    _logger.info("Metric %s could not be evaluated for %s agreements", metric.id, len(own))
                    own._pass_gate(problem=str(error))
            agreements._pass_gate(checked_on=today)

    def _evaluate_due(self, metric, today: date) -> None:
        """Work out all periods that are over, oldest first, the same period of all agreements at once."""
        waiting = self.filtered(lambda one: one.due_date and one.due_date <= today)
        while waiting:
            spans = {agreement: agreement._next_period() for agreement in waiting}
            by_period = defaultdict(self.browse)
            for agreement, period in spans.items():
                by_period[period] |= agreement
            done = self.browse()
            for period, agreements in by_period.items():
                done |= agreements._evaluate(metric, period, today)
            waiting = done.filtered(lambda one: one.due_date and one.due_date <= today)

    def _evaluate(self, metric, period: Period, today: date):
        """Write the results of one period, and return the agreements that have one now."""
        measured = metric._measure(period, self.contract_line_id)
        fees = self._fees(dict.fromkeys(self, period))
        found = self.filtered(lambda one: one.contract_line_id in measured)
        self.env['service.performance.result']._book([
            agreement._prepare_result_vals(metric, period, measured[agreement.contract_line_id], fees[agreement])
            for agreement in found
        ], today)
        watched = period.end + timedelta(days=metric.watch_days)
        found._pass_gate(evaluated_until=period.end, watched_until=watched, problem=False)
        missing = self - found
        missing._pass_gate(problem=self.env._("Nothing was measured from %(start)s to %(last_day)s.",
                                              start=period.start, last_day=period.last_day))
        if metric.source == 'records':  # there will be no value: the period has no result
            missing._pass_gate(evaluated_until=period.end)
            return self
        return found

    def _correct(self, metric, today: date) -> None:
        """Measure the watched periods again, and book the differences that late records and values make."""
        since = today - timedelta(days=metric.watch_days)
        first_results = self.env['service.performance.result'].search([
            ('agreement_id', 'in', self.ids), ('correction', '=', 0), ('period_end', '>=', since),
        ], order='period_start, id')
        for period, results in first_results.grouped(lambda one: Period(one.period_start, one.period_end)).items():
            measured = metric._measure(period, results.contract_line_id)
            changed = [
                vals for result in results if (one := measured.get(result.contract_line_id))
                and (vals := result._prepare_correction_vals(metric, one))
            ]
            self.env['service.performance.result']._book(changed, today)

    def _prepare_result_vals(self, metric, period: Period, measured, fee) -> dict:
        return {
            'agreement_id': self.id, 'period_start': period.start, 'period_end': period.end, 'correction': 0,
            **self.env['service.performance.result']._prepare_amounts(
                metric, measured, fee, self.currency_id.decimal_places),
        }

    def _so_far(self) -> dict:
        """Return how the running period of each agreement stands, in rows of a label and a text; writes nothing."""
        rows = {}
        for metric, agreements in self.filtered(lambda one: one._origin and one.due_date).grouped('metric_id').items():
            for period, own in agreements.grouped(lambda one: one._next_period()).items():
                try:
                    measured = metric._measure(period, own.contract_line_id)
                    fees = own._fees(dict.fromkeys(own, period))
                except UserError as error:
                    rows |= {one._origin: [{'label': self.env._("Problem"), 'text': str(error)}] for one in own}
                    continue
                for one in own:
                    rows[one._origin] = one._so_far_rows(metric, period, measured.get(one.contract_line_id), fees[one])
        return rows

    def _so_far_rows(self, metric, period: Period, measured, fee) -> list[dict]:
        result = self.env['service.performance.result']
        if not measured:
            span = result._span(period)
            return [{'label': span, 'text': self.env._("Nothing measured yet")}]
        amounts = result._prepare_amounts(metric, measured, fee, self.currency_id.decimal_places)
        return result._rows(metric, self, period, amounts, self.env.lang)

    def _pass_gate(self, **vals) -> None:
        self.with_context(service_gate=SERVICE_GATE).write(vals)

    # === CRON === #

    @api.model
    def _cron_follow(self) -> None:
        """Work out and correct results; each agreement is looked at once a day."""
        todo = self._due_ids()
        if not self.env['ir.cron']._commit_progress(remaining=len(todo)):
            return
        for start in range(0, len(todo), BATCH):
            ids = todo[start:start + BATCH]
            self.browse(ids).try_lock_for_update()._follow()
            if not self.env['ir.cron']._commit_progress(len(ids)):
                return

    @api.model
    def _due_ids(self) -> list[int]:
        ids = []
        for company in self.env['res.company'].search([]):
            today = company._service_today()
            due = Domain('due_date', '<=', today) | Domain('watched_until', '>=', today)
            unseen = Domain('checked_on', '=', False) | Domain('checked_on', '<', today)
            ids += self.search(due & unseen & Domain('company_id', '=', company.id), order='metric_id, id').ids
        return ids
