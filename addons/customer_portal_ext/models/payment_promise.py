"""Promises to pay that come from an arrangement the customer asked for."""

from odoo import fields, models


class PaymentPromise(models.Model):
    _inherit = 'payment.promise'

    request_id = fields.Many2one('service.request', "Request", readonly=True, index='btree_not_null')

    def _longest_days(self) -> int:
        # EXTENDS dunning_sms: an arrangement has limits of its own, checked when it is asked for
        return 0 if self.request_id else super()._longest_days()

    def _lapsing(self):
        # EXTENDS dunning_sms: an arrangement falls as a whole
        rest = self.request_id.promise_ids.filtered(lambda promise: promise.state == 'open' and promise != self)
        return super()._lapsing() | rest
