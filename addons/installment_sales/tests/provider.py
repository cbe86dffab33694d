"""What a payment provider may answer to the charge of a stored card, for the tests of every add-on that charges one."""

from odoo.exceptions import ValidationError

SEND = 'odoo.addons.payment.models.payment_transaction.PaymentTransaction._send_payment_request'
"""Where a provider is asked: what tests replace."""


class ProviderAnswers:

    @staticmethod
    def _pays(transaction):
        transaction._set_done()

    @staticmethod
    def _declines(transaction):
        transaction._set_error("Insufficient funds")

    @staticmethod
    def _is_silent(transaction):
        raise ValidationError("Could not establish the connection to the payment provider.")
