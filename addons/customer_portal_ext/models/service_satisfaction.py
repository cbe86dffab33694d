"""Satisfaction after contracting: one question for each contract, asked by mail and in the panel, answered once."""

from odoo import api, fields, models
from odoo.addons.rating.models.rating_data import RATING_AVG_TOP
from odoo.exceptions import UserError
from odoo.fields import Domain

BATCH = 100
ASK_WITHIN = 60
"""Contracts that were opened longer before the day of asking are not asked for any more."""
UNHAPPY_BELOW = 3


class ServiceSatisfaction(models.Model):
    _name = 'service.satisfaction'
    _description = "Satisfaction Question"
    _inherit = ['rating.mixin', 'mail.activity.mixin']
    _order = 'date_asked desc, id desc'
    _rec_name = 'contract_id'
    _check_company_auto = True

    contract_id = fields.Many2one('service.contract', required=True, readonly=True, index=True, ondelete='cascade')
    plan_id = fields.Many2one(related='contract_id.plan_id', store=True)
    partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, index=True,
                                 ondelete='cascade')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, precompute=True, index=True)
    user_id = fields.Many2one('res.users', "Responsible", tracking=True)
    date_asked = fields.Date("Asked on", required=True, readonly=True)
    date_answered = fields.Date("Answered on", readonly=True)
    state = fields.Selection([('asked', "Asked"), ('answered', "Answered")], "Status", required=True, readonly=True,
                             default='asked', index=True)
    case_id = fields.Many2one('support.case', "Case", readonly=True, index='btree_not_null')

    _once_a_contract = models.UniqueIndex("(contract_id)", "The customer was asked about this contract already.")

    # === CRUD === #

    def write(self, vals):
        if {'state', 'date_answered', 'case_id'} & vals.keys() and not self.env.su:
            raise UserError(self.env._("What customers answer is not edited."))
        return super().write(vals)

    # === RATING === #

    def _rating_get_parent_field_name(self):
        # EXTENDS rating: figures by plan tell the offer what customers think of it
        return 'plan_id'

    def rating_apply(self, rate, token=None, rating=None, feedback=None, **kwargs):
        """Take the answer of a customer, the first one; a bad one opens a case for staff.

        Parameters and result are those of the rating mixin.
        """
        if self.state == 'answered':
            return rating or self.rating_ids[:1]
        result = super().rating_apply(rate, token=token, rating=rating, feedback=feedback, **kwargs)
        self_sudo = self.sudo()  # sudo: the answer of a customer, whose link was checked
        self_sudo.write({'state': 'answered', 'date_answered': self.company_id._service_today()})
        if rate < UNHAPPY_BELOW:
            self_sudo._open_case(feedback)
        return result

    def _open_case(self, feedback) -> None:
        """Open a case for what a customer is not happy with, with an activity for staff."""
        case = self.env['support.case'].with_company(self.company_id).create({
            'subject': self.env._("Not satisfied with %s", self.contract_id.name),
            'description': feedback or self.env._("The customer wrote no words. Please ask."),
            'type_id': self.env.ref('customer_portal_ext.case_type_complaint').id, 'partner_id': self.partner_id.id,
            'company_id': self.company_id.id, 'contract_id': self.contract_id.id, 'user_id': self.user_id.id,
            'channel': 'portal',
        })
        self.case_id = case
        case.activity_schedule(
            'mail.mail_activity_data_call', summary=self.env._("Ask what went wrong"),
            user_id=(self.user_id or self.env.ref('base.user_admin')).id)

    # === CRON === #

    @api.model
    def _cron_ask(self) -> None:
        """Ask the customers of each company about the contracts that were opened so many days ago, each once."""
        cron = self.env['ir.cron']
        for company in self.env['res.company'].search([('portal_ask_days', '>', 0)]):
            while contracts := self.env['service.contract'].search(self._ask_domain(company), limit=BATCH):
                self._ask(contracts)
                if not cron._commit_progress(len(contracts)):
                    return

    @api.model
    def _ask_domain(self, company) -> Domain:
        """Return the contracts to ask about: without those of customers who want no offers.

        A question about satisfaction is advertising where the law is strict (BGH VI ZR 225/17).
        """
        day = fields.Date.subtract(company._service_today(), days=company.portal_ask_days)
        asked = self.search_fetch([('company_id', '=', company.id)], ['contract_id']).contract_id
        return (
            Domain('company_id', '=', company.id) & Domain('state', '=', 'active') & Domain('date_start', '<=', day)
            & Domain('date_start', '>', fields.Date.subtract(day, days=ASK_WITHIN)) & Domain('id', 'not in', asked.ids)
            & Domain('partner_id.circular_opt_out', '=', False) & Domain('partner_id.is_blacklisted', '=', False)
        )

    @api.model
    def _ask(self, contracts):
        """Ask about contracts by mail; the panel shows the question too."""
        questions = self.create([{
            'contract_id': contract.id, 'partner_id': contract.partner_id.id, 'user_id': contract.user_id.id,
            'date_asked': contract.company_id._service_today(),
        } for contract in contracts])
        template = self.env.ref('customer_portal_ext.mail_template_satisfaction')
        for question in questions.filtered('partner_id.email'):
            question.rating_send_request(template, lang=question.partner_id.lang, force_send=False)
        return questions

    @api.model
    def _open_for(self, partner):
        """Return the questions that the panel asks a customer, with rights to read them."""
        # sudo: the own questions
        return self.sudo().search([('partner_id', 'child_of', partner.commercial_partner_id.id),
                                   ('state', '=', 'asked')], limit=3)


class RatingRating(models.Model):
    _inherit = 'rating.rating'

    def _referral_offer(self) -> dict:
        """Return the referral programme for who answered happily on a contract, on the page that thanks; else {}."""
        if self.res_model != 'service.satisfaction' or self.rating < RATING_AVG_TOP:
            return {}
        question_sudo = self.env['service.satisfaction'].sudo().browse(self.res_id)  # sudo: the rated question
        offer = self.env['referral.code'].sudo()._offer_for(self.partner_id, question_sudo.company_id)
        return offer if offer['programme'] else {}
