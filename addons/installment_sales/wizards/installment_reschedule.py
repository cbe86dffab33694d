"""Moves what is open in a plan into a new plan on other terms."""

from odoo import api, fields, models

from ..rules.offer import offer_eu_apr


class InstallmentReschedule(models.TransientModel):
    _name = 'installment.reschedule'
    _description = "Reschedule a Plan"

    plan_id = fields.Many2one('installment.plan', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='plan_id.currency_id')
    fitting_ids = fields.Many2many('installment.terms', compute='_compute_fitting_ids')
    terms_id = fields.Many2one('installment.terms', "New terms", domain="[('id', 'in', fitting_ids)]", required=True)
    day = fields.Date("From", required=True, default=fields.Date.context_today)
    amount = fields.Monetary("Balance taken over", compute='_compute_offer')
    cost = fields.Monetary("New cost of credit", compute='_compute_offer')
    apr_eu = fields.Float("APR (EU)", digits=(16, 1), compute='_compute_offer')
    problem = fields.Char(compute='_compute_offer')
    schedule_html = fields.Html("Schedule", compute='_compute_offer')

    @api.depends('plan_id')
    def _compute_fitting_ids(self):
        for wizard in self:
            plan = wizard.plan_id
            wizard.fitting_ids = wizard.terms_id.search(wizard.terms_id._fitting_domain(
                plan.company_id, plan.currency_id, plan.partner_id,
            ))

    @api.depends('plan_id', 'terms_id', 'day')
    def _compute_offer(self):
        for wizard in self:
            given, wizard.problem = wizard._try_offer()
            wizard.amount = float(given.price) if given else 0.0
            wizard.cost = float(given.cost) if given else 0.0
            wizard.apr_eu = float(offer_eu_apr(given)) if given else 0.0
            wizard.schedule_html = given and self.env['ir.qweb']._render('installment_sales.installment_schedule', {
                'figures': wizard.terms_id._figures(given), 'currency': wizard.currency_id,
            })

    def _try_offer(self):
        if not (self.terms_id and self.day):
            return None, ''
        amount = self.plan_id._payoff(max(self.day, self.plan_id.date_start), with_compensation=False).balance
        return self.terms_id._try(lambda: self.terms_id._offer(amount, amount * 0, self.day))

    def action_confirm(self) -> dict:
        """Close the plan and open the new one.

        :raises UserError: if the plan is not active, or its balance cannot be split on the new terms.
        """
        self.ensure_one()
        plan = self.plan_id._reschedule(self.terms_id, self.day)
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.installment_plan_action')
        return {**action, 'views': [(False, 'form')], 'res_id': plan.id}
