"""Members of lists of special customers: what they are given when they join, and what ends with their membership."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class SpecialCustomerMember(models.Model):
    _name = 'special.customer.member'
    _description = "Special Customer"
    _order = 'state, date_start desc, id desc'
    _rec_name = 'partner_id'
    _check_company_auto = True

    list_id = fields.Many2one('special.customer.list', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='list_id.company_id', store=True, precompute=True, index=True)
    partner_id = fields.Many2one('res.partner', "Customer", required=True, index=True, ondelete='cascade')
    source = fields.Selection([('hand', "By hand"), ('rule', "By rule")], "Joined", required=True, readonly=True,
                              default='hand')
    date_start = fields.Date(
        "Since", required=True, readonly=True, default=lambda self: self.env.company._service_today())
    date_end = fields.Date("Until", readonly=True)
    state = fields.Selection([('active', "Member"), ('ended', "Ended")], "Status", required=True, readonly=True,
                             default='active', index=True)
    taken_out = fields.Boolean("Taken out by hand", readonly=True, help="Does not come back by rule.")
    told_on = fields.Datetime("Told on", readonly=True, help="When the mail with the benefits was written.")
    pricelist_before_id = fields.Many2one('product.pricelist', readonly=True)

    _one_membership = models.UniqueIndex(
        "(list_id, partner_id) WHERE state = 'active'", "The customer is on the list already.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        Partner = self.env['res.partner']
        for vals in vals_list:
            vals |= {'state': 'active', 'taken_out': False, 'date_end': False, 'told_on': False,
                     'source': vals.get('source', 'hand') if self.env.su else 'hand'}
            if type(vals.get('partner_id')) is int:
                vals['partner_id'] = Partner.browse(vals['partner_id']).commercial_partner_id.id
        members = super().create(vals_list)
        members._give()
        members.sudo()._tell()  # sudo: who keeps the list needs no right to see other memberships
        return members

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("A membership is not edited. End it and make another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ended(self):
        if self.filtered(lambda member: member.state == 'active'):
            raise UserError(self.env._("A membership gives discounts. End it before it is deleted."))

    # === ACTIONS === #

    def action_end(self) -> bool:
        """Take customers off their lists; what they were given ends with it, and no rule brings them back."""
        self.check_access('write')
        here = self.filtered(lambda member: member.state == 'active')
        here._end()
        here.sudo().taken_out = True
        return True

    # === BUSINESS === #

    def _give(self) -> None:
        """Give members what their list has and they still lack: tag, pricelist, discount."""
        for member in self.sudo():  # sudo: who keeps the list needs no rights over contracts and prices
            partner, special = member.partner_id.with_company(member.company_id), member.list_id
            if special.tag_id - partner.category_id:
                partner.category_id = [Command.link(special.tag_id.id)]
            if special.pricelist_id and partner.property_product_pricelist != special.pricelist_id:
                member.pricelist_before_id = partner.property_product_pricelist
                partner.property_product_pricelist = special.pricelist_id
        self.sudo()._give_discount(self.sudo()._services())

    def _tell(self) -> None:
        """Tell new members by mail what they get, once a customer and list; not those who want no offers or mails."""
        before = {(one.list_id, one.partner_id) for one in self.search([
            ('list_id', 'in', self.list_id.ids), ('partner_id', 'in', self.partner_id.ids), ('told_on', '!=', False)])}
        new = self.filtered(lambda member: (member.list_id, member.partner_id) not in before and member._may_be_told())
        if new:
            new.told_on = fields.Datetime.now()
            self.env.ref('customer_portal_ext.mail_template_special_customer').send_mail_batch(new.ids)

    def _may_be_told(self) -> bool:
        partner = self.partner_id
        return bool(partner.email and not partner.circular_opt_out and not partner.is_blacklisted)

    def _end(self) -> None:
        """End memberships, and take back what they gave."""
        for member in self.sudo():  # sudo: as for giving
            partner, special = member.partner_id.with_company(member.company_id), member.list_id
            member.write({'state': 'ended', 'date_end': member.company_id._service_today()})
            others = self.sudo().search([('partner_id', '=', partner.id), ('state', '=', 'active')]).list_id
            if special.tag_id and special.tag_id not in others.tag_id:
                partner.category_id = [Command.unlink(special.tag_id.id)]
            if special.pricelist_id and partner.property_product_pricelist == special.pricelist_id:
                partner.property_product_pricelist = member.pricelist_before_id
        self._end_discount()

    def _services(self):
        """Return the running recurring services of members whose list has a discount."""
        members = self.filtered(lambda member: member.list_id.percent)
        return self.env['service.contract.line'].search([
            ('contract_id.partner_id', 'child_of', members.partner_id.ids), ('kind', '!=', 'one_time'),
            ('company_id', 'in', members.company_id.ids), ('date_end', '=', False),
            ('contract_id.state', 'in', ('draft', 'active', 'suspended')),
        ]) if members else self.env['service.contract.line']

    def _give_discount(self, lines) -> None:
        """Give services the discounts of these memberships that they do not have yet."""
        by_customer = {}
        for member in self.filtered(lambda member: member.list_id.percent):
            by_customer.setdefault((member.partner_id, member.company_id), []).append(member)
        self.env['service.reduction'].sudo().create([  # sudo: follows from the membership
            member._prepare_reduction_vals(line)
            for line in lines for member in by_customer.get(
                (line.partner_id.commercial_partner_id, line.company_id), ())
            if not line.reduction_ids.filtered(
                lambda one, member=member: one.special_list_id == member.list_id and not one.date_until)
        ])

    def _prepare_reduction_vals(self, line) -> dict:
        today = self.company_id._service_today()
        return {
            'contract_line_id': line.id, 'special_list_id': self.list_id.id, 'name': self.list_id.name,
            'kind': 'discount', 'percent': self.list_id.percent, 'sequence': 30,
            'date_start': today if line.contract_id.state != 'draft' and today > line._service_start() else False,
        }

    def _end_discount(self) -> None:
        """Let the discounts of these memberships end today; periods that began keep theirs."""
        for member in self.sudo():  # sudo: as for giving
            member.env['service.reduction'].search([
                ('special_list_id', '=', member.list_id.id), ('date_until', '=', False),
                ('contract_line_id.partner_id', 'child_of', member.partner_id.id),
            ]).date_until = member.company_id._service_today()


class ResPartner(models.Model):
    _inherit = 'res.partner'

    special_member_ids = fields.One2many('special.customer.member', 'partner_id', "Special customer",
                                         groups='customer_portal_ext.group_desk_user')
    special_list_ids = fields.Many2many(
        'special.customer.list', string="Special customer of", compute='_compute_special_list_ids',
        groups='customer_portal_ext.group_desk_user')

    @api.depends('special_member_ids.state')
    def _compute_special_list_ids(self):
        for partner in self:
            partner.special_list_ids = partner.commercial_partner_id.special_member_ids.filtered(
                lambda member: member.state == 'active').list_id

    def _panel_special(self, company):
        """Return the lists whose benefits the panel shows a customer, with rights to read them."""
        # sudo: the own benefits; of a list only its words, discount and contact are shown
        return self.env['special.customer.member'].sudo().search([
            ('partner_id', '=', self.commercial_partner_id.id), ('company_id', '=', company.id),
            ('state', '=', 'active'),
        ]).list_id


class ServiceReduction(models.Model):
    _inherit = 'service.reduction'

    special_list_id = fields.Many2one(
        'special.customer.list', "Special customers", readonly=True, ondelete='restrict', index='btree_not_null',
        copy=False,
    )

    def _prepare_kept_vals(self) -> dict:
        return {**super()._prepare_kept_vals(), 'special_list_id': self.special_list_id.id}


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    @api.model_create_multi
    def create(self, vals_list):
        """Give new services of special customers their discount before anything is billed."""
        lines = super().create(vals_list)
        customers = lines.partner_id.commercial_partner_id
        # sudo: whoever makes the contract, the discount follows from the membership
        members = self.env['special.customer.member'].sudo().search([
            ('partner_id', 'in', customers.ids), ('state', '=', 'active'), ('list_id.percent', '>', 0)])
        if members:
            members._give_discount(lines.filtered(lambda line: line.kind != 'one_time' and not line.date_end))
        return lines

    def copy_data(self, default=None):
        """Leave out what special customers get: it follows from who has the contract."""
        vals_list = super().copy_data(default)
        for line, vals in zip(self, vals_list, strict=True):
            if line.reduction_ids.special_list_id:
                own = line.reduction_ids.filtered(lambda one: not one.special_list_id and not one.coupon_id)
                vals['reduction_ids'] = [Command.create(one._prepare_copy_vals()) for one in own]
        return vals_list
