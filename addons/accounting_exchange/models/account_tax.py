"""The DATEV key of a tax: the user's own, else the one of Odoo's German charts."""

from decimal import Decimal

from odoo import api, fields, models

from ..rules.datev_bookings import Tax
from ..rules.datev_charts import tax_key


class AccountTax(models.Model):
    _inherit = 'account.tax'

    datev_key = fields.Char(
        "DATEV key", size=4,
        help="The tax key (BU-Schlüssel) of lines with this tax. Left empty, the key of Odoo's German charts is taken.",
    )
    datev_key_used = fields.Char("DATEV key in use", compute='_compute_datev_key_used')

    @api.depends('datev_key')
    def _compute_datev_key_used(self):
        names = self._get_external_ids() if self.ids else {}
        for tax in self:
            of_chart = next((key for name in names.get(tax.id, ()) if (key := tax_key(name.split('.')[-1]))), '')
            country_key = tax.l10n_de_datev_code if 'l10n_de_datev_code' in self._fields else ''
            tax.datev_key_used = tax.datev_key or country_key or of_chart

    def _datev_tax(self) -> Tax:
        """Return the tax as the rules see it."""
        self.ensure_one()
        rate = self.amount if self.amount_type == 'percent' else 0.0
        return Tax(self.id, self.name, Decimal(repr(rate)).normalize(), self.datev_key_used or '')
