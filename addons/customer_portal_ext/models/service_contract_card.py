"""The customer's agreement that a card is kept for a contract and charged on its due dates; it ends when revoked."""

from odoo import fields, models
from odoo.exceptions import UserError


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    payment_token_id = fields.Many2one(
        'payment.token', "Card kept", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        groups='base.group_user', help="The card or account that the customer let us keep with the first payment.",
    )
    card_agreed_on = fields.Datetime(
        "Agreed to charges on", readonly=True, copy=False, groups='base.group_user',
        help="Since then what the contract asks for is charged to the card on its due date; empty: nothing is.",
    )
    card_charge_ids = fields.One2many(
        'contract.card.charge', 'contract_id', "Card charges", readonly=True, groups='base.group_user')
    card_notice_ids = fields.One2many(
        'contract.card.notice', 'contract_id', "Announced charges", readonly=True, groups='base.group_user')

    # === ACTIONS === #

    def action_revoke_card(self) -> bool:
        """Charge these contracts to no card any more, because their customers said so. Twice changes nothing.

        :raises AccessError: without the right to change contracts.
        """
        self.check_access('write')
        self.sudo()._revoke_card()  # sudo: staff may write contracts, cards are nobody's to write
        return True

    # === BUSINESS === #

    def _agree_to_card(self, token) -> None:
        """Take down that the customer agreed that the card pays these contracts; attempts begin anew.

        :raises UserError: if the card belongs to somebody else, or another company.
        """
        for contract in self:
            customer = contract.partner_id.commercial_partner_id
            if token.partner_id.commercial_partner_id != customer or token.company_id != contract.company_id:
                raise UserError(self.env._("This card does not belong to %s.", customer.name))
            if contract.payment_token_id == token and contract.card_agreed_on:
                continue
            contract.write({'payment_token_id': token.id, 'card_agreed_on': fields.Datetime.now()})
            # sudo: charges are nobody's to write; a card that is named anew gets its attempts
            contract.sudo().card_charge_ids.filtered('is_final').is_final = False
            contract._log_note(self.env._("The customer agreed that %s is charged on due dates.", token.display_name))

    def _revoke_card(self) -> None:
        """Stop charging: nothing more is sent to the card; what is unknown is still followed."""
        for contract in self.filtered('payment_token_id'):
            name = contract.payment_token_id.display_name
            contract.write({'payment_token_id': False, 'card_agreed_on': False})
            contract._log_note(self.env._("%s is not charged any more.", name))

    def _cards_to_choose(self, partner):
        """Return the stored cards of a customer that could pay this contract."""
        return self.env['payment.token'].search([
            ('partner_id', '=', partner.id), ('company_id', '=', self.company_id.id),
            ('provider_id.state', '!=', 'disabled'),
        ])
