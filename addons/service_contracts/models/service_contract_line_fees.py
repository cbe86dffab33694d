"""What was billed as the fee of a service, also when a change put others in its place."""

from odoo import models

FEE_ORIGINS = ('change', 'pause')
"""Pending charges that correct a fee: what a change or a pause charged or gave back."""


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _with_successors(self) -> dict:
        """Return each service with all that came in its place by changes, one query for each generation."""
        families = {line: line for line in self}
        heirs = {line: self.browse(line.id) for line in self}
        while any(heirs.values()):
            for line, latest in heirs.items():
                heirs[line] = latest.replaced_by_ids.new_line_id - families[line]
                families[line] |= heirs[line]
        return families

    def _billed_fees(self, start, end) -> dict:
        """Return the ledger rows that were the fee of each service in a period, with one query for all.

        :param start: the first day.
        :param end: the first day after.
        """
        families = self._with_successors()
        ids = [one.id for family in families.values() for one in family]
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', ids), ('kind', 'in', ('recurring', 'adjustment')), ('state', '=', 'posted'),
            ('period_start', '<', end), ('period_end', '>', start),
        ], order='period_start, id').filtered(lambda entry: entry._is_fee()).grouped('contract_line_id')
        return {line: [entry for one in family for entry in entries.get(one, ())] for line, family in families.items()}


class ServiceBillingEntry(models.Model):
    _inherit = 'service.billing.entry'

    def _is_fee(self) -> bool:
        """Tell whether the charge is a fee, or what a change or a pause charged or gave back of one."""
        self.ensure_one()
        return self.kind == 'recurring' or (self.explanation or {}).get('origin') in FEE_ORIGINS
