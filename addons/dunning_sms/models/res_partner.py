"""Customers have a policy, answers about messages, holds, promises and notices."""

from odoo import fields, models
from odoo.fields import Domain

BLOCKS = [
    ('manual', "By hand"), ('legal', "Legal hold or insolvency"), ('deceased', "Deceased"),
]


class ResPartner(models.Model):
    _inherit = 'res.partner'

    dunning_policy_id = fields.Many2one(
        'dunning.policy', "Reminder policy", company_dependent=True, groups='dunning_sms.group_dunning_user',
        help="Empty: the policy of one of the tags, else that of the company.",
    )
    dunning_block = fields.Selection(
        BLOCKS, "No reminders", groups='dunning_sms.group_dunning_user,account.group_account_invoice',
        help="Nothing goes out to this customer for that reason, and nothing is suspended.",
    )
    message_consent_ids = fields.One2many(
        'message.consent', 'partner_id', "Consents", groups='dunning_sms.group_dunning_user',
    )
    dunning_notice_count = fields.Integer(
        compute='_compute_dunning_counts', groups='dunning_sms.group_dunning_user',
    )
    payment_promise_count = fields.Integer(
        compute='_compute_dunning_counts', groups='dunning_sms.group_dunning_user',
    )

    def _compute_dunning_counts(self):
        commercial = self.commercial_partner_id
        notices = dict(self.env['dunning.notice']._read_group(
            [('partner_id', 'in', commercial.ids)], ['partner_id'], ['__count']))
        promises = dict(self.env['payment.promise']._read_group(
            [('partner_id', 'in', commercial.ids), ('state', '=', 'open')], ['partner_id'], ['__count']))
        for partner in self:
            partner.dunning_notice_count = notices.get(partner.commercial_partner_id, 0)
            partner.payment_promise_count = promises.get(partner.commercial_partner_id, 0)

    def action_view_dunning_notices(self) -> dict:
        """Open what this customer was told."""
        return self._dunning_action('dunning_sms.dunning_notice_action')

    def action_view_payment_promises(self) -> dict:
        """Open what this customer promised."""
        return self._dunning_action('dunning_sms.payment_promise_action')

    def _dunning_action(self, xmlid: str) -> dict:
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(xmlid)
        customer = self.commercial_partner_id
        return {**action, 'domain': list(Domain('partner_id', '=', customer.id)),
                'context': {'default_partner_id': customer.id}}
