"""How a code comes with a customer: kept by the session, on the order and the registration, counted at confirmation."""

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    referral_code_id = fields.Many2one(
        'referral.code', "Referral code", copy=False, index='btree_not_null', check_company=True,
        help="Who brought the customer; counts when the order is confirmed and the customer is new.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Take along the code of the link by which a visitor or customer came."""
        orders = super().create(vals_list)
        if typed := self.env['referral.code']._session_code():
            for order in orders.filtered(lambda order: not order.referral_code_id):
                order._take_referral_code(typed)
        return orders

    def write(self, vals):
        """Take along the code when a visitor or customer goes on with an order, such as by signing it."""
        result = super().write(vals)
        if 'referral_code_id' not in vals and (typed := self.env['referral.code']._session_code()):
            for order in self.filtered(lambda order: order.state in ('draft', 'sent') and not order.referral_code_id):
                order._take_referral_code(typed)
        return result

    def _take_referral_code(self, typed) -> None:
        # sudo: a visitor names a code without reading codes
        if code_sudo := self.env['referral.code'].sudo()._find(typed, self.company_id):
            self.sudo().referral_code_id = code_sudo

    def _action_confirm(self):
        for order in self.sudo():  # sudo: whoever confirms, the referral follows from it
            code = order.referral_code_id or order.partner_id.commercial_partner_id._registered_code(order.company_id)
            self.env['referral.referral'].sudo()._attach(code, order.partner_id, order)
        return super()._action_confirm()


class ResPartner(models.Model):
    _inherit = 'res.partner'

    referral_code_used_id = fields.Many2one(
        'referral.code', "Registered with code", copy=False, index='btree_not_null', groups='base.group_user',
        help="The code by which the customer registered; it counts with the first order.",
    )
    referral_count = fields.Integer("Customers brought", compute='_compute_referral_count', groups='base.group_user')

    def _compute_referral_count(self):
        # sudo: every user of the office may see how many, not who
        counts = dict(self.env['referral.referral'].sudo()._read_group(
            [('referrer_id', 'in', self.ids), ('state', '=', 'active')], ['referrer_id'], ['__count']))
        for partner in self:
            partner.referral_count = counts.get(partner._origin, 0)

    def action_view_referrals(self) -> dict:
        """Open the customers that this customer brought."""
        action = self.env['ir.actions.act_window']._for_xml_id('customer_portal_ext.referral_referral_action')
        return {**action, 'domain': [('referrer_id', 'in', self.ids)], 'context': {}}

    def _note_referral_code(self, typed, company) -> None:
        """Keep the code of a registration, the first one for good."""
        customer = self.commercial_partner_id
        if not customer.referral_code_used_id:
            customer.referral_code_used_id = self.env['referral.code']._find(typed, company)

    def _registered_code(self, company):
        return self.referral_code_used_id.filtered(lambda code: code.company_id == company and code.active)
