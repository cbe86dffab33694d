"""Families of plans: levels of one offer, such as Basic, Plus and Pro, and whom an offer is made for."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ServicePlanFamily(models.Model):
    _name = 'service.plan.family'
    _description = "Family of Plans"
    _inherit = ['service.input.mixin']
    _order = 'sequence, name, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', index=True, help="Empty: for the plans of every company.")
    plan_ids = fields.One2many('service.plan', 'family_id', "Plans", help="The levels, lowest first.")
    plan_count = fields.Integer(compute='_compute_plan_count')

    @api.depends('plan_ids')
    def _compute_plan_count(self):
        for family in self:
            family.plan_count = len(family.plan_ids)


class ServicePlan(models.Model):
    _inherit = 'service.plan'

    family_id = fields.Many2one(
        'service.plan.family', "Family", ondelete='restrict', index='btree_not_null', check_company=True,
        help="Plans of one family are levels of the same offer.",
    )
    level = fields.Integer(help="Place in the family: a higher number is the larger offer.")
    partner_tag_ids = fields.Many2many(
        'res.partner.category', string="Only for customers tagged",
        help="Empty: for everybody. A customer needs one of the tags.",
    )
    partner_ids = fields.Many2many(
        'res.partner', 'service_plan_partner_rel', string="Only for customers",
        help="An offer made for single customers and their contacts, besides those with one of the tags.",
    )
    pricelist_ids = fields.Many2many(
        'product.pricelist', 'service_plan_pricelist_rel', string="Only with pricelists",
        help="Empty: with any pricelist.",
    )

    # === BUSINESS === #

    def _offered_to(self, partner, pricelist):
        """Return those of the plans that a customer with a pricelist may have; extend it to narrow offers further."""
        circle = partner | partner.commercial_partner_id
        return self.filtered(lambda plan: plan._is_for_customer(circle) and (
            not plan.pricelist_ids or pricelist in plan.pricelist_ids
        ))

    def _is_for_customer(self, circle) -> bool:
        self.ensure_one()
        if not (self.partner_tag_ids or self.partner_ids):
            return True
        return bool(circle & self.partner_ids or circle.category_id & self.partner_tag_ids)

    def _check_offered_to(self, partner, pricelist) -> None:
        """Refuse plans that are not made for a customer.

        :raises ValidationError: naming plan, customer and remedy.
        """
        if refused := self - self._offered_to(partner, pricelist):
            raise ValidationError(self.env._(
                "%(plan)s is not offered to %(customer)s with the pricelist %(pricelist)s. "
                "Choose another plan, or widen its target on the page “Target”.",
                plan=refused[0].display_name, customer=partner.display_name,
                pricelist=pricelist.display_name or self.env._("none"),
            ))


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    @api.constrains('plan_id', 'partner_id', 'pricelist_id')
    def _check_plan_target(self):
        for contract in self.filtered(lambda contract: contract.state == 'draft'):
            contract.plan_id._check_offered_to(contract.partner_id, contract.pricelist_id)
