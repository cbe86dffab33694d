"""Codes: what a customer shares so that new customers are known as brought by them."""

import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from .referral_programme import PAYOUTS

ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
"""Without letters and digits that are read for one another."""
LENGTH = 8
KEY = 'referral_code'
"""Where the session keeps the code that a visitor came by; also the name of the field in forms."""
CODE = re.compile(r'[A-Z0-9][A-Z0-9-]{3,19}')


class ReferralCode(models.Model):
    _name = 'referral.code'
    _description = "Referral Code"
    _inherit = ['mail.thread', 'service.input.mixin']
    _order = 'id desc'
    _rec_name = 'code'
    _check_company_auto = True

    code = fields.Char(required=True, copy=False, tracking=True, default=lambda self: self._new_code())
    active = fields.Boolean(default=True, tracking=True)
    programme_id = fields.Many2one(
        'referral.programme', required=True, index=True, ondelete='restrict', check_company=True, tracking=True,
    )
    company_id = fields.Many2one(related='programme_id.company_id', store=True, precompute=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', "Referrer", required=True, index=True, ondelete='restrict', tracking=True)
    payout = fields.Selection(PAYOUTS, "Paid as", tracking=True, help="Empty: as the programme says.")
    link = fields.Char(compute='_compute_link')
    referral_ids = fields.One2many('referral.referral', 'code_id', "Customers brought")
    referral_count = fields.Integer("Brought", compute='_compute_sums')
    amount_earned = fields.Monetary("Earned", compute='_compute_sums')

    _code_is_unique = models.UniqueIndex("(company_id, upper(code))", "Another referrer has this code.")
    _one_a_customer = models.UniqueIndex(
        "(programme_id, partner_id)", "The customer has a code of this programme already.",
    )

    # === CONSTRAINTS === #

    @api.constrains('code')
    def _check_code(self):
        for code in self:
            if not CODE.fullmatch(code.code.upper()):
                raise ValidationError(self.env._(
                    "“%s” cannot be a code. Use 4 to 20 letters A to Z, digits and hyphens.", code.code[:60],
                ))

    # === COMPUTE === #

    @api.depends('code', 'company_id')
    def _compute_link(self):
        for code in self:
            site = self.env['website'].sudo().search([('company_id', '=', code.company_id.id)], limit=1)
            code.link = f'{(site or code).get_base_url()}/services?ref={code.code}'

    def _compute_sums(self):
        counts = dict(self.env['referral.referral']._read_group(
            [('code_id', 'in', self.ids), ('state', '=', 'active')], ['code_id'], ['__count']))
        sums = {(partner, programme): amount for partner, programme, amount in
                self.env['referral.commission']._read_group(
                    [('partner_id', 'in', self.partner_id.ids), ('state', 'not in', ('none', 'refused'))],
                    ['partner_id', 'programme_id'], ['amount:sum'])}
        for code in self:
            code.referral_count = counts.get(code._origin, 0)
            code.amount_earned = sums.get((code.partner_id, code.programme_id), 0.0)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        Partner = self.env['res.partner']
        for vals in vals_list:
            if type(vals.get('partner_id')) is int:
                vals['partner_id'] = Partner.browse(vals['partner_id']).commercial_partner_id.id
        return super().create(vals_list)

    # === BUSINESS === #

    @api.model
    def _new_code(self) -> str:
        return ''.join(secrets.choice(ALPHABET) for _place in range(LENGTH))

    @api.model
    def _find(self, text, company):
        """Return the code of a company that a text names, in capital or small letters; none for anything else."""
        code = text.strip().upper() if isinstance(text, str) else ''
        if not CODE.fullmatch(code):
            return self.browse()
        found = self.search([('company_id', '=', company.id), ('code', '=ilike', code)], limit=1)
        today = company._service_today()
        return found.filtered(lambda one: one.programme_id.active and (
            not one.programme_id.date_end or one.programme_id.date_end >= today))

    @api.model
    def _of_customer(self, partner, company):
        """Return the code that a customer has in the programme of the company."""
        programme = self.env['referral.programme']._offered(company)
        return self.search([
            ('programme_id', '=', programme.id), ('partner_id', '=', partner.commercial_partner_id.id),
        ], limit=1) if programme else self.browse()

    @api.model
    def _join(self, partner, company):
        """Return the code of a customer, a new one if there was none.

        :raises UserError: if the company has no programme at the moment.
        """
        if known := self._of_customer(partner, company):
            return known
        programme = self.env['referral.programme']._offered(company)
        if not programme:
            raise UserError(self.env._("There is no referral programme at the moment."))
        return self.create({'programme_id': programme.id, 'partner_id': partner.id})

    @api.model
    def _session_code(self) -> str:
        """Return the code that the session of a visitor or customer keeps; staff sells by what stands on the order."""
        code = request.session.get(KEY, '') if request else ''
        return code if code and not request.env.user._is_internal() else ''
