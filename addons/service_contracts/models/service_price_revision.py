"""Price revisions: new prices for many contracts at once, by percentage or index, looked at before they hold."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rules.errors import RuleError
from .service_gate import SERVICE_GATE, has_passed_gate
from .service_recurrence_mixin import UNIT_SELECTION

LEFT_OUT = [
    ('agreed', "Agreed price"),
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
