"""Shares of common costs as their beneficiaries see them."""

from odoo import fields, models

SHARE_ROWS = 24


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    cost_share_count = fields.Integer("Cost shares", compute='_compute_cost_share_count')

    def _compute_cost_share_count(self):
        counts = dict(self.env['service.allocation.line']._read_group(
            [('contract_id', 'in', self.ids)], ['contract_id'], ['__count']))
        for contract in self:
            contract.cost_share_count = counts.get(contract._origin, 0)

    def action_view_cost_shares(self) -> dict:
        """Open the shares of common costs that the contracts pay."""
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_allocation_line_action')
        return {**action, 'domain': [('contract_id', 'in', self.ids)], 'context': {}}

    def _portal_cost_shares(self, domain=()):
        """Return the newest shares of the contract that the user may read, of those that a domain leaves."""
        self.ensure_one()
        Line = self.env['service.allocation.line']
        if not Line.has_access('read'):
            return Line
        return Line.search(
            [('contract_id', '=', self.id), ('state', 'in', ('confirmed', 'cancelled')), *domain],
            order='date_to desc, id desc', limit=SHARE_ROWS,
        )
