"""What a run would charge: rows for the screen that vanish by themselves."""

from odoo import api, fields, models

CONTRACT_LIMIT = 5000
"""More contracts than this are no longer read on a screen."""


class ServiceBillingPreview(models.TransientModel):
    _name = 'service.billing.preview'
    _description = "Charge to Come"
    _order = 'charge_date, partner_id, contract_id, id'

    run_id = fields.Many2one('service.billing.run', readonly=True, ondelete='cascade')
    contract_id = fields.Many2one('service.contract', readonly=True, ondelete='cascade')
    contract_line_id = fields.Many2one('service.contract.line', "Service", readonly=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    charge_date = fields.Date("Charged on", readonly=True)
    period_start = fields.Date("From", readonly=True)
    period_last_day = fields.Date("To", readonly=True)
    quantity = fields.Float(digits=(16, 6), readonly=True)
    amount_untaxed = fields.Monetary("Untaxed amount", readonly=True)
    amount_total = fields.Monetary("Total", readonly=True)
    credit_used = fields.Monetary("Paid by credit", readonly=True)

    @api.model
    def _fill(self, run):
        """Return the charges the run would make, of at most 5,000 contracts."""
        contracts = self.env['service.contract'].search(run._due_domain(), limit=CONTRACT_LIMIT)
        return self.create([
            {**{name: row[name] for name in self._fields if name in row}, 'run_id': run.id}
            for row in contracts._preview(run.date)
        ])
