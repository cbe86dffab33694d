"""Referral programmes: what customers who bring others earn, on how many levels, for how long, and how it is paid."""

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..rules.commission import Level, Terms

LIMIT = 10**12
DEPTH = 10
PAYOUTS = [('credit', "Credit on what they owe"), ('bill', "Vendor bill")]


class ReferralProgramme(models.Model):
    _name = 'referral.programme'
    _description = "Referral Programme"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'service.input.mixin']
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    description = fields.Html(
        "In the customer's words", translate=True,
        help="What customers read beside their link: who earns what, and when.",
    )
    date_end = fields.Date("New customers until", tracking=True, help="Empty: for good. Who joined goes on to earn.")
    level_ids = fields.One2many('referral.level', 'programme_id', "Levels", copy=True)
    months = fields.Integer("Earns for months", default=12, tracking=True, help="From the day of joining. 0: no limit.")
    invoices = fields.Integer("Earns on invoices", tracking=True, help="The first so many paid invoices. 0: no limit.")
    amount_min = fields.Monetary("Invoices from", help="Untaxed; smaller invoices earn nothing.")
    cap = fields.Monetary("At most", tracking=True, help="For each referrer and period, over all levels. 0: no limit.")
    cap_period = fields.Selection([('month', "a month"), ('year', "a year")], required=True, default='month')
    needs_approval = fields.Boolean(
        "Approve commissions", tracking=True, help="Commissions wait for staff; otherwise they are approved at once.",
    )
    payout = fields.Selection(
        PAYOUTS, "Paid as", required=True, default='credit', tracking=True,
        help="A credit lowers the next invoice of the referrer's contract; without a contract it is a credit note.",
    )
    payout_min = fields.Monetary("Paid out from", tracking=True, help="Smaller sums wait for the next payout.")
    product_id = fields.Many2one(
        'product.product', "Product", required=True, check_company=True, domain="[('type', '=', 'service')]",
        default=lambda self: self.env.ref('customer_portal_ext.product_referral', raise_if_not_found=False),
        help="Accounts and taxes of credit notes and vendor bills.",
    )
    code_ids = fields.One2many('referral.code', 'programme_id', "Codes")
    code_count = fields.Integer("Referrers", compute='_compute_counts')
    referral_count = fields.Integer("Customers brought", compute='_compute_counts')
    amount_earned = fields.Monetary("Commissions", compute='_compute_counts')

    _numbers_in_range = models.Constraint(
        f'''CHECK (months BETWEEN 0 AND 1200 AND invoices BETWEEN 0 AND 100000 AND amount_min BETWEEN 0 AND {LIMIT}
               AND cap BETWEEN 0 AND {LIMIT} AND payout_min BETWEEN 0 AND {LIMIT})''',
        "Durations and amounts of a programme are 0 or more.",
    )

    # === CONSTRAINTS === #

    @api.constrains('level_ids')
    def _check_levels(self):
        for programme in self:
            if not programme.level_ids or len(programme.level_ids) > DEPTH:
                raise ValidationError(self.env._(
                    "%(programme)s needs 1 to %(depth)s levels. Enter what the first one earns.",
                    programme=programme.name, depth=DEPTH,
                ))

    # === COMPUTE === #

    def _compute_counts(self):
        codes = dict(self.env['referral.code']._read_group(
            [('programme_id', 'in', self.ids)], ['programme_id'], ['__count']))
        joined = dict(self.env['referral.referral']._read_group(
            [('programme_id', 'in', self.ids), ('state', '=', 'active')], ['programme_id'], ['__count']))
        sums = dict(self.env['referral.commission']._read_group(
            [('programme_id', 'in', self.ids), ('state', 'not in', ('none', 'refused'))],
            ['programme_id'], ['amount:sum']))
        for programme in self:
            programme.code_count = codes.get(programme._origin, 0)
            programme.referral_count = joined.get(programme._origin, 0)
            programme.amount_earned = sums.get(programme._origin, 0.0)

    def _input_ranges(self):
        return {**super()._input_ranges(), 'months': (0, 1200), 'invoices': (0, 100_000)}

    # === ACTIONS === #

    def action_view_commissions(self) -> dict:
        """Open the commissions of the programme."""
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.referral_commission_action')
        return {**action, 'domain': [('programme_id', 'in', self.ids)], 'context': {}}

    def action_view_referrals(self) -> dict:
        """Open the customers that the programme brought."""
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.referral_referral_action')
        return {**action, 'domain': [('programme_id', 'in', self.ids)], 'context': {}}

    def action_pay_out(self) -> dict:
        """Pay out what is approved and reaches the threshold, now."""
        self.check_access('write')
        payouts = self.env['referral.payout']._pay_out(self)
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.referral_payout_action')
        return {**action, 'domain': [('id', 'in', payouts.ids)], 'context': {'create': False}}

    # === BUSINESS === #

    @api.model
    def _offered(self, company):
        """Return the programme that customers of a company may join today, if there is one."""
        today = company._service_today()
        return self.search(
            Domain('company_id', '=', company.id) & (Domain('date_end', '=', False) | Domain('date_end', '>=', today)),
            limit=1,
        )

    def _terms(self) -> Terms:
        """Return what the programme pays, for the rules."""
        self.ensure_one()
        return Terms(
            tuple(level._level() for level in self.level_ids), self.months, self.invoices,
            to_decimal(self.amount_min), to_decimal(self.cap),
        )

    def _cap_start(self, day):
        """Return the first day of the period whose commissions a cap sums up."""
        return day + relativedelta(day=1, **({'month': 1} if self.cap_period == 'year' else {}))


class ReferralLevel(models.Model):
    _name = 'referral.level'
    _description = "Level of a Referral Programme"
    _inherit = ['service.input.mixin']
    _order = 'sequence, id'

    programme_id = fields.Many2one('referral.programme', required=True, index=True, ondelete='cascade')
    currency_id = fields.Many2one(related='programme_id.currency_id')
    sequence = fields.Integer(
        default=10, help="The first row is who brought the customer, the next who brought that one.")
    number = fields.Integer("Level", compute='_compute_number')
    percent = fields.Float("Percent", digits='Discount', help="Of the untaxed amount of invoices that is paid.")
    amount = fields.Monetary("Amount", help="For each invoice that is paid; a part of it earns its share.")

    _numbers_in_range = models.Constraint(
        f'CHECK (percent BETWEEN 0 AND 100 AND amount BETWEEN 0 AND {LIMIT} AND percent + amount > 0)',
        "A level earns 0 to 100 percent or an amount from 0 up, and not nothing.",
    )

    @api.depends('programme_id.level_ids.sequence')
    def _compute_number(self):
        for programme in self.programme_id:
            for number, level in enumerate(programme.level_ids, start=1):
                level.number = number
        self.filtered(lambda level: not level.programme_id).number = 0

    def _input_ranges(self):
        return {**super()._input_ranges(), 'percent': (0, 100), 'amount': (0, LIMIT)}

    def _level(self) -> Level:
        return Level(to_decimal(self.percent), to_decimal(self.amount))
