"""Contracts that were begun online and left: a lead with an activity, once an order."""

from odoo import api, fields, models
from odoo.fields import Domain

ABANDONED_HOURS = 24
ABANDONED_BATCH = 100


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    abandoned_lead_id = fields.Many2one('crm.lead', "Lead", readonly=True, copy=False, index='btree_not_null')

    @api.model
    def _abandoned_domain(self) -> Domain:
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=ABANDONED_HOURS)
        return (
            Domain('is_online_contract', '=', True) & Domain('state', 'in', ('draft', 'sent'))
            & Domain('abandoned_lead_id', '=', False) & Domain('write_date', '<', before)
            & Domain('order_line', '!=', False) & Domain('partner_id.email', '!=', False)
            & Domain('transaction_ids', 'not any', [('state', 'in', ('pending', 'authorized', 'done'))])
        )

    @api.model
    def _cron_follow_abandoned(self) -> None:
        """Make a lead with an activity of each order that was begun online and left, once an order."""
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=self.search_count(self._abandoned_domain()))
        while orders := self.search(self._abandoned_domain(), limit=ABANDONED_BATCH).try_lock_for_update():
            for order in orders:
                order.abandoned_lead_id = order._make_lead()
            if not cron._commit_progress(len(orders)):
                return

    def _make_lead(self):
        sold = self.order_line.service_plan_id.mapped('name') or self.order_line.product_id.mapped('name')
        website = self.website_id
        salesperson = (self.user_id or website.salesperson_id).filtered(
            lambda user: self.company_id in user.company_ids)
        lead = self.env['crm.lead'].create({
            'name': self.env._("Begun online: %s", ', '.join(sold)), 'partner_id': self.partner_id.id,
            'type': 'opportunity', 'expected_revenue': self.amount_untaxed, 'company_id': self.company_id.id,
            'user_id': salesperson.id, 'team_id': self.team_id.id,
            'description': self.env._("The order %s was begun online and not finished.", self.name),
        })
        lead.activity_schedule('mail.mail_activity_data_call', summary=self.env._("Ask whether help is wanted"),
                               user_id=(salesperson or self.env.ref('base.user_admin')).id)
        return lead
