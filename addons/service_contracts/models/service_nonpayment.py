"""Services follow the payment: suspended and removed for receivables nobody paid, resumed when they are paid."""

from odoo import api, models
from odoo.fields import Domain


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _unpaid_service_contracts(self):
        """Return the contracts of those of these receivables that are open."""
        unpaid = self.filtered(lambda line: not line.reconciled and line.amount_residual > 0)
        # sudo: a step of the reminder policy acts for the company; who may change the policy decides
        return unpaid.service_contract_id.sudo()

    def _suspend_services(self) -> None:
        """Suspend the services of contracts that owe these receivables; those not active stay as they are."""
        for contract in self._unpaid_service_contracts().filtered(lambda contract: contract.state == 'active'):
            # a pause that was to begin later would overlap; the log keeps that it was planned
            contract.pause_ids.filtered(lambda pause: pause.state == 'planned').unlink()
            contract.action_pause(reason=self._nonpayment_reason(contract), cause='nonpayment')

    def _resume_services(self) -> None:
        """Resume services that were suspended for receivables such as these, unless others of that time are open."""
        self.sudo().service_contract_id._resume_if_paid(self)  # sudo: as above

    def _remove_services(self) -> None:
        """Remove the contracts that owe these receivables for good; those that are not running stay as they are."""
        for contract in self._unpaid_service_contracts():
            if contract.state in ('active', 'suspended', 'ended'):
                contract._remove(self._nonpayment_reason(contract))

    def _nonpayment_reason(self, contract) -> str:
        owed = self.filtered(lambda line: line.service_contract_id == contract)
        return self.env._("Not paid: %s", ', '.join(sorted(set(owed.mapped('move_name')))))


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS account: what is paid may lift a suspension
        partials = super().create(vals_list)
        lines = partials.debit_move_id | partials.credit_move_id
        if contracts := lines.service_contract_id:
            # sudo: whoever books the payment, the service follows from it
            contracts.sudo()._resume_if_paid()
        return partials


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    def _resume_if_paid(self, settled=None) -> None:
        """Resume contracts suspended for non-payment that owe nothing any more of what was due by then.

        :param settled: receivables that are not asked about.
        """
        for contract in self.filtered(lambda contract: contract.state == 'suspended'):
            pause = contract.pause_ids.filtered(lambda pause: pause.state == 'running')[:1]
            if pause.cause == 'nonpayment' and not contract._owes_since(pause.date_start, settled):
                contract._resume()

    def _owes_since(self, day, settled) -> bool:
        """Tell whether a receivable is open that was due by a day."""
        domain = Domain([
            ('service_contract_id', '=', self.id), ('parent_state', '=', 'posted'), ('reconciled', '=', False),
            ('account_id.account_type', '=', 'asset_receivable'), ('amount_residual', '>', 0),
            ('date_maturity', '<=', day),
        ])
        if settled:
            domain &= Domain('id', 'not in', settled.ids)
        return bool(self.env['account.move.line'].search_count(domain, limit=1))
