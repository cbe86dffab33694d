"""What forms of the panel share: choices, amounts and days that a customer typed, checked one way."""

import math
from datetime import date

from odoo import models
from odoo.exceptions import UserError

AMOUNT_LIMIT = 10**9


class PortalFormMixin(models.AbstractModel):
    _name = 'portal.form.mixin'
    _description = "What Customers Type"

    def _chosen(self, records, text):
        """Return the record of these with the id that was sent; none for anything else."""
        return records.filtered(lambda record: str(record.id) == str(text or ''))

    def _typed_number(self, text) -> float:
        """Return an amount of 0 or more, with a decimal point or comma; nothing typed is 0.

        :raises UserError: telling how to write it.
        """
        try:
            amount = float(str(text or '0').replace(' ', '').replace(',', '.'))
        except ValueError:
            amount = math.nan
        if math.isnan(amount):
            raise UserError(self.env._("“%s” is no amount. Write it as 1234.50.", str(text)[:40]))
        if not 0 <= amount < AMOUNT_LIMIT:
            raise UserError(self.env._("Enter an amount above 0 and below a thousand million."))
        return amount

    def _typed_day(self, text) -> date | bool:
        """Return a day as browsers send it, False for nothing.

        :raises UserError: for anything else.
        """
        try:
            return date.fromisoformat(str(text)) if text else False
        except ValueError as error:
            raise UserError(self.env._("“%s” is no day.", str(text)[:40])) from error
