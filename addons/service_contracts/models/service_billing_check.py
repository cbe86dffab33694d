"""The nightly double-check: every billed period is derived again and compared with ledger and invoice."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain

from ..rules.billing import KINDS, USAGE_KINDS, due_charges
from ..rules.errors import RuleError
from ..rules.periods import Period
from .billing_check_queries import COLUMNS, GAP_CANDIDATES, QUERIES
from .service_usage_measure import Wanted

BATCH = 500
BY_CHARGE = ('rating', 'usage', 'period', 'charge_date', 'terms', 'invoice_period')
"""Kinds of findings that charges are looked at for one by one."""
LIMIT = 1000
"""Findings of one kind and company kept in one check; more of a kind have one cause."""
UNREADABLE = (RuleError, ArithmeticError, KeyError, TypeError, ValueError)
"""What comes of an explanation that somebody changed: it is a finding, too."""
LOOK_BACK = timedelta(days=40)
"""What was charged in so many days before the last check is looked at again."""


class ServiceBillingCheck(models.AbstractModel):
    _name = 'service.billing.check'
    _description = "Double-check of the Billing"

    # === CRON === #

    @api.model
    def _cron_check(self):
        """Check each company; the first time, or when asked for, from its first charge on."""
        self.env['res.company']._each_with_progress(self._check_company)

    def _check_company(self, company) -> bool:
        """Check a company, the quick part first; return False when time is up and the rest comes later."""
        since = company.service_checked_on and company.service_checked_on - LOOK_BACK
        if not company.service_check_after:
            new = self._check_by_query(company, since) | self._check_gaps(company)
            new._ask_accountant()
        return self._check_rated(company, since)

    # === BY QUERY === #

    def _check_by_query(self, company, since: date | bool):
        """Compare ledger, invoices and bookings; return the new findings."""
        self.env.flush_all()
        Finding = self.env['service.billing.finding']
        new = Finding
        for kind, query in QUERIES.items():
            # SQL because millions of charges are compared and hardly any differs
            self.env.cr.execute(f'{query} LIMIT %(limit)s', {  # noqa: S608 (constants of this add-on)
                'company_id': company.id, 'since': since or None, 'open_ids': self._open_sources(company, kind),
                'limit': LIMIT,
            })
            found = [_found(kind, **dict(zip(COLUMNS, row, strict=True))) for row in self.env.cr.fetchall()]
            new |= Finding._report(company, (kind,), found, complete=len(found) < LIMIT)
        return new

    def _open_sources(self, company, kind: str) -> list[int]:
        """Return what was found earlier and is not solved: it is looked at again, however old."""
        return self.env['service.billing.finding'].search([
            ('company_id', '=', company.id), ('kind', '=', kind), ('state', '!=', 'solved'),
        ]).mapped('source_id')

    # === GAPS === #

    def _check_gaps(self, company):
        """Find periods that no run billed although one was done for their day; return the new findings."""
        day = self._billed_until(company)
        found = []
        if day:
            self.env.cr.execute(GAP_CANDIDATES, {'company_id': company.id, 'day': day})
            line_ids = [row[0] for row in self.env.cr.fetchall()]
            for first in range(0, len(line_ids), BATCH):
                found += self._gaps(self.env['service.contract.line'].browse(line_ids[first:first + BATCH]), day)
                self.env.invalidate_all()
        return self.env['service.billing.finding']._report(company, ('gap',), found[:LIMIT], len(found) <= LIMIT)

    def _billed_until(self, company) -> date | bool:
        """Return the last day that a run of all contracts has billed, not later than yesterday."""
        run = self.env['service.billing.run'].search([
            ('company_id', '=', company.id), ('state', '=', 'done'), ('contract_ids', '=', False),
        ], order='date desc', limit=1)
        return run and min(run.date, company._service_today() - timedelta(days=1))

    def _gaps(self, lines, day: date) -> list[dict]:
        terms = self._terms(lines)
        due = {line: due_charges(terms[line.id], day, LIMIT) for line in lines.filtered(lambda line: line.id in terms)}
        shifted = self._shifted_periods([line.id for line, charges in due.items() if charges])
        found = []
        for line, charges in due.items():
            for charge in charges:
                if any(period.overlaps(charge.full_period) for period in shifted.get(line.id, ())):
                    continue  # told as a charge whose period is wrong
                amount = charge.amount(line.currency_id.decimal_places) if charge.kind != 'usage' else None
                found.append(_found('gap', line.id, line.id, None, None, charge.period.start, charge.period.end,
                                    amount, None))
        return found

    def _shifted_periods(self, line_ids: list[int]) -> dict[int, list[Period]]:
        """Return the billed periods of services that are not those of their contracts."""
        entries = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', line_ids), ('state', '!=', 'void'), ('kind', 'in', KINDS),
        ])
        shifted = {}
        for vals in self._differing_periods(entries):
            if vals['kind'] == 'period':
                period = Period(vals['period_start'], vals['period_end'])
                shifted.setdefault(vals['contract_line_id'], []).append(period)
        return shifted

    def _terms(self, lines) -> dict:
        """Return the terms of each line that has sensible ones; a run parks the others and tells why."""
        try:
            return lines._billing_terms_by_line(pointer=False)
        except RuleError:
            if len(lines) == 1:
                return {}
        half = len(lines) // 2
        return self._terms(lines[:half]) | self._terms(lines[half:])

    # === RATED === #

    def _check_rated(self, company, since: date | bool) -> bool:
        """Calculate charges with tiers, quota or usage anew, a batch at a time; return False when time is up."""
        cron = self.env['ir.cron']
        domain = self._rated_domain(company, since)
        while entries := self.env['service.billing.entry'].search(
            domain & Domain('id', '>', company.service_check_after), order='id', limit=BATCH,
        ):
            found = [
                *self._differing_calculations(entries), *self._differing_usage(entries),
                *self._differing_periods(entries),
            ]
            new = self.env['service.billing.finding']._report(company, (), found, complete=False)
            self._solve_rated(entries, {vals['key'] for vals in found})
            new._ask_accountant()
            company.service_check_after = entries[-1].id
            time_left = cron._commit_progress()
            self.env.invalidate_all()
            if not time_left:
                cron._commit_progress(remaining=1)
                return False
        company.write({'service_checked_on': company._service_today(), 'service_check_after': 0})
        return True

    def _rated_domain(self, company, since: date | bool) -> Domain:
        """Return the charges to be calculated anew. Which have steps is told by `explanation`, no column."""
        domain = Domain('company_id', '=', company.id) & Domain('state', '!=', 'void')
        if not since:
            return domain
        open_ids = [source_id for kind in BY_CHARGE for source_id in self._open_sources(company, kind)]
        return domain & (Domain('charge_date', '>=', since) | Domain('id', 'in', open_ids))

    def _differing_calculations(self, entries) -> list[dict]:
        """Return the charges whose steps do not give their amount."""
        found = []
        for entry in entries:
            if 'steps' not in (entry.explanation or {}):
                continue
            kept = entry._charged_amount()
            try:
                amount = entry._recomputed_amount()
            except UNREADABLE:
                amount = None
            if amount != kept:
                found.append(_of_entry('rating', entry, amount, kept))
        return found

    def _differing_usage(self, entries) -> list[dict]:
        """Return the newest charges of billed periods whose records come to another quantity today."""
        newest = self._newest_of_usage(entries)
        measured = self.env['service.usage.record']._measure([
            Wanted(entry.contract_line_id.id, entry._moments(), entry.explanation['aggregation'],
                   entry.explanation['keeps_level'])
            for entry in newest
        ])
        return [
            _of_entry('usage', entry, used.quantity, Decimal(entry.explanation['quantity']))
            for entry, used in zip(newest, measured, strict=True)
            if used.quantity != Decimal(entry.explanation['quantity'])
        ]

    def _newest_of_usage(self, entries):
        """Return those of the charges of usage that no later correction replaced and no late record waits for."""
        usage = entries.filtered(
            lambda entry: entry.kind in USAGE_KINDS and 'until' in (entry.explanation or {})
            and not entry.contract_line_id.late_usage_on
        )
        corrections = self.env['service.billing.entry'].search([
            ('contract_line_id', 'in', usage.contract_line_id.ids), ('kind', '=', 'late_usage'),
            ('state', '!=', 'void'),
        ], order='correction')
        last = {}
        for correction in corrections:
            last[correction.contract_line_id, correction.period_start] = correction
        return usage.filtered(
            lambda entry: last.get((entry.contract_line_id, entry.period_start), entry) == entry
        )

    def _solve_rated(self, entries, keys: set[str]) -> None:
        """Solve what was found of these charges earlier and is right now."""
        self.env['service.billing.finding'].search([
            ('entry_id', 'in', entries.ids), ('kind', 'in', BY_CHARGE), ('state', '!=', 'solved'),
            ('key', 'not in', list(keys)),
        ])._pass_gate('solved')


def _of_entry(kind: str, entry, expected: Decimal, found: Decimal) -> dict:
    return _found(kind, entry.id, entry.contract_line_id.id, entry.id, entry.move_id.id, entry.period_start,
                  entry.period_end, expected, found)


def _found(kind, source_id, line_id, entry_id, move_id, period_start, period_end, expected, found) -> dict:
    """Return the values of a finding; its key names what is wrong, so that it is found once."""
    return {
        'key': f'{kind}:{source_id}:{period_start}', 'kind': kind, 'source_id': source_id,
        'contract_line_id': line_id, 'entry_id': entry_id, 'move_id': move_id,
        'period_start': period_start, 'period_end': period_end,
        'expected': float(expected or 0), 'found': float(found or 0),
    }
