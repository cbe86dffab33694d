"""A request that got no answer is no decline: whoever charges a stored card unasked has to know the difference.

Odoo raises the same ValidationError for both, and most of its providers turn it into a failed transaction, after
which another attempt would look harmless although the money may have moved.
"""

import requests
from odoo import models
from odoo.exceptions import ValidationError

MAY_HAVE_BEEN_DONE = (408, 409)
"""Answers below 500 that leave open what became of the request: it took too long, or its twin is still at work."""


class NoAnswer(Exception):
    """The provider was asked and did not say what it did."""


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    def _send_api_request(self, *args, **kwargs):
        # EXTENDS payment: past the providers, which would take it for a decline; only where cards are charged unasked
        try:
            return super()._send_api_request(*args, **kwargs)
        except ValidationError as error:
            if self.env.context.get('is_automatic_charge') and _is_unanswered(error.__context__):
                raise NoAnswer(str(error)) from error
            raise


def _is_unanswered(cause: BaseException | None) -> bool:
    """Tell whether a failed request may have been carried out."""
    if isinstance(cause, requests.exceptions.HTTPError):
        return cause.response.status_code >= 500 or cause.response.status_code in MAY_HAVE_BEEN_DONE
    return isinstance(cause, requests.exceptions.RequestException)
