"""Customers and their contracts."""

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    service_contract_count = fields.Integer(
        "Contracts", compute='_compute_service_contract_count', groups='service_contracts.group_contract_user',
    )

    def _compute_service_contract_count(self):
        family = self.env['res.partner'].with_context(active_test=False).search_fetch(
            [('id', 'child_of', self.ids)], ['parent_id'],
        )
        counts = dict(self.env['service.contract']._read_group(
            [('partner_id', 'in', family.ids), ('state', '!=', 'removed')], ['partner_id'], ['__count'],
        ))
        self.service_contract_count = 0
        for member, count in counts.items():
            while member:
                if member in self:
                    member.service_contract_count += count
                member = member.parent_id

    def action_view_service_contracts(self) -> dict:
        """Open the contracts of the customer and its contacts."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('service_contracts.service_contract_action')
        return {
            **action,
            'domain': [('partner_id', 'child_of', self.id)],
            'context': {'default_partner_id': self.id},
        }
