"""A billing run: all charges due on a day become posted invoices, batch by batch, whatever happens."""

from datetime import date

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.sent import shown
from .service_billing_worker import BATCH

MAY_BILL = 'service_contracts.group_contract_manager,service_contracts.group_contract_integrator'
WORK_FIELDS = {
    'state', 'trigger', 'started_at', 'finished_at', 'due_count', 'batch_ids', 'entry_ids', 'parked_contract_ids',
}
FIGURES = (
    'contract_count', 'charge_count', 'invoice_count', 'fast_count', 'parked_count', 'amount_untaxed', 'amount_total',
)


class ServiceBillingRun(models.Model):
    _name = 'service.billing.run'
    _description = "Billing Run"
    _inherit = ['service.input.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'

    name = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date(
        "Due until", required=True, copy=False, default=lambda self: self.env.company._service_today(),
        help="Everything due on or before this day is billed. Each invoice keeps the day on which it fell due.",
    )
    contract_ids = fields.Many2many(
        'service.contract', string="Contracts", check_company=True, copy=False,
        help="Leave empty to bill all contracts that are due.",
    )
    state = fields.Selection(
        [('draft', "Draft"), ('running', "Running"), ('done', "Done"), ('cancelled', "Cancelled")],
        required=True, readonly=True, copy=False, default='draft', index=True, tracking=True,
    )
    trigger = fields.Selection(
        [('manual', "By hand"), ('cron', "Scheduled"), ('api', "Interface")],
        "Started by", required=True, readonly=True, copy=False, default='manual',
    )
    started_at = fields.Datetime("Started", readonly=True, copy=False)
    finished_at = fields.Datetime("Finished", readonly=True, copy=False)
    duration = fields.Float(
        "Duration (s)", compute='_compute_duration', help="Seconds from the first batch to the last.",
    )
    due_count = fields.Integer("Contracts due", readonly=True, copy=False, help="Contracts due when the run started.")
    progress = fields.Float(compute='_compute_figures', help="Contracts dealt with, in percent.")

    batch_ids = fields.One2many('service.billing.batch', 'run_id', "Batches", readonly=True)
    entry_ids = fields.One2many('service.billing.entry', 'run_id', "Charges", readonly=True)
    parked_contract_ids = fields.One2many('service.contract', 'parked_run_id', "Parked contracts", readonly=True)
    contract_count = fields.Integer("Contracts billed", compute='_compute_figures')
    charge_count = fields.Integer("Charges billed", compute='_compute_figures')
    invoice_count = fields.Integer("Invoices", compute='_compute_figures')
    fast_count = fields.Integer("Posted the fast way", compute='_compute_figures')
    parked_count = fields.Integer("Parked", compute='_compute_figures')
    amount_untaxed = fields.Monetary("Untaxed amount", compute='_compute_figures')
    amount_total = fields.Monetary("Total", compute='_compute_figures')

    # === COMPUTE === #

    @api.depends('batch_ids', 'due_count', 'state')
    def _compute_figures(self):
        groups = self.env['service.billing.batch']._read_group(
            [('run_id', 'in', self.ids)], ['run_id'], [f'{name}:sum' for name in FIGURES],
        )
        figures = {run: dict(zip(FIGURES, sums, strict=True)) for run, *sums in groups}
        for run in self:
            run.update(figures.get(run) or dict.fromkeys(FIGURES, 0))
            settled = run.contract_count + run.parked_count
            run.progress = 100.0 if run.state == 'done' else min(99.0, 100.0 * settled / (run.due_count or 1))

    @api.depends('started_at', 'finished_at')
    def _compute_duration(self):
        for run in self:
            end = run.finished_at or (run.state == 'running' and fields.Datetime.now())
            run.duration = (end - run.started_at).total_seconds() if end and run.started_at else 0.0

    # === CONSTRAINTS, CRUD === #

    @api.constrains('date', 'company_id')
    def _check_date(self):
        for run in self:
            if run.date > run.company_id._service_today():
                raise UserError(self.env._(
                    "%(run)s: %(date)s has not come yet. Bill until today; the contracts show what comes later.",
                    run=run.display_name, date=run.date,
                ))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_figures_untouched(vals)
            if not vals.get('name'):
                vals['name'] = self.env['ir.sequence'].next_by_code('service.billing.run') or self.env._("New")
        return super().create(vals_list)

    def write(self, vals):
        self._check_figures_untouched(vals)
        return super().write(vals)

    def _check_figures_untouched(self, vals: dict) -> None:
        """Refuse what only a working run may write: its state and what it did are a record for later."""
        if not self.env.su and (touched := WORK_FIELDS & vals.keys()):
            raise UserError(self.env._(
                "The status and the figures of a run change by its buttons only, not by writing %(fields)s.",
                fields=', '.join(sorted(touched)),
            ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        for run in self:
            if run.state in ('running', 'done'):
                raise UserError(self.env._(
                    "%(run)s has billed contracts and stays as a record. Cancel a draft instead.", run=run.display_name,
                ))

    # === ACTIONS === #

    def action_preview(self):
        """Show what the run would charge, without writing anything."""
        self.ensure_one()
        lines = self.env['service.billing.preview']._fill(self)
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Preview of %(run)s", run=self.name),
            'res_model': 'service.billing.preview',
            'view_mode': 'list,pivot',
            'domain': [('id', 'in', lines.ids)],
            'context': {'search_default_group_customer': 1},
            'help': Markup('<p class="o_view_nocontent_smiling_face">%s</p>') % self.env._(
                "Nothing is due until %(day)s", day=format_date(self.env, self.date),
            ),
        }

    def action_start(self):
        """Bill the first batch at once and leave the rest, if any, to the scheduled workers."""
        self.check_access('write')
        runs_sudo = self.sudo()  # sudo: ledger and figures are written by runs only, nobody has the right to
        runs_sudo._start()
        for run_sudo in runs_sudo:
            if run_sudo._bill_one_batch():
                run_sudo._call_workers()
        return True

    def action_cancel(self):
        """Give up drafts and stop running ones after their current batch; what was billed stays billed."""
        self.check_access('write')
        runs_sudo = self.sudo()  # sudo: as in action_start
        runs_sudo.filtered(lambda run: run.state in ('draft', 'running'))._finish('cancelled')
        return True

    def action_view_invoices(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_move_out_invoice_type')
        domain = [('service_entry_ids.run_id', '=', self.id)]
        return {**action, 'domain': domain, 'context': {'create': False, 'default_move_type': 'out_invoice'}}

    def action_view_entries(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_billing_entry_action')
        return {**action, 'domain': [('run_id', '=', self.id)], 'context': {}}

    def action_view_parked(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_action')
        return {**action, 'domain': [('parked_run_id', '=', self.id)], 'context': {}}

    # === BUSINESS === #

    @api.model
    def run_billing(self, as_of: str | None = None, external_refs: list[str] | None = None) -> dict:
        """Bill what is due, and tell how far it got. Safe to call twice: nothing is charged again.

        The first 500 contracts are billed within the call; if more are due, scheduled workers go on and
        the answer says ``running``. Call again, or read the run, to follow it.

        :param as_of: day until which charges are due, ``YYYY-MM-DD``; the company's today if left out.
        :param external_refs: references of the contracts to bill; all contracts of the company if left out.
        :return: ``run`` (name), ``id``, ``state``, ``contracts``, ``charges``, ``invoices``, ``parked`` (counts),
            ``amount_untaxed``, ``amount_total`` (company currency).
        :raises UserError: for a day that has not come, a text that is no date, or an unknown reference.
        :raises AccessError: without the right to bill.
        """
        if not self.env.user.has_groups(MAY_BILL):
            raise AccessError(self.env._("Billing needs the role Contracts: Manager or Contracts: Integrator."))
        if external_refs is not None and not external_refs:
            raise UserError(self.env._(
                "The list of references is empty. Name contracts, or leave the list out to bill all.",
            ))
        contracts = self.env['service.contract']._contracts_by_ref(external_refs)
        run_sudo = self.sudo().create({  # sudo: an integrator may start a run, not edit runs
            'date': self._day_of(as_of), 'trigger': 'api', 'contract_ids': [fields.Command.set(contracts.ids)],
        })
        run_sudo.action_start()
        return run_sudo._status()

    def _day_of(self, text: str | None):
        if text is None:
            return self.env.company._service_today()
        try:
            return date.fromisoformat(text)
        except (ValueError, TypeError) as error:
            raise UserError(self.env._("“%(text)s” is no date. Send it as 2025-12-31.", text=shown(text))) from error

    def _status(self) -> dict:
        self.ensure_one()
        return {
            'id': self.id, 'run': self.name, 'state': self.state,
            'contracts': self.contract_count, 'charges': self.charge_count, 'invoices': self.invoice_count,
            'parked': self.parked_count, 'amount_untaxed': self.amount_untaxed, 'amount_total': self.amount_total,
        }

    def _due_domain(self) -> Domain:
        """Return the contracts this run still has to bill."""
        self.ensure_one()
        domain = Domain([
            ('company_id', '=', self.company_id.id),
            ('state', 'in', ('active', 'suspended', 'ended')),
            ('next_charge_date', '<=', self.date),
            ('parked_on', '=', False),
        ])
        if self._origin:
            domain &= Domain('billed_run_id', '!=', self._origin.id)
        return domain & Domain('id', 'in', self.contract_ids.ids) if self.contract_ids else domain

    def _start(self) -> None:
        for run in self.filtered(lambda run: run.state == 'draft'):
            run.write({
                'state': 'running',
                'started_at': fields.Datetime.now(),
                'due_count': self.env['service.contract'].search_count(run._due_domain()),
            })

    def _finish(self, state: str = 'done') -> None:
        self.write({'state': state, 'finished_at': fields.Datetime.now()})

    def _bill_one_batch(self) -> bool:
        """Bill one batch in the current transaction; return whether more is due."""
        self.ensure_one()
        if self.state != 'running':
            return False
        worker = self.env['service.billing.worker']
        settled, after = worker._bill_batch(self)
        if settled < BATCH:
            worker._bill_batch(self, after)
        return self.state == 'running'

    @api.model
    def _call_workers(self) -> None:
        """Wake the scheduled workers; they find the running runs themselves."""
        for xmlid in ('service_contracts.ir_cron_bill', 'service_contracts.ir_cron_bill_second'):
            self.env.ref(xmlid)._trigger()

    @api.model
    def _call_second_worker(self) -> None:
        """Wake the second worker: both are due at the same minute, so it may have looked before a run was there."""
        self.env.ref('service_contracts.ir_cron_bill_second')._trigger()

    # === CRON === #

    @api.model
    def _cron_bill(self):
        """Open today's run of each company with something due, then work until nothing is left or time is up."""
        for company in self.env['res.company'].search([]):
            self._open_scheduled_run(company)
        self._work()

    @api.model
    def _cron_help(self):
        """Second worker: share the runs that are going on."""
        self._work()

    def _open_scheduled_run(self, company) -> None:
        today = company._service_today()
        same = Domain([('company_id', '=', company.id), ('date', '>=', today), ('contract_ids', '=', False)])
        if self.search_count(same & Domain('state', '=', 'running'), limit=1):
            return  # a run of an earlier day, or of some contracts, leaves work for today's
        vals = {'company_id': company.id, 'date': today, 'trigger': 'cron'}
        if self.env['service.contract'].search_count(self.new(vals)._due_domain(), limit=1):
            self.create(vals)._start()
            self._call_second_worker()

    def _work(self) -> None:
        """Bill batch by batch, committing each, until the runs are done or the scheduler wants its turn back."""
        runs = self.search([('state', '=', 'running')], order='id')
        due = sum(self.env['service.contract'].search_count(run._due_domain()) for run in runs)
        if not self.env['ir.cron']._commit_progress(remaining=due):
            return
        for run in runs:
            if not self.env['service.billing.worker']._work_off(run):
                return
