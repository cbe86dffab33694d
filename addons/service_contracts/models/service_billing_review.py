"""The draft window: what a scheduled run would bill waits some days as a draft, to be looked at and corrected."""

from odoo import fields, models
from odoo.fields import Domain


class ServiceBillingRun(models.Model):
    _inherit = 'service.billing.run'

    starts_on = fields.Date(
        "Bills by itself on", copy=False,
        help="Until then the charges can be looked at, and usage, prices or contracts corrected. Empty: it waits until "
             "somebody chooses Bill.",
    )

    def _open_scheduled_run(self, company) -> None:
        # EXTENDS: drafts whose window is over begin; what is due today waits first, if the company wants to see it
        today = company._service_today()
        scheduled = Domain([('company_id', '=', company.id), ('trigger', '=', 'cron')])
        if begun := self.search(scheduled & Domain([('state', '=', 'draft'), ('starts_on', '<=', today)])):
            begun._start()
            self._call_second_worker()
        if not company.service_review_days:
            super()._open_scheduled_run(company)
        elif not self.search_count(scheduled & Domain('date', '>=', today), limit=1):
            open_runs = scheduled & Domain('state', 'in', ('draft', 'running'))
            self._open_draft(company, today, self.search(open_runs, limit=1))

    def _open_draft(self, company, today, newest) -> None:
        """Open a draft of what has become due since the newest one, if anything has."""
        vals = {
            'company_id': company.id, 'date': today, 'trigger': 'cron',
            'starts_on': fields.Date.add(today, days=company.service_review_days),
        }
        due = self.new(vals)._due_domain()
        if newest:
            due &= Domain('next_charge_date', '>', newest.date)
        if self.env['service.contract'].search_count(due, limit=1):
            self.create(vals)
