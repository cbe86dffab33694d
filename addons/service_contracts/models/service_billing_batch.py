"""One committed piece of a billing run: rows are only added, so that workers never wait for a counter."""

from odoo import fields, models


class ServiceBillingBatch(models.Model):
    _name = 'service.billing.batch'
    _description = "Billing Batch"
    _order = 'id'

    run_id = fields.Many2one(
        'service.billing.run', "Billing run", required=True, readonly=True, index=True, ondelete='cascade',
    )
    company_id = fields.Many2one(related='run_id.company_id', store=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    contract_count = fields.Integer("Contracts", readonly=True)
    charge_count = fields.Integer("Charges", readonly=True)
    invoice_count = fields.Integer("Invoices", readonly=True)
    fast_count = fields.Integer("Posted the fast way", readonly=True)
    parked_count = fields.Integer("Parked", readonly=True)
    amount_untaxed = fields.Monetary("Untaxed amount", readonly=True)
    amount_total = fields.Monetary("Total", readonly=True)
    seconds = fields.Float(readonly=True, digits=(16, 3))
