"""Automatic charges of contracts: the card that the customer let us keep pays what is due and was announced."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain


class ContractCardCharge(models.Model):
    _name = 'contract.card.charge'
    _inherit = ['card.charge.mixin']
    _description = "Charge of a Kept Card"
    _order = 'id desc'
    _rec_name = 'transaction_id'

    line_id = fields.Many2one('account.move.line', "Receivable", required=True, readonly=True, ondelete='restrict')
    move_id = fields.Many2one(related='line_id.move_id', string="Invoice")
    contract_id = fields.Many2one(related='line_id.service_contract_id', store=True, index=True, string="Contract")
    partner_id = fields.Many2one(related='line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')
    token_id = fields.Many2one(related='transaction_id.token_id', string="Card")

    _one_open_charge = models.UniqueIndex(
        "(line_id) WHERE state IN ('claimed', 'unknown')", "A charge of this receivable is still open.",
    )
    _number_is_unique = models.UniqueIndex("(line_id, number)", "This attempt has been made already.")

    # === WHAT IS CHARGED === #

    @api.model
    def _find_due(self, today: date):
        lines = self.env['account.move.line'].search(self._due_domain(today), order='date_maturity, id')
        amounts = self._announced_amounts(lines)
        return lines.filtered(lambda line: amounts.get(line.id))

    @api.model
    def _due_domain(self, today: date) -> Domain:
        return (
            self.env['account.move.line']._card_domain(today) & Domain('date_maturity', '<=', today)
            & Domain('card_notice_ids', 'any', [('date_charge', '<=', today)])
            & Domain('card_charge_ids', 'not any', self._waiting_domain(today))
        )

    @api.model
    def _announced_amounts(self, lines) -> dict[int, float]:
        """Return how much of each receivable is charged now: what may be charged, never more than was announced."""
        today, amounts = fields.Date.context_today(self), lines._chargeable()
        return {
            line.id: min(float(amounts[line.id]), line._card_notice(today).amount)
            for line in lines if amounts.get(line.id)
        }

    @api.model
    def _amount_of(self, line) -> float:
        line._begin_to_pay()
        return self._announced_amounts(line).get(line.id, 0.0)

    @api.model
    def _card_of(self, line):
        return line.service_contract_id.payment_token_id

    @api.model
    def _invoices_of(self, line):
        return line.move_id

    @api.model
    def _reference_of(self, line, number: int) -> str:
        return f'{line.move_id.name}-{line.id}-{number}'

    @api.model
    def _prepare_transaction_vals(self, line, number, amount):
        # EXTENDS card.charge.mixin: it settles this receivable and no other of its invoice
        vals = super()._prepare_transaction_vals(line, number, amount)
        return {**vals, 'receivable_line_ids': [Command.set(line.ids)]}

    # === WHAT COMES OF IT === #

    def _check_release(self) -> None:
        if not self.env.user.has_group('customer_portal_ext.group_desk_manager'):
            raise AccessError(self.env._("Only a manager of the customer service may say that nothing was charged."))

    def _give_up(self, reason: str) -> None:
        contract = self.contract_id
        contract.activity_schedule(
            'mail.mail_activity_data_todo', user_id=contract.user_id.id or self.env.uid,
            summary=self.env._("%s could not be charged", self.move_id.name), note=reason,
        )

    def _tell(self) -> None:
        """Post and mail what came of a charge, in the transaction that takes it down."""
        for charge in self:
            amount = charge.currency_id.format(charge.amount)
            if charge.state == 'done':
                template, text = 'mail_template_card_charged', charge.env._(
                    "%(amount)s of %(invoice)s charged to the kept card.", amount=amount, invoice=charge.move_id.name)
            else:
                template, text = 'mail_template_card_declined', charge.env._(
                    "%(amount)s of %(invoice)s was declined: %(reason)s", amount=amount, invoice=charge.move_id.name,
                    reason=charge.reason or '')
            charge.contract_id._log_note(text)
            charge.env.ref(f'customer_portal_ext.{template}').send_mail(charge.id)
