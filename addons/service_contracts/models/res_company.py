"""Settings of a company for its service contracts, and its own today."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from odoo import api, fields, models

from ..rules.forecast import AsOf


class ResCompany(models.Model):
    _inherit = 'res.company'

    service_fast_posting = fields.Boolean(
        "Fast posting of service invoices", default=True,
        help="Equal invoices are copied from one that Odoo made; a sample of each batch is compared with Odoo's own. "
             "Switched off by itself if they ever differ.",
    )
    service_catch_up_limit = fields.Integer(
        "Periods to catch up at once", default=24,
        help="A service with more missed periods than this is parked instead of billed: its start may be wrong. "
             "0: no limit.",
    )
    service_review_days = fields.Integer(
        "Draft window (days)",
        help="What the scheduler would bill waits so many days as a draft run: look at its preview, correct usage, "
             "prices or contracts, bill at once or cancel it. Then it bills by itself. 0: bill on the day it is due.",
    )
    service_lead_days = fields.Integer(
        "Lead days",
        help="Of new plans: services paid in advance are billed so many days before a period begins. "
             "Plans and contracts may differ. 0: on its first day.",
    )
    service_recognition = fields.Selection(
        [('none', "With the invoice"), ('month', "By months: each whole month the same"), ('day', "By days")],
        "Income of services", required=True, default='none',
        help="Income of a service period that reaches into later months is deferred and recorded month by month. "
             "Plans and products may differ.",
    )
    service_deferred_account_id = fields.Many2one(
        'account.account', "Deferred income", check_company=True, ondelete='restrict',
        help="What is invoiced and not yet earned waits here.",
    )
    service_recognition_journal_id = fields.Many2one(
        'account.journal', "Journal of deferred income", check_company=True, ondelete='restrict',
        domain="[('type', '=', 'general')]",
    )
    service_recognition_start = fields.Date(
        "Defer invoices from", default=lambda self: fields.Date.today().replace(day=1),
        help="Invoices of earlier days keep their income where it was booked.",
    )
    service_check_user_id = fields.Many2one(
        'res.users', "Findings go to", help="Gets an activity when the nightly check of the billing finds something.",
    )
    service_checked_on = fields.Date("Billing checked on", help="Empty: the next check looks at everything.")
    service_check_after = fields.Integer(help="The last charge that a check not finished has calculated anew.")

    _service_catch_up_limit_positive = models.Constraint(
        'CHECK (service_catch_up_limit >= 0)',
        "The number of periods to catch up cannot be negative; 0 means no limit.",
    )

    _service_lead_days_in_range = models.Constraint(
        'CHECK (service_lead_days BETWEEN 0 AND 60)',
        "A period is billed from 0 to 60 days before it begins.",
    )

    _service_review_days_in_range = models.Constraint(
        'CHECK (service_review_days BETWEEN 0 AND 60)',
        "The draft window of billing lasts 0 to 60 days.",
    )

    @api.model
    def _each_with_progress(self, follow: Callable) -> None:
        """Let a scheduled job do its work company by company, a transaction each, until its time is up.

        :param follow: takes a company; returns False when time is up within it and the rest comes later.
        """
        companies = self.search([])
        cron = self.env['ir.cron']
        if not cron._commit_progress(remaining=len(companies)):
            return
        for company in companies:
            if follow(company) is False or not cron._commit_progress(1):
                return

    def _service_today(self) -> date:
        """Return the date it is now where the company is; the scheduler's user has no time zone of its own."""
        self.ensure_one()
        as_of = self.env.context.get('service_as_of')
        if isinstance(as_of, AsOf):  # the time machine; what it does is undone
            return as_of.day
        zone = self.partner_id.tz or self.env.user.tz or 'UTC'
        return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()

    def _service_zone(self) -> str:
        """Return the zone in which the days of usage begin, the same whoever asks."""
        self.ensure_one()
        return self.partner_id.tz or 'UTC'
