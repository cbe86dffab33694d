"""The card that pays a contract: the customer agrees to it, or takes it back."""

from odoo import http
from odoo.addons.service_contracts.controllers.contract_page import ID_LIMIT
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .own_rows import OwnRows
from .pay import _id


class ContractCard(OwnRows):

    @http.route('/my/contracts/<int:contract_id>/card', type='http', auth='user', website=True, methods=['POST'])
    def choose_card(self, contract_id, token_id='', agreed='', **_others):
        """Let an own stored card pay an own contract, if the customer agrees; without a card none pays any more."""
        try:
            contract_sudo = self._document_check_access('service.contract', min(contract_id, ID_LIMIT - 1))
        except (AccessError, MissingError):
            return request.redirect('/my/contracts')
        if not token_id:
            contract_sudo._revoke_card()
        elif agreed:
            cards_sudo = contract_sudo._cards_to_choose(request.env.user.partner_id)
            if card_sudo := cards_sudo.filtered(lambda card: card.id == _id(token_id)):
                contract_sudo._agree_to_card(card_sudo)
        return request.redirect(f'/my/contracts/{contract_sudo.id}#card')
