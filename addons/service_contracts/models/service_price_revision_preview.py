"""What a price revision makes of each service, worked out before anything is written."""

import ast
from datetime import date

from odoo import models
from odoo.fields import Domain

from ..posting.rows import column_types, insert_rows, next_ids
from ..rules.metrics import monthly_amount
from ..rules.money import to_decimal
from ..rules.periods import Interval
from ..rules.price_schedule import Revision, price_at, revise_by_index, revise_by_percent

BATCH = 1000


class ServicePriceRevision(models.Model):
    _inherit = 'service.price.revision'

    def _contract_domain(self) -> Domain:
        running = Domain('state', 'in', ('active', 'suspended')) & Domain('company_id', '=', self.company_id.id)
        return running & Domain(ast.literal_eval(self.domain or '[]'))

    def _line_domain(self) -> Domain:
        domain = Domain('kind', 'in', ('recurring', 'usage')) & Domain('contract_id', 'any', self._contract_domain())
        return domain & Domain('plan_id', 'in', self.plan_ids.ids) if self.plan_ids else domain

    def _revise(self, price: float, digits: int, rounds: bool = True) -> Revision:
        """Return the price before and after.

        :param rounds: to the step of the revision, not only to digits.

        :raises RuleError: for an index or a rounding that is none.
        """
        step = to_decimal(self.rounding) if rounds and self.rounding else None
        if self.method == 'percent':
            return revise_by_percent(to_decimal(price), to_decimal(self.percent), digits, step)
        return revise_by_index(
            to_decimal(price), to_decimal(self.index_old), to_decimal(self.index_new), digits,
            to_decimal(self.index_weight), to_decimal(self.index_threshold), step,
        )

    def _earliest_day(self) -> date:
        """Return the first day on which a price may change, its notice kept."""
        today = self.company_id._service_today()
        notice = self.notice_count and Interval(self.notice_count, self.notice_unit or 'month')
        return max(self.date_effective, notice.plus(today)) if notice else self.date_effective

    def _fill(self) -> None:
        """Put a row for each service into the preview, batch by batch."""
        self.ensure_one()
        Row, Line = self.env['service.price.revision.line'], self.env['service.contract.line']
        self.env.flush_all()
        self.env.cr.execute('DELETE FROM service_price_revision_line WHERE revision_id = %s', (self.id,))
        domain, earliest, last = self._line_domain(), self._earliest_day(), 0
        types = column_types(self.env.cr, Row._table)
        while lines := Line.search(domain & Domain('id', '>', last), order='id', limit=BATCH):
            last = lines[-1].id
            rows = self._prepare_rows(lines, earliest)
            ids = next_ids(self.env.cr, Row._table, len(rows))
            insert_rows(self.env.cr, Row._table,
                        [{'id': row_id, **row} for row_id, row in zip(ids, rows, strict=True)], types)
            self.env.invalidate_all()  # flat memory
        Row.invalidate_model(flush=False)
        self.invalidate_recordset()

    def _prepare_rows(self, lines, earliest: date) -> list[dict]:
        """Return what the revision makes of services, the same columns for each."""
        return [self._prepare_row(line, earliest) for line in lines]

    def _prepare_row(self, line, earliest: date) -> dict:
        """Return what the revision makes of one service."""
        day = line._revision_day(earliest, self.at_period_start)
        price = float(price_at(phases, day)) if (phases := line._price_phases()) else line.price_unit
        revision = self._revise(price, line.currency_id.decimal_places)
        interval = Interval(max(line.interval_count, 1), line.interval_unit)
        factor = to_decimal(line.quantity) * (1 - to_decimal(line.discount) / 100)
        old, new = (line.currency_id.round(float(monthly_amount(amount * factor, interval)))
                    for amount in (revision.old, revision.new))
        return {
            **self._prepare_common_row(line, day, revision),
            'price_old': float(revision.old), 'price_new': float(revision.new), 'monthly_old': old, 'monthly_new': new,
        }

    def _prepare_common_row(self, line, day: date, revision: Revision) -> dict:
        """Return what each row has: the service, from which day on, and whether it is left out."""
        now = self.env.cr.now()
        left_out = self._left_out(line, revision, day)
        return {
            'revision_id': self.id, 'company_id': self.company_id.id, 'contract_line_id': line.id,
            'contract_id': line.contract_id.id, 'partner_id': line.partner_id.id, 'currency_id': line.currency_id.id,
            'price_seen': line.price_unit, 'percent': float(revision.percent), 'date_effective': day,
            'state': 'left_out' if left_out else 'planned', 'left_out': left_out or None,
            'create_uid': self.env.uid, 'write_uid': self.env.uid, 'create_date': now, 'write_date': now,
        }

    def _left_out(self, line, revision: Revision, day: date) -> str:
        """Return why a service keeps its price, empty if it does not; extend it to leave out more."""
        ends = [end for end in (line.date_end, line.contract_id.date_end) if end]
        if ends and min(ends) < day:
            return 'over'
        if self.leaves_out_agreed and line._has_agreed_price():
            return 'agreed'
        if any(step.date_start == day and step.date_start > line._service_start() for step in line.price_step_ids):
            return 'step'
        return 'unchanged' if revision.new == revision.old else ''


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _has_agreed_price(self) -> bool:
        """Tell whether the price differs from what plan, pricelist or a revision gave."""
        return self.price_unit != self.given_price_unit

    def _revision_day(self, earliest: date, at_period_start: bool) -> date:
        """Return the first day on which a new price may hold: nothing billed, and the start of a period if asked."""
        start = self._billing_start()
        day = max(earliest, start, self._billed_until() or date.min)
        if at_period_start:
            full = self._recurrence(start).full_period(day)
            day = day if day in (full.start, start) else full.end
        return day
