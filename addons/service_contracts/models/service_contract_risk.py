"""Contracts at risk: that end soon, cannot be billed, are paused, or whose customer has not paid."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

SOON = timedelta(days=60)


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    is_at_risk = fields.Boolean("At risk", compute='_compute_risk', search='_search_is_at_risk')
    risk = fields.Char("Why at risk", compute='_compute_risk')

    @api.depends('state', 'date_end', 'parked_on')
    def _compute_risk(self):
        overdue = dict(self._overdue_since())
        for contract in self:
            reasons = contract._risk_reasons(overdue.get(contract._origin))
            contract.risk = ', '.join(reasons)
            contract.is_at_risk = bool(reasons)

    def _risk_reasons(self, overdue) -> list[str]:
        """Return why the revenue of the contract is in danger, in words."""
        env, today = self.env, self.company_id._service_today()
        reasons = []
        if self.state in ('active', 'suspended') and self.date_end and today <= self.date_end <= today + SOON:
            reasons.append(env._("ends on %s", format_date(env, self.date_end)))
        if self.state == 'suspended':
            reasons.append(env._("suspended"))
        # sudo: that billing stands still is no secret, its reason may be
        if self.sudo().parked_on and self.state in ('active', 'ended'):
            reasons.append(env._("cannot be billed"))
        if overdue and self.state != 'removed':
            reasons.append(env._("overdue since %s", format_date(env, overdue)))
        return reasons

    def _overdue_domain(self) -> Domain:
        """Return the receivables of contracts that are overdue."""
        return Domain([
            ('service_contract_id', '!=', False), ('parent_state', '=', 'posted'),
            ('display_type', '=', 'payment_term'),
            ('amount_residual', '>', 0), ('date_maturity', '<', self.env.company._service_today()),
        ])

    def _overdue_since(self) -> list[tuple]:
        # sudo: that something is overdue, no more, whoever may read the contract
        return self.env['account.move.line'].sudo()._read_group(
            self._overdue_domain() & Domain('service_contract_id', 'in', self.ids),
            ['service_contract_id'], ['date_maturity:min'],
        )

    def _search_is_at_risk(self, operator, value):
        if operator != 'in':
            return NotImplemented
        today = self.env.company._service_today()
        overdue = self.env['account.move.line'].sudo()._search(self._overdue_domain())  # sudo: as above
        risky = (
            Domain('state', 'in', ('active', 'suspended')) & Domain('date_end', '>=', today)
            & Domain('date_end', '<=', today + SOON)
            | Domain('state', '=', 'suspended')
            | Domain('state', 'in', ('active', 'ended')) & Domain('parked_on', '!=', False)
            | Domain('state', '!=', 'removed')
            & Domain('id', 'in', overdue.subselect(SQL.identifier('account_move_line', 'service_contract_id')))
        )
        return risky if True in value else ~risky
