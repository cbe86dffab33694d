"""The customer's say over automatic payment: which stored card or account pays a plan, or none."""

from odoo import models


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    def _portal_cards(self, partner):
        """Return the stored cards and accounts with which a person may let the plan be paid."""
        self.ensure_one()
        # sudo: cards are not for everybody, these are the person's own
        cards_sudo = self.env['payment.token'].sudo()
        if self.state != 'active' or partner.commercial_partner_id != self.partner_id.commercial_partner_id:
            return cards_sudo
        return cards_sudo.search([
            ('partner_id', 'in', (partner | partner.commercial_partner_id).ids),
            ('provider_id.company_id', '=', self.company_id.id), ('provider_id.state', 'in', ('enabled', 'test')),
        ])

    def _choose_card(self, card_id: int, partner) -> None:
        """Let a card of a person pay the installments on their due dates, or none for 0.

        What is not among the person's own changes nothing.
        """
        is_own = self.state == 'active' and partner.commercial_partner_id == self.partner_id.commercial_partner_id
        card = self._portal_cards(partner).filtered(lambda card: card.id == card_id)
        if not is_own or (card_id and not card):
            return
        self._use_token(card)
        self._log(self.env._("%(customer)s lets the installments be charged to %(card)s.", customer=partner.name,
                             card=card.display_name) if card else
                  self.env._("%(customer)s stopped the automatic payment.", customer=partner.name))
