"""Acceptance: who agreed to which figures, when and from where, before the order is confirmed."""

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE, has_passed_gate
from odoo.exceptions import UserError

from ..rules.offer import fingerprint

ACCEPTANCE_FIELDS = (
    'installment_start', 'installment_accepted_by', 'installment_accepted_on', 'installment_accepted_from',
    'installment_accepted_hash', 'installment_accepted_figures',
)


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    installment_accepted_by = fields.Char("Installments accepted by", readonly=True, copy=False)
    installment_accepted_on = fields.Datetime("Accepted on", readonly=True, copy=False)
    installment_accepted_from = fields.Char("Accepted from", readonly=True, copy=False)
    installment_accepted_hash = fields.Char("Fingerprint of the figures", readonly=True, copy=False)
    installment_accepted_figures = fields.Json("Figures accepted", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_acceptance_gate(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_acceptance_gate(vals)
        return super().write(vals)

    def _check_acceptance_gate(self, vals: dict) -> None:
        if any(vals.get(name) for name in ACCEPTANCE_FIELDS) and not has_passed_gate(self.env):
            raise UserError(self.env._("Only the customer accepts installments; an acceptance cannot be written."))

    def _accept_installments(self, name: str, address: str, shown_hash: str) -> str:
        """Record that the customer agrees to exactly the figures shown.

        :return: '' or, in the customer's words, why the acceptance does not hold.
        """
        self.ensure_one()
        given, problem = self._installment_try()
        if problem or not given:
            return problem or self.env._("These installments are not offered any more.")
        figures = self._installment_figures(given)
        if not shown_hash or fingerprint(figures) != shown_hash:
            return self.env._("The figures have changed since this page was opened. Load it again and read them.")
        self.with_context(service_gate=SERVICE_GATE).write({
            'installment_start': given.start,
            'installment_accepted_by': name,
            'installment_accepted_on': fields.Datetime.now(),
            'installment_accepted_from': address,
            'installment_accepted_hash': shown_hash,
            'installment_accepted_figures': figures,
        })
        return ''

    def _withdraw_acceptance(self) -> None:
        """Forget an acceptance that was not followed by a signature."""
        self.with_context(service_gate=SERVICE_GATE).write(dict.fromkeys(ACCEPTANCE_FIELDS, False))

    # === CHECKS BEFORE CONFIRMATION === #

    def _confirmation_error_message(self):
        # EXTENDS sale
        return super()._confirmation_error_message() or self._installment_obstacle()

    def _installment_obstacle(self) -> str:
        """Return why an order cannot be confirmed with its installments, else nothing."""
        if not self.installment_terms_id:
            return ''
        given, problem = self._installment_try()
        if problem or not given:
            return problem or self.env._("There is nothing to pay in installments.")
        if self.installment_terms_id not in self.installment_fitting_ids:
            return self.env._("The terms %s are not for this customer.", self.installment_terms_id.name)
        if self.installment_accepted_hash and self.installment_accepted_hash != self._installment_fingerprint():
            return self.env._(
                "%s has changed since the customer accepted its installments. Reset it, and let it be accepted again.",
                self.name,
            )
        return self._installment_over_limit(given)

    def action_draft(self):
        # EXTENDS sale: a quotation opened again has to be accepted again
        self.filtered('installment_accepted_hash')._withdraw_acceptance()
        return super().action_draft()

    def action_reset_acceptance(self) -> bool:
        """Withdraw the acceptance of quotations that were changed, so that they can be accepted again."""
        self.check_access('write')
        open_orders = self.filtered(lambda order: order.state in ('draft', 'sent') and order.installment_accepted_hash)
        open_orders.write({'signature': False, 'signed_by': False, 'signed_on': False})
        open_orders._withdraw_acceptance()
        return True

    # === SIGNING AND PAYING ON THE PORTAL === #

    def _has_to_be_signed(self):
        # EXTENDS sale: installments are agreed in writing
        return super()._has_to_be_signed() or (
            bool(self.installment_terms_id) and self.state in ('draft', 'sent') and not self.is_expired
            and not self.signature
        )

    def _has_to_be_paid(self):
        # EXTENDS sale: nothing is paid before the order when nothing is paid at once
        return super()._has_to_be_paid() and not (self.installment_terms_id and not self.installment_at_start)

    def _get_prepayment_required_amount(self):
        # EXTENDS sale: what is paid at once confirms the order
        if self.require_payment and self.installment_terms_id:
            return self.installment_at_start
        return super()._get_prepayment_required_amount()
