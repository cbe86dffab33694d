"""Lists of special customers: what their members get, and by which rule customers become members."""

from decimal import Decimal

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import ValidationError

from ..rules.membership import Facts, Requirements, changes

LIMIT = 10**12


class SpecialCustomerList(models.Model):
    _name = 'special.customer.list'
    _description = "List of Special Customers"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'service.input.mixin']
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(
        required=True, translate=True, tracking=True, help="What members read, such as “Gold customers”.")
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    tag_id = fields.Many2one(
        'res.partner.category', "Tag", ondelete='restrict',
        help="Members get this tag. Plans and circulars made for the tag are offered to them, before others or alone.",
    )
    plan_ids = fields.Many2many('service.plan', string="Early offers", compute='_compute_plan_ids')
    percent = fields.Float("Discount in percent", digits='Discount', tracking=True,
                           help="Off every recurring service, as long as the customer is a member.")
    pricelist_id = fields.Many2one('product.pricelist', check_company=True, tracking=True,
                                   help="For what members buy in the shop.")
    contact_user_id = fields.Many2one('res.users', "Own contact", domain="[('share', '=', False)]", tracking=True)
    contact_phone = fields.Char("Own telephone")
    contact_email = fields.Char("Own e-mail address")
    benefits = fields.Html("In the customer's words", translate=True, help="Shown in the panel of members.")
    is_by_rule = fields.Boolean(
        "Members by rule", tracking=True, help="Every night customers join and leave by the rule; others by hand.")
    months_min = fields.Integer("Customer for months", help="Since the first invoice. 0: not asked for.")
    turnover_min = fields.Monetary("Turnover of twelve months", help="Untaxed. 0: not asked for.")
    score_min = fields.Integer("Payment score from", help="0 to 100, from how the customer paid. 0: not asked for.")
    member_ids = fields.One2many('special.customer.member', 'list_id', "Members")
    member_count = fields.Integer("Number of members", compute='_compute_member_count')

    _numbers_in_range = models.Constraint(
        f'''CHECK (percent BETWEEN 0 AND 100 AND months_min BETWEEN 0 AND 1200 AND score_min BETWEEN 0 AND 100
               AND turnover_min BETWEEN 0 AND {LIMIT})''',
        "Discount and payment score go from 0 to 100; months and turnover are 0 or more.",
    )

    @api.constrains('is_by_rule', 'months_min', 'turnover_min', 'score_min')
    def _check_rule(self):
        for special in self.filtered('is_by_rule'):
            if not (special.months_min or special.turnover_min or special.score_min):
                raise ValidationError(self.env._(
                    "%s would take every customer. Ask for months, turnover or a payment score.", special.name))

    @api.depends('tag_id')
    def _compute_plan_ids(self):
        for special in self:
            special.plan_ids = special.tag_id and self.env['service.plan'].search([
                ('partner_tag_ids', 'in', special.tag_id.ids), ('company_id', 'in', (False, special.company_id.id))])

    def _compute_member_count(self):
        counts = dict(self.env['special.customer.member']._read_group(
            [('list_id', 'in', self.ids), ('state', '=', 'active')], ['list_id'], ['__count']))
        for special in self:
            special.member_count = counts.get(special._origin, 0)

    def _input_ranges(self):
        return {**super()._input_ranges(), 'percent': (0, 100), 'months_min': (0, 1200), 'score_min': (0, 100)}

    # === CRUD === #

    def write(self, vals):
        """Let members have a new discount at once; the one before ends."""
        result = super().write(vals)
        if {'percent', 'name'} & vals.keys():
            self.member_ids._end_discount()
        if {'percent', 'name', 'tag_id', 'pricelist_id'} & vals.keys():
            self.member_ids.filtered(lambda member: member.state == 'active')._give()
        return result

    # === ACTIONS === #

    def action_view_members(self) -> dict:
        """Open the members of the list."""
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.special_customer_member_action')
        return {**action, 'domain': [('list_id', 'in', self.ids)], 'context': {'default_list_id': self[:1].id}}

    def action_follow_rule(self) -> bool:
        """Let customers join and leave by the rule now."""
        self.check_access('write')
        for special in self.filtered('is_by_rule'):
            special.sudo()._follow_rule()  # sudo: turnover and score of customers are summed up, not shown
        return True

    # === MEMBERS BY RULE === #

    @api.model
    def _cron_follow_rules(self) -> None:
        """Let customers join and leave every list that has a rule, and give members what they still lack."""
        lists = self.search([])
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(lists))
        for special in lists:
            if special.is_by_rule:
                special._follow_rule()
            special.member_ids.filtered(lambda member: member.state == 'active')._give()
            if not cron._commit_progress(1):
                return

    def _follow_rule(self) -> None:
        self.ensure_one()
        members = self.member_ids
        here = members.filtered(lambda member: member.state == 'active')
        by_rule = here.filtered(lambda member: member.source == 'rule')
        left_out = (here - by_rule) | members.filtered('taken_out')
        asked = Requirements(self.months_min, to_decimal(self.turnover_min), self.score_min)
        joining, leaving = changes(asked, self._gather_facts(), by_rule.partner_id.ids, left_out.partner_id.ids)
        by_rule.filtered(lambda member: member.partner_id.id in leaving)._end()
        members.create([{'list_id': self.id, 'partner_id': partner, 'source': 'rule'} for partner in joining])

    def _gather_facts(self) -> dict[int, Facts]:
        """Return what is known of each customer with an invoice of the company."""
        today = self.company_id._service_today()
        posted = [('company_id', '=', self.company_id.id), ('state', '=', 'posted'), ('partner_id', '!=', False)]
        Move = self.env['account.move']
        first = dict(Move._read_group([*posted, ('move_type', '=', 'out_invoice')],
                                      ['commercial_partner_id'], ['invoice_date:min']))
        turnover = dict(Move._read_group(
            [*posted, ('move_type', 'in', ('out_invoice', 'out_refund')),
             ('invoice_date', '>', today - relativedelta(years=1))],
            ['commercial_partner_id'], ['amount_untaxed_signed:sum']))
        profiles = self.env['payment.profile'].search_fetch(
            [('company_id', '=', self.company_id.id)], ['partner_id', 'score', 'item_count'])
        scores = {profile.partner_id: profile.score for profile in profiles if profile.item_count}
        return {partner.id: Facts(_whole_months(day, today), to_decimal(turnover.get(partner, Decimal(0))),
                                  scores.get(partner)) for partner, day in first.items()}


def _whole_months(start, end) -> int:
    span = relativedelta(end, start)
    return max(span.years * 12 + span.months, 0)
