"""Referrals: who was brought by whom. One for each new customer, the first referrer wins, and never in a circle."""

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..rules.commission import check_referrer

LOCK = 0x7265666572
"""Referrals are written one after the other, so that two at once cannot close a circle."""


class ReferralReferral(models.Model):
    _name = 'referral.referral'
    _description = "Referral"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'service.input.mixin']
    _order = 'date_joined desc, id desc'
    _rec_name = 'partner_id'
    _check_company_auto = True

    code_id = fields.Many2one('referral.code', required=True, index=True, ondelete='restrict')
    programme_id = fields.Many2one(related='code_id.programme_id', store=True, precompute=True, index=True)
    company_id = fields.Many2one(related='code_id.company_id', store=True, precompute=True, index=True)
    referrer_id = fields.Many2one(
        related='code_id.partner_id', string="Referrer", store=True, precompute=True, index=True)
    partner_id = fields.Many2one('res.partner', "New customer", required=True, index=True, ondelete='restrict')
    order_id = fields.Many2one('sale.order', "Order", readonly=True, index='btree_not_null', ondelete='set null')
    date_joined = fields.Date("Joined on", required=True, default=lambda self: self.env.company._service_today())
    state = fields.Selection(
        [('active', "Counts"), ('refused', "Refused")], "Status", required=True, readonly=True, default='active',
        copy=False, index=True, tracking=True,
    )
    commission_ids = fields.One2many('referral.commission', 'referral_id', "Commissions")

    _one_referrer = models.UniqueIndex(
        "(company_id, partner_id)", "The customer was brought by somebody already; the first referrer counts.",
    )

    # === CONSTRAINTS === #

    @api.constrains('code_id', 'partner_id')
    def _check_referrer(self):
        for referral in self:
            sponsors = self._sponsors(referral)
            try:
                check_referrer(sponsors, referral.partner_id.id, referral.referrer_id.id)
            except RuleError as error:
                raise ValidationError(self.env._(
                    "%(customer)s cannot be brought by %(referrer)s: nobody refers oneself, and referrals do not go in "
                    "a circle. Choose another code.",
                    customer=referral.partner_id.display_name, referrer=referral.referrer_id.display_name,
                )) from error

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.cr.execute('SELECT pg_advisory_xact_lock(%s)', (LOCK,))
        Partner = self.env['res.partner']
        for vals in vals_list:
            vals['state'] = 'active'
            if type(vals.get('partner_id')) is int:
                vals['partner_id'] = Partner.browse(vals['partner_id']).commercial_partner_id.id
        return super().create(vals_list)

    def write(self, vals):
        # sudo: what was booked counts, whether or not the user may read it
        if {'code_id', 'partner_id'} & vals.keys() and self.sudo().commission_ids:
            raise UserError(self.env._("Commissions were booked for this referral. Refuse it instead."))
        return super().write(vals)

    # === ACTIONS === #

    def action_refuse(self) -> bool:
        """Let referrals earn nothing from now on; refused ones stay as they are."""
        self.check_access('write')
        self.filtered(lambda referral: referral.state == 'active').state = 'refused'
        return True

    def action_accept(self) -> bool:
        """Let refused referrals count again; money that came in meanwhile earns too."""
        self.check_access('write')
        self.filtered(lambda referral: referral.state == 'refused').state = 'active'
        return True

    # === BUSINESS === #

    @api.model
    def _sponsors(self, referral) -> dict[int, int]:
        """Return who was brought by whom above the referrer of a referral, in its company and without itself.

        Followed by the database upwards from one customer, whatever else was brought; UNION ends in a circle.
        """
        self.flush_model(['company_id', 'partner_id', 'referrer_id'])
        self.env.cr.execute(SQL(
            """WITH RECURSIVE above AS (
                   SELECT partner_id, referrer_id FROM referral_referral
                    WHERE partner_id = %(first)s AND company_id = %(company)s AND id != %(own)s
               UNION
                   SELECT further.partner_id, further.referrer_id FROM referral_referral AS further
                     JOIN above ON further.partner_id = above.referrer_id
                    WHERE further.company_id = %(company)s AND further.id != %(own)s
               ) SELECT partner_id, referrer_id FROM above""",
            first=referral.referrer_id.id, company=referral.company_id.id, own=referral.id,
        ))
        return dict(self.env.cr.fetchall())

    @api.model
    def _attach(self, code, partner, order=None):
        """Note that a code brought a customer; nothing for a customer that is not new, or the referrer.

        What does not count does not keep the customer from contracting.
        """
        customer = partner.commercial_partner_id
        if not code or not self._is_new(customer, code.company_id, order) or self._is_same(customer, code.partner_id):
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self.create({
                    'code_id': code.id, 'partner_id': customer.id, 'order_id': order.id if order else False,
                    'date_joined': code.company_id._service_today(),
                })
        except ValidationError:
            return self.browse()

    @api.model
    def _is_same(self, customer, referrer) -> bool:
        """Tell whether two partners are one person: the same record, e-mail address or tax number."""
        same = customer == referrer.commercial_partner_id
        email = email_normalize(customer.email)
        return same or (email and email == email_normalize(referrer.email)) or (
            customer.vat and customer.vat == referrer.vat)

    @api.model
    def _is_new(self, customer, company, order=None) -> bool:
        """Tell whether a customer had no referrer, invoice, contract or other order of the company before."""
        own = Domain('company_id', '=', company.id) & Domain('partner_id', 'child_of', customer.id)
        other = Domain('id', '!=', order.id) if order else Domain.TRUE
        contracts = self.env['service.contract'].sudo().search(own & Domain('state', '!=', 'draft'))
        return not (
            self.sudo().search_count(own, limit=1)
            or (contracts - (order.service_contract_ids if order else contracts.browse()))
            or self.env['sale.order'].sudo().search_count(own & other & Domain('state', '=', 'sale'), limit=1)
            or self.env['account.move'].sudo().search_count(
                own & Domain('move_type', '=', 'out_invoice') & Domain('state', '=', 'posted'), limit=1)
        )
