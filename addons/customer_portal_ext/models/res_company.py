"""What a company decides about its customer panel."""

import re

from odoo import api, fields, models
from odoo.addons.service_contracts.rules.money import to_decimal
from odoo.exceptions import ValidationError

from ..rules.arrangement import Limits

ORIGIN = re.compile(r'https?://(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?')


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

    portal_arrangement_parts = fields.Integer(
        "Most payments", default=3, help="An arrangement has at most so many parts; 0: customers arrange nothing.")
    portal_arrangement_days = fields.Integer(
        "Longest arrangement", default=90, help="Days from today until the last payment.")
    portal_arrangement_amount = fields.Monetary(
        "Up to", currency_field='currency_id', help="Above it staff decides; 0: any amount.")
    portal_auto_arrangement = fields.Boolean(
        "Arrange payments at once", default=True,
        help="Within the limits, for customers who broke no promise in the last year.",
    )

    portal_card_notice_days = fields.Integer(
        "Announce charges of cards", default=3,
        help="So many days before a kept card is charged its owner reads amount, day and card.",
    )

    portal_ask_days = fields.Integer(
        "Ask after days", default=14,
        help="So many days after a contract began its customer is asked how it is. 0: nobody is asked.",
    )

    portal_embed_origins = fields.Char(
        "Sites that may show the order form", help="Addresses such as https://www.example.com, with blanks between.",
    )

    _card_notice_days = models.Constraint(
        'CHECK (portal_card_notice_days BETWEEN 0 AND 60)', "Charges are announced 0 to 60 days before.")

    @api.constrains('portal_embed_origins')
    def _check_portal_embed_origins(self):
        for company in self:
            wrong = [origin for origin in company._embed_origins() if not ORIGIN.fullmatch(origin)]
            if wrong:
                raise ValidationError(self.env._(
                    "“%s” is no address of a site. Write them such as https://www.example.com, with blanks between.",
                    wrong[0],
                ))

    def _embed_origins(self) -> list[str]:
        """Return the sites that may show the form of a service in a frame."""
        return (self.portal_embed_origins or '').split()

    def _transfer_journal(self):
        """Return the journal in which confirmed transfers are booked."""
        self.ensure_one()
        Journal = self.env['account.journal']
        return self.portal_transfer_journal_id or Journal.search(
            [*Journal._check_company_domain(self), ('type', '=', 'bank')], limit=1,
        )

    def _arrangement_limits(self) -> Limits:
        """Return what customers may arrange."""
        amount = to_decimal(self.portal_arrangement_amount) or None
        return Limits(self.portal_arrangement_parts, self.portal_arrangement_days, amount)
