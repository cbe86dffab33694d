"""The page of an order that is contracted online: what is signed is what was shown, and it is paid once."""

from odoo import http
from odoo.addons.installment_sales.controllers.portal import InstallmentPortal
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.addons.sale.controllers.portal import PaymentPortal
from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request


class ContractSigning(InstallmentPortal):

    @http.route()
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        # EXTENDS installment_sales: a contract is what was on the page
        order_sudo = self._own_order(order_id, access_token or request.httprequest.args.get('access_token'))
        if not order_sudo.is_online_contract or not order_sudo._has_to_be_signed():
            return super().portal_quote_accept(order_id, access_token, name, signature)
        if obstacle := order_sudo._accept_online(request.httprequest.args.get('shown') or ''):
            return {'error': obstacle}
        result = super().portal_quote_accept(order_id, access_token, name, signature)
        if order_sudo.state == 'sale':
            result['redirect_url'] = order_sudo._done_url()
        return result

    def _own_order(self, order_id, access_token):
        """Return the order with rights over everything if the visitor may see it, else nothing."""
        try:
            return self._document_check_access('sale.order', order_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.env['sale.order']

    def _determine_is_down_payment(self, order_sudo, amount_selection, payment_amount):
        # EXTENDS sale: what is due now is paid, no less and no more
        if order_sudo.is_online_contract and order_sudo.state != 'sale':
            return True
        return super()._determine_is_down_payment(order_sudo, amount_selection, payment_amount)

    def _get_payment_values(self, order_sudo, is_down_payment=False, payment_amount=None, **kwargs):
        # EXTENDS sale: after the payment comes the page with what both sides owe
        if not order_sudo.is_online_contract or order_sudo.state == 'sale':
            return super()._get_payment_values(
                order_sudo, is_down_payment=is_down_payment, payment_amount=payment_amount, **kwargs)
        values = super()._get_payment_values(order_sudo, is_down_payment=True, payment_amount=None, **kwargs)
        return {**values, 'landing_route': order_sudo._done_url()}


class ContractPayment(PaymentPortal):

    @http.route()
    def portal_order_transaction(self, order_id, access_token=None, **kwargs):
        # EXTENDS sale: two browsers that pay the same order make one payment
        try:
            order_sudo = self._document_check_access('sale.order', order_id, access_token)
        except (AccessError, MissingError) as error:  # the same for an order of somebody else and for none
            raise ValidationError(request.env._("The access token is invalid.")) from error
        if not order_sudo.is_online_contract or order_sudo.state == 'sale':
            return super().portal_order_transaction(order_id, access_token, **kwargs)
        order_sudo._begin_payment()
        kwargs.update(amount=order_sudo._get_prepayment_required_amount(), landing_route=order_sudo._done_url(),
                      is_validation=False)
        if begun_sudo := order_sudo._transaction_to_reuse(_wanted(kwargs)):
            PaymentPostProcessing.monitor_transaction(begun_sudo)
            return begun_sudo._get_processing_values()
        return super().portal_order_transaction(order_id, access_token, **kwargs)


def _wanted(kwargs: dict) -> dict:
    """Return what a transaction that was begun must have in common with the one that is asked for."""
    return {
        'provider_id': kwargs.get('provider_id'), 'payment_method_id': kwargs.get('payment_method_id'),
        'operation': f'online_{kwargs.get("flow")}', 'amount': kwargs['amount'],
        'tokenize': bool(kwargs.get('tokenization_requested')),
    }
