"""A handing over to the tax adviser: what goes, what went, and what could not go."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, date_utils
from psycopg2.errors import UniqueViolation

from ..rules.datev import Span, bookings_file, check_ledger, partners_file
from ..rules.datev_bookings import account_totals
from ..rules.errors import ExchangeError
from .datev_plan import PeriodPlan

PREVIEW_LINES = 80


class DatevExport(models.Model):
    _name = 'datev.export'
    _description = "DATEV Export"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'

    name = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    state = fields.Selection(
        [('draft', "Draft"), ('done', "Handed over"), ('withdrawn', "Withdrawn")],
        required=True, readonly=True, default='draft', copy=False, tracking=True,
    )
    date_from = fields.Date("From", required=True, default=lambda self: self._last_month()[0])
    date_to = fields.Date("To", required=True, default=lambda self: self._last_month()[1])
    journal_ids = fields.Many2many(
        'account.journal', string="Journals", help="Only entries of these journals; all if left empty.",
        domain="[('company_id', '=', company_id)]",
    )
    with_partners = fields.Boolean(
        "Master data", default=True, help="Also customers and suppliers that are new or have changed.",
    )
    file_ids = fields.One2many('datev.export.file', 'export_id', "Files", readonly=True)
    problem_ids = fields.One2many('datev.problem', 'export_id', "Not handed over", readonly=True)
    booking_ids = fields.One2many('datev.booking', 'export_id', "Bookings", readonly=True)
    booking_count = fields.Integer("Lines", compute='_compute_counts')
    problem_count = fields.Integer("Entries not handed over", compute='_compute_counts')
    preview_html = fields.Html("Preview", readonly=True, copy=False)
    handed_on = fields.Datetime("Handed over on", readonly=True, copy=False)
    user_id = fields.Many2one('res.users', "Handed over by", readonly=True, copy=False)

    _dates_in_order = models.Constraint('CHECK (date_from <= date_to)', "The first day must not be after the last one.")

    @api.depends('file_ids.line_count', 'problem_ids')
    def _compute_counts(self):
        for export in self:
            files = export.file_ids.filtered(lambda file: file.kind == 'bookings')
            export.booking_count = sum(files.mapped('line_count'))
            export.problem_count = len(export.problem_ids)

    def _last_month(self) -> tuple[date, date]:
        today = fields.Date.context_today(self)
        return date_utils.get_month(date_utils.subtract(today, months=1))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
            vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('datev.export')
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(export.state != 'draft' for export in self):
            raise UserError(self.env._("What was handed over stays on record. Withdraw the export instead."))

    def write(self, vals):
        if {'date_from', 'date_to', 'journal_ids', 'company_id'} & vals.keys() and any(
            export.state != 'draft' for export in self
        ):
            raise UserError(self.env._("What was handed over cannot be changed. Make another export."))
        return super().write(vals)

    # === ACTIONS === #

    def action_preview(self) -> bool:
        """Show what would be handed over, and what could not; nothing counts as handed over."""
        self.ensure_one()
        self._check_gate('draft')
        plans = self._plans()
        self._write_problems(plans)
        self.preview_html = self.env['ir.qweb']._render('accounting_exchange.datev_preview', {
            'plans': plans, 'limit': PREVIEW_LINES, 'money': lambda amount: self.currency_id.format(float(amount)),
        })
        return True

    def action_export(self) -> bool:
        """Make the files and note what is in them.

        :raises UserError: if there is nothing to hand over, a number of the adviser is missing, or somebody else
            handed over the same entries at this moment.
        """
        self.ensure_one()
        self._check_gate('draft')
        plans = self._plans()
        self._write_problems(plans)
        if not any(plan.lines for plan in plans):
            raise UserError(self._nothing_to_hand_over())
        export_sudo = self.sudo()  # what was handed over is kept by this document alone, nobody writes it by hand
        try:
            with self.env.cr.savepoint():
                for plan in plans:
                    if plan.lines:
                        export_sudo._write_period(plan)
                self.env.flush_all()
        except UniqueViolation as error:
            raise UserError(self.env._(
                "Some of these entries were handed over at this moment by somebody else. Look at the other export.",
            )) from error
        if self.with_partners:
            export_sudo._write_partners()
        self.write({
            'state': 'done', 'handed_on': fields.Datetime.now(), 'user_id': self.env.uid, 'preview_html': False,
        })
        return True

    def action_withdraw(self) -> bool:
        """Let the entries go again: the adviser has not taken the files in."""
        for export in self:
            export._check_gate('done')
            export._check_is_last()
            # sudo: what was handed over is kept by this document alone, nobody writes it by hand
            export.sudo()._withdraw()
        return True

    def action_view_bookings(self) -> dict:
        """Open the lines that were handed over."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('accounting_exchange.datev_booking_action')
        return {**action, 'domain': [('export_id', '=', self.id)], 'context': {}}

    # === BUSINESS === #

    def _check_gate(self, state: str) -> None:
        if self.state != state:
            label = dict(self._fields['state']._description_selection(self.env))[self.state]
            raise UserError(self.env._("%(export)s is in the state “%(state)s”.", export=self.name, state=label))

    def _withdraw(self) -> None:
        files = self.file_ids.ids
        lines = self.booking_ids
        self.env['datev.handover'].search([('file_id', 'in', files), ('is_live', '=', True)]).write({'is_live': False})
        lines.write({'is_live': False})
        self.env.flush_all()  # the keys must be free before earlier ones are valid again
        self._restore(lines.filtered('is_reversal').mapped('move_key'))
        self.env['datev.person.account'].search([('file_id', 'in', files)]).write({'digest': False})
        self.state = 'withdrawn'

    def _check_is_last(self) -> None:
        """Refuse to withdraw what a later export has corrected."""
        keys = self.booking_ids.mapped('move_key')
        later = self.env['datev.booking'].search([
            ('move_key', 'in', keys), ('file_id', '>', max(self.file_ids.ids)), ('export_id.state', '=', 'done'),
        ], limit=1)
        if later:
            raise UserError(self.env._(
                "%(later)s corrects bookings of %(export)s. Withdraw that one first.",
                later=later.export_id.name, export=self.name,
            ))

    def _plans(self) -> list[PeriodPlan]:
        """Return the content of each file.

        :raises UserError: if a number at the adviser is missing.
        """
        try:
            check_ledger(self.company_id._datev_ledger())
        except ExchangeError as error:
            raise UserError(self._ledger_problem(error)) from error
        planner = self.env['datev.planner'].with_company(self.company_id)
        return [planner._plan(self, start, end) for start, end in self._periods()]

    def _ledger_problem(self, error: ExchangeError) -> str:
        names = {
            'consultant': self.env._("The consultant number must be between 1001 and 9999999."),
            'client': self.env._("The client number must be between 1 and 99999."),
            'length': self.env._("A ledger account must have 4 to 8 digits."),
        }
        return self.env._("%(problem)s Enter it in the settings of the exchange.", problem=names[error.code])

    def _nothing_to_hand_over(self) -> str:
        if self.problem_ids:
            return self.env._("None of the entries could be handed over: %(reason)s", reason=self.problem_ids[0].reason)
        return self.env._("There is nothing to hand over: the adviser has all entries of these days.")

    def _periods(self) -> Iterator[tuple[date, date]]:
        """Cut the dates into posting periods, one month each, none of them in two fiscal years."""
        start = self.date_from
        while start <= self.date_to:
            year_end = self.company_id.compute_fiscalyear_dates(start)['date_to']
            end = min(date_utils.end_of(start, 'month'), self.date_to, year_end)
            yield start, end
            start = date_utils.add(end, days=1)

    def _span(self, start: date, end: date) -> Span:
        return Span(start, end, self.company_id.compute_fiscalyear_dates(start)['date_from'])

    def _write_problems(self, plans: list[PeriodPlan]) -> None:
        problems_sudo = self.sudo().problem_ids  # a note of this document
        problems_sudo.unlink()
        problems_sudo.create([
            {'export_id': self.id, 'move_id': move_id, 'date': day, 'reason': reason}
            for plan in plans for move_id, day, reason in plan.problems
        ])

    def _write_period(self, plan: PeriodPlan) -> None:
        """Make the file of a posting period and keep what is in it."""
        content = bookings_file(
            self.company_id._datev_ledger(), self._span(plan.start, plan.end), plan.lines, fields.Datetime.now(),
            f'{self.name} {plan.start:%m/%Y}',
        )
        name = f'EXTF_Buchungsstapel_{plan.start:%Y%m%d}_{self._number()}.csv'
        file = self.env['datev.export.file'].create({
            **self._prepare_file_vals('bookings', name, content),
            'date_from': plan.start,
            'date_to': plan.end,
            'line_count': len(plan.lines),
            'reversal_count': len(plan.reversals),
            'debit_total': float(plan.debit_total),
            'credit_total': float(plan.credit_total),
            'ledger_difference': float(self._ledger_difference(plan)),
            'tax_difference': float(plan.tax_difference),
        })
        self.env['datev.handover']._take_back(plan.reversed_keys)
        self.env['datev.booking'].search(
            [('move_key', 'in', plan.reversed_keys), ('is_live', '=', True)],
        ).write({'is_live': False})
        self.env['datev.handover']._insert(file, plan.keys)
        self.env['datev.booking']._write_lines(file, plan.lines, 1)

    def _prepare_file_vals(self, kind: str, name: str, content: bytes) -> dict:
        return {'export_id': self.id, 'kind': kind, 'name': name, 'content': base64.b64encode(content)}

    def _number(self) -> str:
        return ''.join(mark if mark.isalnum() else '-' for mark in self.name)

    def _ledger_difference(self, plan: PeriodPlan) -> Decimal:
        """Return by how much the new bookings and the ledger differ, summed over all accounts; 0 if all is well."""
        ours = account_totals(plan.bookings)
        company = self.company_id
        move_ids = sorted({booking.entry for booking in plan.bookings})
        rows = self.env.execute_query(SQL(
            """SELECT account_id, partner_id, tax_line_id, sum(balance) FROM account_move_line
                WHERE move_id = ANY(%s) AND balance != 0 GROUP BY account_id, partner_id, tax_line_id""", move_ids,
        ))
        theirs: dict[str, Decimal] = defaultdict(Decimal)
        gathered = _Numbers(self.env, company)
        for account_id, partner_id, _tax_id, balance in rows:
            theirs[gathered.number(account_id, partner_id)] += Decimal(f'{balance:.2f}')
        included = ours.pop('', Decimal(0))
        differences = {
            number: ours.get(number, Decimal(0)) - theirs.get(number, Decimal(0))
            for number in ours.keys() | theirs.keys()
        }
        # What DATEV books by tax keys stands on tax accounts of the ledger
        return abs(sum(differences.values()) + included) + self._unexplained(differences, move_ids, gathered)

    def _unexplained(self, differences: dict[str, Decimal], move_ids: list[int], gathered) -> Decimal:
        """Return the differences on accounts that no tax item touches."""
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT account_id, partner_id FROM account_move_line
                WHERE move_id = ANY(%s) AND tax_line_id IS NOT NULL""", move_ids,
        ))
        tax_accounts = {gathered.number(account_id, partner_id) for account_id, partner_id in rows}
        return sum((abs(amount) for number, amount in differences.items() if number not in tax_accounts), Decimal(0))

    def _restore(self, move_keys: list[int]) -> None:
        """Let what a withdrawn export had reversed be valid again."""
        lines = self.env['datev.booking'].search([
            ('move_key', 'in', move_keys), ('is_reversal', '=', False), ('export_id', '!=', self.id),
            ('export_id.state', '=', 'done'),
        ], order='file_id desc')
        for keys in lines.grouped('move_key').values():
            last = keys.filtered(lambda line, keys=keys: line.file_id == keys[0].file_id)
            last.write({'is_live': True})
            self.env['datev.handover'].search([
                ('move_key', '=', last[0].move_key), ('file_id', '=', last[0].file_id.id),
            ]).write({'is_live': True})

    # === MASTER DATA === #

    def _write_partners(self) -> None:
        """Make the file of customers and suppliers that are new or have changed."""
        numbers = {*self.booking_ids.mapped('account'), *self.booking_ids.mapped('contra_account')}
        accounts = self.env['datev.person.account'].search(
            [('company_id', '=', self.company_id.id), ('number', 'in', sorted(numbers))],
        )
        changed = accounts._changed()
        if not changed:
            return
        content = partners_file(
            self.company_id._datev_ledger(), self._span(self.date_from, self.date_to), changed.values(),
            fields.Datetime.now(), self.name,
        )
        file = self.env['datev.export.file'].create({
            **self._prepare_file_vals('partners', f'EXTF_Stammdaten_{self._number()}.csv', content),
            'line_count': len(changed),
        })
        for account, row in changed.items():
            account.write({'digest': account._digest_of(row), 'file_id': file.id})


class _Numbers:
    """The DATEV numbers of accounts, looked up once."""

    def __init__(self, env, company):
        self.env, self.company = env, company
        self._known: dict[tuple[int, int], str] = {}

    def number(self, account_id: int, partner_id: int | None) -> str:
        key = account_id, partner_id or 0
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        return self._known[key]

    def _look_up(self, account_id: int, partner_id: int) -> str:
        account = self.env['account.account'].browse(account_id)
        kind = {'asset_receivable': 'debtor', 'liability_payable': 'creditor'}.get(account.account_type)
        if not kind:
            return account._datev_account(self.company).number
        partner = self.env['res.partner'].browse(partner_id).commercial_partner_id
        return self.env['datev.person.account']._numbers(self.company, partner, kind)[partner.id]
