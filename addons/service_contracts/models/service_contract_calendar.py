"""What the calendar does to contracts: pauses begin and finish, contracts end, terms are renewed."""

from datetime import date

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..rules.errors import RuleError
from ..rules.terms import current_term_end
from .service_gate import SERVICE_GATE

FOLLOW_BATCH = 100


class ServiceContract(models.Model):
    _inherit = 'service.contract'

    @api.model
    def _cron_follow_dates(self) -> None:
        """Start and finish pauses, end contracts and renew terms, as the calendar of each company says."""
        todo = self._due_by_calendar()
        if not self.env['ir.cron']._commit_progress(remaining=len(todo)):
            return
        for start in range(0, len(todo), FOLLOW_BATCH):
            ids = todo[start:start + FOLLOW_BATCH]
            for contract in self.browse(ids).try_lock_for_update(allow_referencing=True):
                contract._follow_dates()
            if not self.env['ir.cron']._commit_progress(len(ids)):
                return

    @api.model
    def _due_by_calendar(self) -> list[int]:
        """Return the ids of the contracts for which a date has come, company by company."""
        ids = []
        for company in self.env['res.company'].search([]):
            domain = self._calendar_domain(company._service_today()) & Domain('company_id', '=', company.id)
            ids += self.search(domain, order='id').ids
        return ids

    @api.model
    def _calendar_domain(self, today: date) -> Domain:
        pauses = Domain('pause_ids', 'any', self.env['service.contract.pause']._due_domain(today))
        running = Domain('state', 'in', ('active', 'suspended'))
        expired = Domain('date_end', '<', today) | Domain('date_term_end', '<', today)
        counted = Domain('date_end', '<', today) & Domain('recurring_monthly', '!=', 0)
        return pauses | (running & (expired | Domain('line_ids', 'any', counted)))

    def _follow_dates(self) -> None:
        """Do what the calendar asks of one contract; a refusal is written down and stops no other contract."""
        self.ensure_one()
        today = self.company_id._service_today()
        try:
            with self.env.cr.savepoint():
                self._follow_calendar(today)
        except (UserError, RuleError) as error:
            self._log_note(self.env._("The dates of the contract could not be followed: %s", error))

    def _follow_calendar(self, today: date) -> None:
        """Do what is due by a day, each step once. Extend it to do more."""
        self.pause_ids._start(today)
        self.pause_ids._finish(today)
        self._end_expired()
        self._follow_term()
        self.line_ids.modified(['date_end'])

    def _follow_term(self) -> None:
        """Note the end of the term that runs today; a contract that ends by itself gets its last day."""
        for contract in self:
            today = contract.company_id._service_today()
            until = current_term_end(contract._contract_terms(contract._terms_start()), today)
            renewed = until and contract.date_term_end and contract.date_term_end < today
            vals = {'date_term_end': until}
            if contract.renewal == 'none' and not contract.date_end:
                vals['date_end'] = until
            contract.with_context(service_gate=SERVICE_GATE).write(vals)
            if renewed and not contract.date_end:
                contract._log_note(self.env._("Renewed until %s", format_date(self.env, until)))
                contract._log_event('renewed', self.env._("Until %s", format_date(self.env, until)))
