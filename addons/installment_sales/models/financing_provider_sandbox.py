"""The sandbox provider: remembers what it received and answers as it is told, so that every path can be tried."""

from odoo import fields, models

from ..rules.financing import Answer, NoAnswer


class InstallmentFinancingProvider(models.Model):
    _inherit = 'installment.financing.provider'

    def _sandbox_send_application(self, application) -> Answer:
        outcome = self.sandbox_outcome
        if outcome == 'lost':
            raise NoAnswer
        application.sandbox_received += 1
        application.sandbox_state = 'approved' if outcome == 'silent' else outcome
        if outcome == 'silent':
            raise NoAnswer
        return self._sandbox_ask_application(application)

    def _sandbox_ask_application(self, application) -> Answer:
        if not application.sandbox_received:
            return Answer('missing')
        reason = self.env._("The sandbox was told to decline.") if application.sandbox_state == 'declined' else ''
        return Answer(application.sandbox_state, f'SANDBOX-{application.id}', reason)


class InstallmentFinancingApplication(models.Model):
    _inherit = 'installment.financing.application'

    sandbox_received = fields.Integer("Received by the sandbox", readonly=True, copy=False)
    sandbox_state = fields.Char("Known to the sandbox", readonly=True, copy=False)
    is_sandbox = fields.Boolean(compute='_compute_is_sandbox')

    def _compute_is_sandbox(self):
        for application in self:
            application.is_sandbox = application.provider_id.code == 'sandbox'

    def action_sandbox_approve(self) -> bool:
        """Let the sandbox tell, signed as a provider would, that it approves."""
        return self._sandbox_tell('approved')

    def action_sandbox_decline(self) -> bool:
        """Let the sandbox tell that it declines."""
        return self._sandbox_tell('declined')

    def action_sandbox_pay_out(self) -> bool:
        """Let the sandbox tell that it has paid the company."""
        return self._sandbox_tell('paid_out')

    def _sandbox_tell(self, kind: str) -> bool:
        self.order_id.installment_plan_ids._check_manager()
        for application in self.sudo().filtered('is_sandbox'):  # sudo: decided by a manager
            fee = application.provider_id._fee(application.amount, application.currency_id)
            application.provider_id._receive(*application.provider_id._signed({
                'event_id': f'{application.request_uuid}-{kind}', 'type': kind,
                'reference': application.request_uuid, 'provider_ref': f'SANDBOX-{application.id}',
                'amount': f'{application.amount - fee:.{application.currency_id.decimal_places}f}',
                'fee': f'{fee:.{application.currency_id.decimal_places}f}',
            }))
            if kind != 'paid_out':
                application.sandbox_state = kind
        return True
