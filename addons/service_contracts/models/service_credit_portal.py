"""Prepaid credit as its customer sees it, on the portal and on the invoice."""

from odoo import models


class ServiceCreditGrant(models.Model):
    _inherit = 'service.credit.grant'

    def _portal_credits(self, limit: int | None = None):
        """Return the credits that the user has left or has to pay for, in the order in which they are used."""
        if not self.has_access('read'):
            return self.browse()
        owner = self.env.user.partner_id.commercial_partner_id
        return self.search([
            ('commercial_partner_id', '=', owner.id), ('state', 'in', ('active', 'waiting')),
        ], limit=limit).sorted(lambda grant: grant._to_rule().rank)

    def _portal_balances(self) -> list[tuple]:
        """Return what is left in all, by currency."""
        active = self.filtered(lambda grant: grant.state == 'active')
        return [(currency, sum(grants.mapped('balance'))) for currency, grants in active.grouped('currency_id').items()]

    def _portal_scope(self) -> str:
        """Return what the credit is for, in words; empty for all."""
        self.ensure_one()
        grant_sudo = self.sudo()  # sudo: names of the own contract, service and meter
        return ', '.join(filter(None, (
            grant_sudo.contract_id.name, grant_sudo.product_id.name, grant_sudo.meter_id.name,
        )))


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _service_credit_payments(self) -> list[dict]:
        """Return what paid credit paid of the invoice: name, amount and what was left of it then, for the paper."""
        self.ensure_one()
        # sudo: the customer reads what the own invoice used
        draws_sudo = self.sudo().env['service.credit.entry'].search([
            ('move_id', '=', self.id), ('kind', '=', 'draw'), ('settlement_id', '!=', False),
            ('return_ids', '=', False),
        ], order='id')
        return [
            {'name': grant.name, 'amount': sum(draws.mapped('amount')), 'left': draws[-1].balance_after,
             'expiry_date': grant.expiry_date}
            for grant, draws in draws_sudo.grouped('grant_id').items()
        ]
