"""Charges that are announced: the customer reads amount, day and card before a kept card is charged."""

from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..rules.card_charge import charge_day

BATCH = 50


class ContractCardNotice(models.Model):
    _name = 'contract.card.notice'
    _description = "Announced Charge"
    _order = 'id desc'
    _rec_name = 'line_id'

    line_id = fields.Many2one('account.move.line', "Receivable", required=True, readonly=True, ondelete='cascade')
    move_id = fields.Many2one(related='line_id.move_id', string="Invoice")
    contract_id = fields.Many2one(related='line_id.service_contract_id', store=True, index=True, string="Contract")
    partner_id = fields.Many2one(related='line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')
    token_id = fields.Many2one('payment.token', "Card", required=True, readonly=True, index=True, ondelete='cascade')
    amount = fields.Monetary(required=True, readonly=True, help="No more than this is charged.")
    date_charge = fields.Date("Charged on", required=True, readonly=True, index=True)
    turn = fields.Integer(readonly=True, help="How many charges of the receivable were paid before.")

    _announced_once = models.UniqueIndex("(line_id, token_id, turn)", "This charge is announced already.")

    @api.model
    def _cron_announce(self):
        """Announce what will be charged soon, each charge once, company by company."""
        cron = self.env['ir.cron']
        for company in self.env['res.company'].search([]):
            lines = self._to_announce(company)
            cron._commit_progress(remaining=len(lines))
            for start in range(0, len(lines), BATCH):
                batch = lines[start:start + BATCH].try_lock_for_update(allow_referencing=True)
                self._announce(company, batch.filtered(lambda line: not line._card_notice()))
                if not cron._commit_progress(len(lines[start:start + BATCH])):
                    return

    @api.model
    def _to_announce(self, company):
        """Return the receivables of a company that fall due soon and whose charge was not announced."""
        today = company._service_today()
        Line = self.env['account.move.line']
        lines = Line.search(
            Line._card_domain(today) & Domain('company_id', '=', company.id)
            & Domain('date_maturity', '<=', today + timedelta(days=company.portal_card_notice_days)),
            order='date_maturity, id')
        return lines.filtered(lambda line: not line._card_notice())

    @api.model
    def _announce(self, company, lines) -> None:
        today, amounts = company._service_today(), lines._chargeable()
        template = self.env.ref('customer_portal_ext.mail_template_card_notice')
        for line in lines.filtered(lambda line: amounts.get(line.id)):
            notice = self.create(self._prepare_notice_vals(line, float(amounts[line.id]), today))
            template.send_mail(notice.id)

    @api.model
    def _prepare_notice_vals(self, line, amount: float, today: date) -> dict:
        return {
            'line_id': line.id, 'token_id': line.service_contract_id.payment_token_id.id, 'amount': amount,
            'date_charge': charge_day(line.date_maturity, today, line.company_id.portal_card_notice_days),
            'turn': line._card_turn(),
        }


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _card_turn(self) -> int:
        """Return how many charges of a receivable were paid: what is left after one is announced by itself."""
        return len(self.card_charge_ids.filtered(lambda charge: charge.state == 'done'))

    def _card_notice(self, today: date | None = None):
        """Return the notice of the next charge to the card that is kept now, if one was sent.

        :param today: only one that allows a charge on this day.
        """
        token, turn = self.service_contract_id.payment_token_id, self._card_turn()
        return self.card_notice_ids.filtered(lambda notice: (
            notice.token_id == token and notice.turn == turn and (not today or notice.date_charge <= today)))[:1]
