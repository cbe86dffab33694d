"""Price revisions: new prices for many contracts at once, by percentage or index, looked at before they hold."""

import ast
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..posting.rows import column_types, insert_rows, next_ids
from ..rules.errors import RuleError
from ..rules.metrics import monthly_amount
from ..rules.money import to_decimal
from ..rules.periods import Interval
from ..rules.price_schedule import Revision, price_at, revise_by_index, revise_by_percent
from .service_gate import SERVICE_GATE, has_passed_gate
from .service_recurrence_mixin import UNIT_SELECTION

BATCH = 1000
LEFT_OUT = [
    ('agreed', "Agreed price"),
    ('model', "Priced by tiers or limits"),
    ('unchanged', "The price stays the same"),
    ('over', "Ends before"),
    ('step', "Has another price from that day on"),
    ('changed', "Changed since the preview"),
]


class ServicePriceRevision(models.Model):
    _name = 'service.price.revision'
    _description = "Price Revision"
    _inherit = ['service.input.mixin', 'mail.thread']
    _order = 'date_effective desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, help="What the revision is called, such as “Prices 2027”.")
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    state = fields.Selection(
        [('draft', "Draft"), ('applied', "Applied"), ('withdrawn', "Withdrawn")],
        "Status", default='draft', required=True, readonly=True, copy=False, tracking=True,
    )
    method = fields.Selection(
        [('percent', "Percentage"), ('index', "Index")], default='percent', required=True, tracking=True,
    )
    percent = fields.Float("Change in percent", digits=(16, 4), help="Below 0 prices fall.", tracking=True)
    index_name = fields.Char("Index", help="Such as “Consumer prices, Spain, November”.")
    index_old = fields.Float("Index before", digits=(16, 4))
    index_new = fields.Float("Index now", digits=(16, 4))
    index_weight = fields.Float("Weight (%)", default=100.0, help="So much of the price follows the index.")
    index_threshold = fields.Float(
        "Threshold (%)", help="An index that moved less, up or down, leaves prices as they are.",
    )
    rounding = fields.Float(
        "Round to", digits=(16, 4),
        help="New prices become a multiple of this, such as 0.05. 0: cents of the currency.",
    )
    date_effective = fields.Date("Holds from", required=True, tracking=True)
    at_period_start = fields.Boolean(
        "From the next period", default=True,
        help="The new price begins with the first period on that day or later. Else a period that has begun is "
             "charged in two parts.",
    )
    notice_count = fields.Integer("Notice", help="Customers know it so long before. 0: no notice.")
    notice_unit = fields.Selection(UNIT_SELECTION, "Unit of the notice", default='month')
    plan_ids = fields.Many2many('service.plan', string="Plans", help="Empty: all plans, and services without one.")
    domain = fields.Char("Contracts", default='[]', help="Which contracts; all running ones if nothing is chosen.")
    leaves_out_agreed = fields.Boolean(
        "Leave out agreed prices", default=True, help="Prices that differ from what plan or pricelist gave stay.",
    )
    reason = fields.Text("Words to the customer", translate=True, help="Why prices change, in the mail to customers.")
    telling = fields.Selection(
        [('no', "Not told"), ('queued', "Being told"), ('done', "Told")], "Customers", default='no', required=True,
        readonly=True, copy=False,
    )
    line_ids = fields.One2many('service.price.revision.line', 'revision_id', "Prices")
    line_count = fields.Integer("Services", compute='_compute_totals')
    left_out_count = fields.Integer("Left out", compute='_compute_totals')
    monthly_old = fields.Monetary("Monthly before", compute='_compute_totals', help="In the company's currency only.")
    monthly_new = fields.Monetary("Monthly after", compute='_compute_totals', help="In the company's currency only.")
    monthly_difference = fields.Monetary("Monthly difference", compute='_compute_totals')

    _numbers_in_range = models.Constraint(
        '''CHECK (percent BETWEEN -100 AND 1000 AND index_weight BETWEEN 0 AND 100 AND index_threshold BETWEEN 0 AND 100
               AND rounding BETWEEN 0 AND 1000000 AND notice_count BETWEEN 0 AND 1000)''',
        "A revision changes prices by −100 to 1000 percent, with weight and threshold from 0 to 100 percent.",
    )

    # === CONSTRAINTS === #

    @api.constrains('method', 'percent', 'index_old', 'index_new', 'rounding', 'domain')
    def _check_revision(self):
        for revision in self:
            try:
                revision._revise(100.0, 2)
                self.env['service.contract'].search_count(revision._contract_domain(), limit=1)
            except RuleError as error:
                raise ValidationError(self.env._(
                    "%(revision)s: %(problem)s.", revision=revision.name, problem=str(error),
                )) from error
            except (ValueError, SyntaxError, KeyError, TypeError) as error:
                raise ValidationError(self.env._(
                    "%(revision)s: the choice of contracts cannot be read. Choose them anew.", revision=revision.name,
                )) from error

    # === COMPUTE === #

    @api.depends('line_ids.state', 'line_ids.monthly_new')
    def _compute_totals(self):
        totals = {
            (revision, state, currency): rest
            for revision, state, currency, *rest in self.env['service.price.revision.line']._read_group(
                [('revision_id', 'in', self.ids)], ['revision_id', 'state', 'currency_id'],
                ['__count', 'monthly_old:sum', 'monthly_new:sum'],
            )
        }
        for revision in self:
            own = {key: rest for key, rest in totals.items() if key[0] == revision._origin}
            revision.line_count = sum(rest[0] for (_r, state, _c), rest in own.items() if state == 'planned')
            revision.left_out_count = sum(rest[0] for (_r, state, _c), rest in own.items() if state == 'left_out')
            _count, old, new = own.get((revision._origin, 'planned', revision.currency_id), (0, 0.0, 0.0))
            revision.monthly_old, revision.monthly_new, revision.monthly_difference = old, new, new - old

    def _input_ranges(self):
        return {
            **super()._input_ranges(), 'percent': (-100, 1000), 'index_weight': (0, 100), 'index_threshold': (0, 100),
            'rounding': (0, 10**6), 'notice_count': (0, 1000),
        }

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals |= {'state': 'draft', 'telling': 'no'}
        return super().create(vals_list)

    def write(self, vals):
        if not has_passed_gate(self.env):
            self._check_write(vals)
        return super().write(vals)

    def _check_write(self, vals: dict) -> None:
        fixed = vals.keys() - {'name', 'reason'} - {name for name in vals if name.startswith(('message_', 'activity_'))}
        for revision in self:
            if {'state', 'telling'} & vals.keys() or (fixed and revision.state != 'draft'):
                raise UserError(self.env._(
                    "%s has been applied. Withdraw it, or make a new revision.", revision.name,
                ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        for revision in self:
            if revision.state != 'draft':
                raise UserError(self.env._("%s stays for the records.", revision.name))

    # === ACTIONS === #

    def action_preview(self) -> bool:
        """Work out the new price of each service, without changing any.

        :raises UserError: if a revision is applied already.
        """
        self.check_access('write')
        for revision in self:
            revision._check_draft()
            revision._fill()
        return True

    def action_apply(self) -> bool:
        """Write the new prices into the contracts, each from its day on. Applied ones are left as they are.

        :raises UserError: without a preview, or when nothing would change.
        """
        self.check_access('write')
        for revision in self.filtered(lambda revision: revision.state != 'applied'):
            revision._check_draft()
            revision._apply()
        return True

    def action_withdraw(self) -> bool:
        """Take back revisions whose prices do not hold yet. Withdrawn ones are left as they are.

        :raises UserError: naming a service whose new price holds or is billed already.
        """
        self.check_access('write')
        for revision in self.filtered(lambda revision: revision.state != 'withdrawn'):
            revision._withdraw()
        return True

    def action_tell(self) -> bool:
        """Send each customer a mail with the old and the new prices, once; the scheduler works the list off.

        :raises UserError: if a revision is not applied.
        """
        self.check_access('write')
        for revision in self.filtered(lambda revision: revision.telling == 'no'):
            if revision.state != 'applied':
                raise UserError(self.env._("Apply %s first: customers are told what holds.", revision.name))
            revision._pass_gate(telling='queued')
        self.env.ref('service_contracts.ir_cron_tell_prices')._trigger()
        return True

    def action_view_lines(self) -> dict:
        """Open old and new prices, service by service."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_price_revision_line_action')
        return {**action, 'domain': [('revision_id', 'in', self.ids)], 'context': {'search_default_planned': 1}}

    def _check_draft(self) -> None:
        if self.state != 'draft':
            raise UserError(self.env._("%s is no draft. Make a new revision.", self.name))

    def _pass_gate(self, **vals) -> None:
        self.with_context(service_gate=SERVICE_GATE).write(vals)

    # === GATHER, DECIDE === #

    def _contract_domain(self) -> Domain:
        running = Domain('state', 'in', ('active', 'suspended')) & Domain('company_id', '=', self.company_id.id)
        return running & Domain(ast.literal_eval(self.domain or '[]'))

    def _line_domain(self) -> Domain:
        domain = Domain('kind', '=', 'recurring') & Domain('contract_id', 'any', self._contract_domain())
        return domain & Domain('plan_id', 'in', self.plan_ids.ids) if self.plan_ids else domain

    def _revise(self, price: float, digits: int) -> Revision:
        """Return the price before and after.

        :raises RuleError: for an index or a rounding that is none.
        """
        step = to_decimal(self.rounding) if self.rounding else None
        if self.method == 'percent':
            return revise_by_percent(to_decimal(price), to_decimal(self.percent), digits, step)
        return revise_by_index(
            to_decimal(price), to_decimal(self.index_old), to_decimal(self.index_new), digits,
            to_decimal(self.index_weight), to_decimal(self.index_threshold), step,
        )

    def _earliest_day(self) -> date:
        """Return the first day on which a price may change, its notice kept."""
        today = self.company_id._service_today()
        notice = self.notice_count and Interval(self.notice_count, self.notice_unit or 'month')
        return max(self.date_effective, notice.plus(today)) if notice else self.date_effective

    def _fill(self) -> None:
        """Put a row for each service into the preview, batch by batch."""
        self.ensure_one()
        Row, Line = self.env['service.price.revision.line'], self.env['service.contract.line']
        self.env.flush_all()
        self.env.cr.execute('DELETE FROM service_price_revision_line WHERE revision_id = %s', (self.id,))
        domain, earliest, last = self._line_domain(), self._earliest_day(), 0
        types = column_types(self.env.cr, Row._table)
        while lines := Line.search(domain & Domain('id', '>', last), order='id', limit=BATCH):
            last = lines[-1].id
            rows = [self._prepare_row(line, earliest) for line in lines]
            ids = next_ids(self.env.cr, Row._table, len(rows))
            insert_rows(self.env.cr, Row._table,
                        [{'id': row_id, **row} for row_id, row in zip(ids, rows, strict=True)], types)
            self.env.invalidate_all()  # flat memory
        Row.invalidate_model(flush=False)
        self.invalidate_recordset()

    def _prepare_row(self, line, earliest: date) -> dict:
        """Return what the revision makes of one service."""
        now = self.env.cr.now()
        day = line._revision_day(earliest, self.at_period_start)
        price = float(price_at(phases, day)) if (phases := line._price_phases()) else line.price_unit
        revision = self._revise(price, line.currency_id.decimal_places)
        left_out = self._left_out(line, revision, day)
        interval = Interval(max(line.interval_count, 1), line.interval_unit)
        factor = to_decimal(line.quantity) * (1 - to_decimal(line.discount) / 100)
        old, new = (line.currency_id.round(float(monthly_amount(amount * factor, interval)))
                    for amount in (revision.old, revision.new))
        return {
            'revision_id': self.id, 'company_id': self.company_id.id, 'contract_line_id': line.id,
            'contract_id': line.contract_id.id, 'partner_id': line.partner_id.id, 'currency_id': line.currency_id.id,
            'price_seen': line.price_unit, 'price_old': float(revision.old), 'price_new': float(revision.new),
            'percent': float(revision.percent), 'monthly_old': old, 'monthly_new': new, 'date_effective': day,
            'state': 'left_out' if left_out else 'planned', 'left_out': left_out or None,
            'create_uid': self.env.uid, 'write_uid': self.env.uid, 'create_date': now, 'write_date': now,
        }

    def _left_out(self, line, revision: Revision, day: date) -> str:
        """Return why a service keeps its price, empty if it does not; extend it to leave out more."""
        ends = [end for end in (line.date_end, line.contract_id.date_end) if end]
        if ends and min(ends) < day:
            return 'over'
        if line._is_rated():
            return 'model'
        if self.leaves_out_agreed and line.price_unit != line.given_price_unit:
            return 'agreed'
        if any(step.date_start == day and step.date_start > line._service_start() for step in line.price_step_ids):
            return 'step'
        return 'unchanged' if revision.new == revision.old else ''

    # === WRITE === #

    def _apply(self) -> None:
        """Write the steps of all services at once: a revision of a hundred thousand is a few statements."""
        self.ensure_one()
        self.env.flush_all()
        self._leave_out_changed()
        if not self._planned():
            raise UserError(self.env._(
                "%s changes no price. Choose “Preview” and look why services are left out.", self.name,
            ))
        self._write_steps()
        self._pass_gate(state='applied')
        self._tell_contracts(self.env._(
            "New prices by %(revision)s from %(day)s",
            revision=self.name, day=format_date(self.env, self.date_effective),
        ))
        self._follow(Domain('date_effective', '<=', self.company_id._service_today()))

    def _planned(self, domain: Domain = Domain.TRUE) -> list[int]:
        """Return the ids of the services with a new price, in order."""
        domain &= Domain('revision_id', '=', self.id) & Domain('state', '=', 'planned')
        query = self.env['service.price.revision.line']._search(domain, order='contract_id, id')
        return [line_id for line_id, in self.env.execute_query(query.select(SQL('contract_line_id')))]

    def _leave_out_changed(self) -> None:
        """Leave out services that were changed, billed or ended since the preview; their contracts wait for us."""
        # SQL because a statement for each of a hundred thousand services would take hours
        self.env.cr.execute(SQL(
            """
            UPDATE service_contract SET write_date = write_date WHERE id IN (
                SELECT contract_id FROM service_price_revision_line WHERE revision_id = %s AND state = 'planned')
            """, self.id,
        ))
        self.env.cr.execute(SQL(
            """
            UPDATE service_price_revision_line row SET state = 'left_out', left_out = 'changed'
              FROM service_contract_line line JOIN service_contract contract ON contract.id = line.contract_id
             WHERE row.revision_id = %s AND row.state = 'planned' AND line.id = row.contract_line_id
               AND (contract.state NOT IN ('active', 'suspended')
                    OR line.price_unit != row.price_seen
                    OR COALESCE(line.date_end, row.date_effective) < row.date_effective
                    OR EXISTS (SELECT FROM service_price_step step
                                WHERE step.contract_line_id = line.id AND step.date_start = row.date_effective)
                    OR EXISTS (SELECT FROM service_billing_entry entry
                                WHERE entry.contract_line_id = line.id AND entry.kind = 'recurring'
                                  AND entry.state != 'void' AND entry.period_end > row.date_effective))
            """, self.id,
        ))
        self.env['service.price.revision.line'].invalidate_model(flush=False)

    def _write_steps(self) -> None:
        values = {
            'revision': self.id, 'uid': self.env.uid, 'now': self.env.cr.now(), 'reason': self.name,
            'agreed': self.env._("As agreed"),
        }
        # SQL because a statement for each of a hundred thousand services would take hours
        self.env.cr.execute(
            """
            INSERT INTO service_price_step (contract_line_id, contract_id, company_id, date_start, price_unit, reason,
                                            revision_id, create_uid, write_uid, create_date, write_date)
            SELECT line.id, line.contract_id, line.company_id, line.date_start, line.price_unit, %(agreed)s,
                   %(revision)s, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM service_price_revision_line row JOIN service_contract_line line ON line.id = row.contract_line_id
             WHERE row.revision_id = %(revision)s AND row.state = 'planned' AND line.date_start < row.date_effective
               AND NOT EXISTS (SELECT FROM service_price_step step WHERE step.contract_line_id = line.id)
             UNION ALL
            SELECT row.contract_line_id, row.contract_id, row.company_id, row.date_effective, row.price_new, %(reason)s,
                   %(revision)s, %(uid)s, %(uid)s, %(now)s, %(now)s
              FROM service_price_revision_line row WHERE row.revision_id = %(revision)s AND row.state = 'planned'
            """, values,
        )
        self.env.cr.execute(
            """
            UPDATE service_contract_line line
               SET has_price_rules = TRUE, write_uid = %(uid)s, write_date = %(now)s,
                   price_changes_on = LEAST(line.price_changes_on, row.date_effective)
              FROM service_price_revision_line row
             WHERE row.revision_id = %(revision)s AND row.state = 'planned' AND line.id = row.contract_line_id
            """, values,
        )
        self.env.invalidate_all()

    def _tell_contracts(self, text: str) -> None:
        """Write one line into the history of each contract: who, when and why."""
        ids, told = self._planned(), set()
        for start in range(0, len(ids), BATCH):
            contracts = self.env['service.contract.line'].browse(ids[start:start + BATCH]).contract_id
            contracts.filtered(lambda contract: contract.id not in told)._log_note(text)
            told.update(contracts.ids)
            self.env.flush_all()
            self.env.invalidate_all()

    def _follow(self, domain: Domain = Domain.TRUE) -> None:
        """Let services show their price in force."""
        ids = self._planned(domain)
        for start in range(0, len(ids), BATCH):
            self.env['service.contract.line'].browse(ids[start:start + BATCH])._follow_price()
            self.env.flush_all()
            self.env.invalidate_all()

    # === WAY BACK === #

    def _withdraw(self) -> None:
        self.ensure_one()
        if self.state == 'draft':
            self._pass_gate(state='withdrawn')
            return
        self.env.flush_all()
        self._check_withdrawable()
        # SQL as in `_write_steps`; a first price stays where a later step needs it
        self.env.cr.execute(
            """
            DELETE FROM service_price_step step USING service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND step.contract_line_id = row.contract_line_id
               AND step.revision_id = %(id)s AND step.date_start = row.date_effective
            """, {'id': self.id},
        )
        self.env.cr.execute(
            """
            DELETE FROM service_price_step step WHERE step.revision_id = %(id)s AND NOT EXISTS (
                SELECT FROM service_price_step other
                 WHERE other.contract_line_id = step.contract_line_id AND other.id != step.id)
            """, {'id': self.id},
        )
        self.env.cr.execute(
            """
            UPDATE service_contract_line line
               SET has_price_rules = EXISTS (SELECT FROM service_price_step WHERE contract_line_id = line.id)
                                  OR EXISTS (SELECT FROM service_reduction WHERE contract_line_id = line.id)
              FROM service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND line.id = row.contract_line_id
            """, {'id': self.id},
        )
        self.env.cr.execute(
            """
            UPDATE service_contract_line line SET price_changes_on = NULL
              FROM service_price_revision_line row
             WHERE row.revision_id = %(id)s AND row.state = 'planned' AND line.id = row.contract_line_id
               AND NOT line.has_price_rules
            """, {'id': self.id},
        )
        self.env.invalidate_all()
        self._follow(Domain('contract_line_id.has_price_rules', '=', True))
        self._pass_gate(state='withdrawn')
        self._tell_contracts(self.env._("%s is withdrawn; prices stay as they were.", self.name))

    def _check_withdrawable(self) -> None:
        self.env.cr.execute(
            """
            SELECT row.contract_line_id, row.date_effective FROM service_price_revision_line row
             WHERE row.revision_id = %s AND row.state = 'planned'
               AND (row.date_effective <= %s OR EXISTS (
                    SELECT FROM service_billing_entry entry
                     WHERE entry.contract_line_id = row.contract_line_id AND entry.state != 'void'
                       AND entry.kind = 'recurring' AND entry.period_end > row.date_effective))
             LIMIT 1
            """, (self.id, self.company_id._service_today()),
        )
        if found := self.env.cr.fetchone():
            raise UserError(self.env._(
                "The new price of %(service)s from %(day)s holds or is billed already. "
                "Make a new revision that lowers it again.",
                service=self.env['service.contract.line'].browse(found[0]).display_name,
                day=format_date(self.env, found[1]),
            ))


class ServicePriceStep(models.Model):
    _inherit = 'service.price.step'

    revision_id = fields.Many2one(
        'service.price.revision', "By revision", readonly=True, index='btree_not_null', ondelete='restrict', copy=False,
    )


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _revision_day(self, earliest: date, at_period_start: bool) -> date:
        """Return the first day on which a new price may hold: nothing billed, and the start of a period if asked."""
        start = self._billing_start()
        day = max(earliest, start, self._billed_until() or date.min)
        if at_period_start:
            full = self._recurrence(start).full_period(day)
            day = day if day in (full.start, start) else full.end
        return day


