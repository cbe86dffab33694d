"""Shares of common costs as their beneficiaries see them."""

from odoo import models

SHARE_ROWS = 24


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _portal_cost_shares(self):
        """Return the newest shares of the contract that the user may read."""
        self.ensure_one()
        Line = self.env['service.allocation.line']
        if not Line.has_access('read'):
            return Line
        return Line.search(
            [('contract_id', '=', self.id), ('state', 'in', ('confirmed', 'cancelled'))],
            order='date_to desc, id desc', limit=SHARE_ROWS,
        )
