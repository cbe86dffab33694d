"""How a customer pays, on the customer."""

from odoo import api, fields, models
from odoo.fields import Domain

from .payment_profile import SEGMENTS

READERS = 'dunning_sms.group_dunning_user,account.group_account_invoice,account.group_account_readonly'


class ResPartner(models.Model):
    _inherit = 'res.partner'

    payment_profile_ids = fields.One2many('payment.profile', 'partner_id', "Payment profiles", groups=READERS)
    payment_score = fields.Integer(
        "Payment score", compute='_compute_payment_profile', search='_search_payment_score', groups=READERS,
        help="0 to 100, from how this customer paid in this company; worked out every night.",
    )
    payment_segment = fields.Selection(
        SEGMENTS, "Payment behaviour", compute='_compute_payment_profile', search='_search_payment_segment',
        groups=READERS,
    )

    @api.depends('commercial_partner_id')
    @api.depends_context('company')
    def _compute_payment_profile(self):
        profiles = self.env['payment.profile'].search([
            ('partner_id', 'in', self.commercial_partner_id.ids), ('company_id', '=', self.env.company.id),
        ])
        by_partner = {profile.partner_id: profile for profile in profiles}
        for partner in self:
            profile = by_partner.get(partner.commercial_partner_id)
            partner.payment_score = profile.score if profile else 0
            partner.payment_segment = profile.segment if profile else False

    def _search_payment_score(self, operator, value):
        return self._search_payment_profile('score', operator, value)

    def _search_payment_segment(self, operator, value):
        return self._search_payment_profile('segment', operator, value)

    def _search_payment_profile(self, name: str, operator: str, value) -> Domain:
        found = self.env['payment.profile']._search([
            (name, operator, value), ('company_id', '=', self.env.company.id),
        ])
        return Domain('commercial_partner_id.payment_profile_ids', 'in', found)
