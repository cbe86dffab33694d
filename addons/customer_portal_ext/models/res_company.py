"""What a company decides about its customer panel."""

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    portal_transfer_journal_id = fields.Many2one(
        'account.journal', "Bank of reported transfers", check_company=True, domain="[('type', '=', 'bank')]",
        help="Where confirmed transfers are booked. Empty: the first bank journal.",
    )
    portal_transfer_days = fields.Integer(
        "Days to find a transfer", default=7,
        help="For so many days a reported transfer that nobody confirmed pauses reminders.",
    )

    portal_auto_end = fields.Boolean(
        "End contracts at once", default=True,
        help="A customer's request to end a contract by its terms is done without a look.",
    )
    portal_auto_change = fields.Boolean(
        "Change plans and options at once", default=True,
        help="Within what the plan allows, changes that customers ask for are done without a look.",
    )
    portal_auto_pause = fields.Boolean("Pause at once", help="Pauses that customers ask for are done without a look.")

    portal_embed_origins = fields.Char(
        "Sites that may show the order form", help="Addresses such as https://www.example.com, with blanks between.",
    )

    def _transfer_journal(self):
        """Return the journal in which confirmed transfers are booked."""
        self.ensure_one()
        Journal = self.env['account.journal']
        return self.portal_transfer_journal_id or Journal.search(
            [*Journal._check_company_domain(self), ('type', '=', 'bank')], limit=1,
        )
