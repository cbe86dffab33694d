"""A company's reminders: policy, contact rule, gateway, products for fees, its own day."""

from datetime import date, datetime

from odoo import api, fields, models

from ..gateways.sms_api import SmsApiGateway
from ..rules.calendar import local, next_time


class ResCompany(models.Model):
    _inherit = 'res.company'

    dunning_is_active = fields.Boolean("Send reminders", help="Without it nothing is planned and nothing goes out.")
    dunning_hour = fields.Float(
        "Plan at", default=5.0, help="The hour of the company's day from which the day's reminders are planned.",
    )
    dunning_policy_id = fields.Many2one(
        'dunning.policy', "Default policy", default=lambda self: self._default_dunning_policy(),
    )
    dunning_contact_rule_id = fields.Many2one(
        'dunning.contact.rule', "Contact rule", default=lambda self: self._default_dunning_contact_rule(),
    )
    dunning_gateway_id = fields.Many2one(
        'dunning.gateway', "SMS gateway", help="Empty: Odoo's own SMS service, or that of another add-on.",
    )
    dunning_sms_plain = fields.Boolean(
        "Text messages without accents", help="Letters such as í or ó more than double the cost of a message.",
    )
    dunning_email_from = fields.Char("Reminders come from", help="Empty: the company's e-mail address.")
    dunning_pending_days = fields.Integer(
        "Pending payments count for", default=7,
        help="Days after which an online payment under way pauses nothing more.",
    )
    dunning_promise_days = fields.Integer("Longest promise", default=30, help="Days ahead; 0: no limit.")
    dunning_fee_product_id = fields.Many2one(
        'product.product', "Product for fees", default=lambda self: self._default_dunning_fee_product(),
    )
    dunning_interest_product_id = fields.Many2one(
        'product.product', "Product for interest", default=lambda self: self._default_dunning_interest_product(),
    )
    dunning_charge_journal_id = fields.Many2one(
        'account.journal', "Journal for fees", domain=[('type', '=', 'sale')],
    )
    dunning_card_days = fields.Integer("Tell of expiring cards", default=30, help="Days before; 0: never.")
    dunning_card_step_id = fields.Many2one(
        'dunning.step', "Message about expiring cards", domain=[('distance', '=', 0)],
        default=lambda self: self._default_dunning_card_step(),
        help="Its messages are used. Keep it in a policy that no customer has.",
    )

    def _default_dunning_policy(self):
        return self.env.ref('dunning_sms.dunning_policy_default', raise_if_not_found=False)

    def _default_dunning_contact_rule(self):
        return self.env.ref('dunning_sms.dunning_contact_rule_basic', raise_if_not_found=False)

    @api.model
    def _set_dunning_defaults(self) -> None:
        """Give companies without a policy the one that is installed, and the contact rule of their country."""
        rules = self.env['dunning.contact.rule'].search([('country_id', '!=', False)], order='sequence desc')
        by_country = {rule.country_id: rule for rule in rules}
        for company in self.search([]):
            company.dunning_policy_id = company.dunning_policy_id or self._default_dunning_policy()
            company.dunning_contact_rule_id = company.dunning_contact_rule_id or by_country.get(
                company.country_id) or self._default_dunning_contact_rule()
            for name in ('fee_product', 'interest_product', 'card_step'):
                field = f'dunning_{name}_id'
                company[field] = company[field] or getattr(self, f'_default_dunning_{name}')()

    def _default_dunning_fee_product(self):
        return self.env.ref('dunning_sms.product_dunning_fee', raise_if_not_found=False)

    def _default_dunning_interest_product(self):
        return self.env.ref('dunning_sms.product_dunning_interest', raise_if_not_found=False)

    def _default_dunning_card_step(self):
        return self.env.ref('dunning_sms.dunning_step_card', raise_if_not_found=False)

    def _get_sms_api_class(self):
        self.ensure_one()
        # sudo: any user may send a text message, only some may read the gateway
        return SmsApiGateway if self.sudo().dunning_gateway_id else super()._get_sms_api_class()

    # === DAY === #

    def _dunning_zone(self) -> str:
        """Return the time zone of the company's contact, else UTC."""
        return self.partner_id.tz or 'UTC'

    def _dunning_next_run(self, now: datetime) -> datetime:
        """Return when the next day of this company is planned."""
        return next_time(self.dunning_hour, now, self._dunning_zone())

    def _dunning_day(self, moment: datetime) -> date:
        return local(moment, self._dunning_zone()).date()

    def _dunning_today(self) -> date:
        """Return today where the company is; the scheduler knows only UTC."""
        return self._dunning_day(fields.Datetime.now())

    def _dunning_is_time(self) -> bool:
        """Tell whether the hour at which the day is planned has come."""
        clock = local(fields.Datetime.now(), self._dunning_zone())
        return clock.hour + clock.minute / 60 >= self.dunning_hour
