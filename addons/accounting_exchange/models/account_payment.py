"""Payments and their reference in another system."""

from odoo import fields, models


class AccountPayment(models.Model):
    _inherit = 'account.payment'

    exchange_ref = fields.Char("External reference", copy=False, readonly=True, help="In the system that sent it.")

    _exchange_ref_once = models.UniqueIndex(
        "(company_id, exchange_ref) WHERE exchange_ref IS NOT NULL", "The external reference has a payment already.",
    )
