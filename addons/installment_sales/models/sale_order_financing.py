"""Orders financed by others: accepted, applied for, and confirmed when the provider approves."""

from odoo import api, fields, models
from odoo.addons.service_contracts.models.service_gate import SERVICE_GATE
from odoo.exceptions import UserError

from ..rules.financing import GRANTED_STATES, OPEN_STATES
from .financing_application import STATES


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    financing_provider_id = fields.Many2one(related='installment_terms_id.financing_provider_id')
    financing_application_ids = fields.One2many(
        'installment.financing.application', 'order_id', "Financing applications", readonly=True, copy=False,
    )
    financing_application_id = fields.Many2one(
        'installment.financing.application', "Financing application", compute='_compute_financing_application_id',
    )
    financing_state = fields.Selection(STATES, "Financing", compute='_compute_financing_application_id')

    @api.depends('financing_application_ids.state')
    def _compute_financing_application_id(self):
        for order in self:
            order.financing_application_id = order.financing_application_ids.sorted('id')[-1:]
            order.financing_state = order.financing_application_id.state

    # === ACTIONS === #

    def action_apply_for_financing(self) -> bool:
        """Queue an application for orders whose terms are financed by others; one that is open stays the only one.

        :raises UserError: if an order cannot be sold on its terms.
        """
        self.check_access('write')
        for order in self.filtered('financing_provider_id'):
            if obstacle := order._installment_obstacle():
                raise UserError(obstacle)
            order._apply_for_financing()
        return True

    def action_view_financing(self) -> dict:
        """Open the application of the order."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('installment_sales.financing_application_action')
        return {**action, 'views': [(False, 'form')], 'res_id': self.financing_application_id.id}

    # === APPLICATION === #

    def _apply_for_financing(self) -> None:
        """Put an application on record; the scheduled job sends it, after this transaction is committed."""
        if self._is_being_financed():
            return
        given = self._installment_offer(self.installment_terms_id)
        self.sudo().financing_application_ids.create({  # sudo: the customer applies by signing
            'order_id': self.id, 'provider_id': self.financing_provider_id.id, 'terms_id': self.installment_terms_id.id,
            'amount': float(given.financed), 'figures': self._installment_figures(given),
        })
        self.env.ref('installment_sales.installment_financing_cron').sudo()._trigger()  # sudo: any user may wake it

    def _financing_granted(self):
        """Return the application that lets the order be confirmed; maybe none."""
        # sudo: whoever confirms need not read applications
        return self.sudo().financing_application_ids.filtered(lambda item: item.state in GRANTED_STATES)[:1]

    def _is_being_financed(self) -> bool:
        """Tell whether a provider has, or will have, the application of the order on the table."""
        states = self.sudo().financing_application_ids.mapped('state')  # sudo: the customer looks at the order
        return any(state in OPEN_STATES + GRANTED_STATES for state in states)

    def _financing_declined(self) -> None:
        """Let the customer choose again."""
        self.filtered(lambda order: order.state in ('draft', 'sent')).action_reset_acceptance()

    # === CONFIRMATION === #

    def _confirmation_error_message(self):
        # EXTENDS sale: the provider decides first
        message = super()._confirmation_error_message()
        if not message and self.financing_provider_id and not self._financing_granted():
            return self.env._("%(provider)s has not approved the financing of %(order)s yet. Apply for it first.",
                              provider=self.financing_provider_id.sudo().name, order=self.name)
        if not message and self._waits_for_deposit():
            return self.env._(
                "%(order)s waits for the deposit of %(amount)s, since %(provider)s finances the rest only.",
                order=self.name, amount=self.currency_id.format(self.installment_at_start),
                provider=self.financing_provider_id.sudo().name,
            )
        return message

    def _waits_for_deposit(self) -> bool:
        """Tell whether a financed order waits until the customer has paid what is due at once."""
        # sudo: the customer, or whoever sells, need not read providers
        if not self.financing_provider_id.sudo().waits_for_deposit:
            return False
        if self.env.context.get('financing_without_deposit') is SERVICE_GATE:
            return False
        return self.currency_id.compare_amounts(self.amount_paid, self.installment_at_start) < 0

    def _ask_for_deposit(self) -> None:
        """Let the customer pay the deposit of an approved order on the portal, which confirms it."""
        self.require_payment = True
        self.message_post(body=self.env._(
            "The financing is approved. The order is confirmed when the deposit of %s is paid.",
            self.currency_id.format(self.installment_at_start),
        ))

    def _validate_order(self):
        # EXTENDS sale: what the customer signed is applied for, and confirmed when it is approved
        waiting = self.filtered(lambda order: order.financing_provider_id and not order._financing_granted())
        for order in waiting:
            order._apply_for_financing()
        if self - waiting:
            super(SaleOrder, self - waiting)._validate_order()

    def _open_installment_plan(self):
        # EXTENDS: the customer owes the provider, so there is no plan of the company's own
        if not self.financing_provider_id:
            return super()._open_installment_plan()
        return self._financing_granted()._book()

    def _installment_over_limit(self, given):
        # EXTENDS: the risk is the provider's
        return '' if self.financing_provider_id else super()._installment_over_limit(given)

    def _has_to_be_paid(self):
        # EXTENDS: nothing is paid before the provider has decided; then the deposit is, or else the invoice
        is_paid_now = not self.financing_provider_id or (self._financing_granted() and self._waits_for_deposit())
        return bool(is_paid_now) and super()._has_to_be_paid()

    def _action_cancel(self):
        # EXTENDS sale: what a provider granted is taken back by its own steps
        for order in self:
            if granted := order._financing_granted():
                raise UserError(self.env._(
                    "%(order)s is financed by %(application)s. Cancel the application first.",
                    order=order.name, application=granted.name,
                ))
            # sudo: whoever cancels the order drops what was not sent
            queued_sudo = order.sudo().financing_application_ids.filtered(lambda item: item.state == 'queued')
            queued_sudo._move('cancelled')
        return super()._action_cancel()
