"""One file of an export: the bookings of one posting period, or master data."""

from odoo import fields, models


class DatevExportFile(models.Model):
    _name = 'datev.export.file'
    _description = "DATEV File"
    _order = 'export_id desc, date_from, id'

    name = fields.Char(required=True, readonly=True)
    export_id = fields.Many2one('datev.export', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='export_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    kind = fields.Selection([('bookings', "Bookings"), ('partners', "Master data")], required=True, readonly=True)
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    reversal_count = fields.Integer("Reversals", readonly=True)
    debit_total = fields.Monetary("Debit", readonly=True)
    credit_total = fields.Monetary("Credit", readonly=True)
    ledger_difference = fields.Monetary(
        "Difference to the ledger", readonly=True, help="Sum of the differences of all accounts; it is 0.",
    )
    tax_difference = fields.Monetary(
        "Tax rounding", readonly=True,
        help="DATEV works out the tax of each line anew; by so much it differs in sum from the tax of the ledger.",
    )
    content = fields.Binary("File", readonly=True, attachment=True)

    def action_download(self) -> dict:
        """Hand the file to the browser."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{self.id}/content/{self.name}?download=true',
            'target': 'self',
        }

    def action_view_bookings(self) -> dict:
        """Open the lines of the file."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('accounting_exchange.datev_booking_action')
        return {**action, 'domain': [('file_id', '=', self.id)], 'context': {}}
