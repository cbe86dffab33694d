"""How an account is called at DATEV, and whether it works out tax by itself there."""

from decimal import Decimal

from odoo import fields, models

from ..rules.datev_bookings import Account
from ..rules.datev_charts import account_number, automatic_rate


class AccountAccount(models.Model):
    _inherit = 'account.account'

    datev_number = fields.Char(
        "DATEV account", size=8, company_dependent=True,
        help="The number in the adviser's books, if it is not the code at their length.",
    )
    datev_automatic = fields.Selection(
        [('yes', "Works out tax"), ('no', "Ordinary account")], "DATEV automatic",
        help="Whether DATEV works out the tax of bookings on this account. Left empty, the chart of accounts tells.",
    )

    def _datev_account(self, company) -> Account:
        """Return the account as the rules see it, with an empty number if it has none."""
        self.ensure_one()
        account = self.with_company(company)
        number = account.datev_number or account_number(account.code or '', company.datev_account_length)
        if self.datev_automatic:
            rate = account.tax_ids[:1].amount if self.datev_automatic == 'yes' and account.tax_ids else None
            return Account(
                number, self.datev_automatic == 'yes', None if rate is None else Decimal(repr(rate)).normalize(),
            )
        rate = automatic_rate(company.datev_chart or '', number)
        return Account(number, rate is not None, rate)
