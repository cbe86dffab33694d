"""Receivables of contracts whose customer agreed that a card is kept: what of them may be charged."""

from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.fields import Domain

from ..rules.card_charge import chargeable


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    card_charge_ids = fields.One2many('contract.card.charge', 'line_id', "Card charges", readonly=True)
    card_notice_ids = fields.One2many('contract.card.notice', 'line_id', "Announced charges", readonly=True)

    def _card_domain(self, today) -> Domain:
        """Return the open receivables that a kept card pays, due or not."""
        token = 'service_contract_id.payment_token_id'
        is_good = Domain(f'{token}.expires_on', '=', False) | Domain(f'{token}.expires_on', '>=', today)
        return (
            Domain('parent_state', '=', 'posted') & Domain('display_type', '=', 'payment_term')
            & Domain('move_id.move_type', 'in', ('out_invoice', 'out_receipt'))
            & Domain('amount_residual_currency', '>', 0) & Domain('installment_line_id', '=', False)
            & Domain(f'{token}.active', '=', True) & is_good
            & Domain('service_contract_id.card_agreed_on', '!=', False)
        )

    def _chargeable(self) -> dict[int, Decimal]:
        """Return how much of each of these receivables a card may be charged with now, by id."""
        kept_out = self._kept_out()
        return {
            key: chargeable(fact.residual, fact.in_process, kept_out[key])
            for key, fact in self._receivable_facts().items()
        }

    def _kept_out(self) -> dict[int, list[Decimal]]:
        """Return by id the amounts that are on hold, in dispute, promised or arranged; 0 stands for all of it."""
        found = defaultdict(list)
        customers = self.partner_id.commercial_partner_id
        holds = self.env['dunning.hold'].search(Domain('state', '=', 'active') & (
            Domain('move_line_id', 'in', self.ids)
            | Domain('move_line_id', '=', False) & Domain('partner_id', 'in', customers.ids)))
        for hold in holds:
            for line in hold.move_line_id or self.filtered(lambda line, hold=hold: (
                    line.partner_id.commercial_partner_id == hold.partner_id and line.company_id == hold.company_id)):
                found[line.id].append(to_decimal(hold.amount))
        for promise in self.env['payment.promise'].search([('move_line_id', 'in', self.ids), ('state', '=', 'open')]):
            found[promise.move_line_id.id].append(to_decimal(promise.amount))
        return found
