"""What a service owes, as plain values for the rules: its terms, and the periods its ledger holds."""

from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..rules.billing import LineTerms
from ..rules.periods import Period

ONE_DAY = timedelta(days=1)


class ServiceContractLine(models.Model):
    _inherit = 'service.contract.line'

    def _billing_terms(self) -> LineTerms:
        """Return all that decides what this line owes, as plain values."""
        self.ensure_one()
        return self._billing_terms_by_line(pointer=False)[self.id]

    @api.private
    def _billing_terms_by_line(self, pointer: bool = True) -> dict[int, LineTerms]:
        """Return the plain terms of many lines by id, with one query for the ledger of all.

        :param pointer: trust `next_period_start` and leave out of the ledger what lies before its period;
            False reads the whole history.
        :raises RuleError: when the fields of a line make no sense together.
        """
        bases = {line: line._terms_base(pointer) for line in self.with_prefetch()}
        billed = self._billed_periods({line._origin.id: first for line, (_, first) in bases.items()})
        return {
            line.id: LineTerms(**values, billed=billed.get(line._origin.id, ()))
            for line, (values, _) in bases.items()
        }

    def _terms_base(self, pointer: bool) -> tuple[dict, date]:
        """Return the terms without the ledger, and the day from which the ledger matters."""
        contract = self.contract_id
        start = self._billing_start()
        recurrence = self._recurrence(start) if self.kind != 'one_time' else None
        next_start = pointer and self.next_period_start or None
        ends = [day for day in (self.date_end, contract.date_end) if day]
        return {
            'line_id': self._origin.id or 0,
            'kind': self.kind,
            'timing': 'arrears' if self.kind == 'usage' else self.timing,
            'recurrence': recurrence,
            'start': start,
            'end': min(ends) + ONE_DAY if ends else None,
            'proration': self.proration,
            'quantity': _decimal(self.quantity),
            'price_unit': _decimal(self.price_unit),
            'discount': _decimal(self.discount),
            'pauses': contract._pause_periods(),
            'next_start': next_start,
            'lead': self.lead_days if self.kind == 'recurring' else 0,
            'lead_from': self._lead_from() or None,
        }, recurrence.full_period(next_start).start if recurrence and next_start else date.min

    @api.model
    def _billed_periods(self, first_by_line: dict[int, date]) -> dict[int, tuple[Period, ...]]:
        """Return the live periods of the ledger that end after a day, by line id."""
        ids = [line_id for line_id in first_by_line if line_id]
        if not ids:
            return {}
        self.env['service.billing.entry'].flush_model([
            'contract_line_id', 'state', 'kind', 'period_start', 'period_end',
        ])
        # SQL because every line has a day of its own, which a domain cannot say in one query
        rows = self.env.execute_query(SQL(
            """
            SELECT entry.contract_line_id, entry.period_start, entry.period_end
              FROM unnest(%s, %s::date[]) AS wanted(line_id, first)
              JOIN service_contract_line line ON line.id = wanted.line_id
              JOIN service_billing_entry entry ON entry.contract_line_id = line.id
               AND entry.kind = line.kind AND entry.state != 'void' AND entry.period_end > wanted.first
             ORDER BY entry.period_start
            """,
            ids, [first_by_line[line_id] for line_id in ids],
        ))
        billed = {}
        for line_id, start, end in rows:
            billed.setdefault(line_id, []).append(Period(start, end))
        return {line_id: tuple(periods) for line_id, periods in billed.items()}


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
