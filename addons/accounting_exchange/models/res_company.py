"""A company's numbers at its tax adviser."""

from odoo import api, fields, models

from ..rules.datev import Ledger
from ..rules.datev_charts import chart_code
from ..rules.datev_text import initials


class ResCompany(models.Model):
    _inherit = 'res.company'

    datev_consultant = fields.Integer("Consultant number", help="The tax adviser's number at DATEV, 1001 to 9999999.")
    datev_client = fields.Integer("Client number", help="The number of this company at the adviser, 1 to 99999.")
    datev_account_length = fields.Integer(
        "Digits of a ledger account", default=4,
        help="4 to 8, as in the adviser's books. Customers and suppliers have one digit more.",
    )
    datev_chart = fields.Selection(
        [('03', "SKR 03"), ('04', "SKR 04"), ('none', "Another chart")], "DATEV chart of accounts",
        compute='_compute_datev_chart', store=True, readonly=False,
        help="Tells which accounts work out tax by themselves.",
    )
    datev_is_fixed = fields.Boolean(
        "Fix the batch", help="The bookings can no longer be changed once the adviser has taken them in.",
    )

    _datev_account_length_in_range = models.Constraint(
        'CHECK (datev_account_length BETWEEN 4 AND 8)', "A ledger account of DATEV has 4 to 8 digits.",
    )

    @api.depends('chart_template')
    def _compute_datev_chart(self):
        for company in self:
            company.datev_chart = chart_code(company.chart_template or '') or 'none'

    def _datev_ledger(self) -> Ledger:
        """Return the books that files of this company belong to."""
        self.ensure_one()
        return Ledger(
            consultant=self.datev_consultant,
            client=self.datev_client,
            account_length=self.datev_account_length,
            currency=self.currency_id.name,
            chart=self.datev_chart if self.datev_chart in ('03', '04') else '',
            is_fixed=self.datev_is_fixed,
            initials=initials(self.env.user.name),
        )
