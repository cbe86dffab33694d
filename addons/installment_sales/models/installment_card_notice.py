"""Stored cards that expire: the customer is warned 30 days ahead, once for each card and expiry."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..rules.cards import card_expiry

WARN_AHEAD = timedelta(days=30)
BATCH = 50


class PaymentToken(models.Model):
    _inherit = 'payment.token'

    # dunning_sms declares it too: neither add-on needs the other, so each brings what it reads.
    expires_on = fields.Date(help="The last day the card is good for. Providers tell it, or enter it by hand.")


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    def _tokenize(self, payment_data):
        # EXTENDS payment: keep when the card expires
        super()._tokenize(payment_data)
        if self.token_id and (expires_on := card_expiry(payment_data)):
            self.token_id.expires_on = expires_on


class InstallmentCardNotice(models.Model):
    _name = 'installment.card.notice'
    _description = "Warning of an Expiring Card"
    _order = 'id desc'
    _rec_name = 'token_id'

    token_id = fields.Many2one('payment.token', "Card", required=True, readonly=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='token_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='token_id.company_id', store=True, index=True)
    expires_on = fields.Date(required=True, readonly=True)
    plan_ids = fields.Many2many('installment.plan', string="Plans", readonly=True)
    next_date = fields.Date("First installment at risk", readonly=True)

    _warned_once = models.UniqueIndex("(token_id, expires_on)", "The customer was warned of this card already.")

    @api.model
    def _expiring_domain(self, today: date) -> Domain:
        """Return the cards that pay plans and expire soon, or have expired, without a warning."""
        plans = self.env['installment.plan'].search([
            ('state', '=', 'active'), ('payment_token_id.expires_on', '<=', today + WARN_AHEAD),
        ])
        warned = self.search([('token_id', 'in', plans.payment_token_id.ids)])
        done = {(notice.token_id, notice.expires_on) for notice in warned}
        tokens = plans.payment_token_id.filtered(lambda token: (token, token.expires_on) not in done)
        return Domain('id', 'in', tokens.ids)

    @api.model
    def _cron_warn(self):
        """Warn of cards that expire within 30 days, each once, by mail and to the responsible person."""
        today, cron = fields.Date.context_today(self), self.env['ir.cron']
        tokens = self.env['payment.token'].search(self._expiring_domain(today))
        cron._commit_progress(remaining=len(tokens))
        for batch in range(0, len(tokens), BATCH):
            locked = tokens[batch:batch + BATCH].try_lock_for_update(allow_referencing=True)
            for token in locked.filtered_domain(self._expiring_domain(today)):
                self._warn(token)
            if not cron._commit_progress(len(locked)):
                return

    @api.model
    def _is_told_by_reminders(self, token) -> bool:
        """Tell whether the add-on for reminders tells of this card, so that its customer hears of it once.

        It knows hours, consent and other channels, so it goes first where it is installed and switched on; staff
        get their activity here all the same. Nothing is imported from it.
        """
        company = (token.company_id or self.env.company).sudo()  # its settings, for whoever starts the warning
        return 'dunning_card_days' in company._fields and bool(
            company.dunning_is_active and company.dunning_card_step_id and company.dunning_card_days)

    @api.model
    def _warn(self, token) -> None:
        plans = self.env['installment.plan'].search([('payment_token_id', '=', token.id), ('state', '=', 'active')])
        unpaid = plans.line_ids.filtered(lambda line: line.amount_residual and line.date_maturity > token.expires_on)
        notice = self.create({
            'token_id': token.id, 'expires_on': token.expires_on, 'plan_ids': plans.ids,
            'next_date': min(unpaid.mapped('date_maturity'), default=False),
        })
        if not self._is_told_by_reminders(token):
            self.env.ref('installment_sales.mail_template_card_expiry').send_mail(notice.id)
        for plan in plans:
            plan.activity_schedule(
                'mail.mail_activity_data_todo', user_id=plan.user_id.id or self.env.uid,
                date_deadline=token.expires_on,
                summary=self.env._("The card of %s expires", plan.partner_id.name),
            )
            plan._log(self.env._("The customer was told that the card expires on %s.", token.expires_on))
