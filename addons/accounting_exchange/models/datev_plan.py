"""What an export would hand over for one posting period: new bookings, corrections, and what has to stay out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo import models
from odoo.fields import Domain

from ..rules.datev_bookings import Booking, fingerprint, reversal_of, tax_difference

BATCH = 1000
"""Entries gathered at once; memory stays flat."""


@dataclass
class PeriodPlan:
    """The content of one file; `keys` are (journal item, entry, fingerprint of the entry)."""

    start: date
    end: date
    bookings: list[Booking] = field(default_factory=list)
    keys: list[tuple[int, int, str]] = field(default_factory=list)
    reversals: list[Booking] = field(default_factory=list)
    reversed_keys: list[int] = field(default_factory=list)
    problems: list[tuple[int, date, str]] = field(default_factory=list)

    @property
    def lines(self) -> list[Booking]:
        """Corrections first, then what is new."""
        return [*self.reversals, *self.bookings]

    @property
    def debit_total(self) -> Decimal:
        return sum((max(booking.signed, Decimal(0)) for booking in self.lines), Decimal(0))

    @property
    def credit_total(self) -> Decimal:
        return sum((max(-booking.signed, Decimal(0)) for booking in self.lines), Decimal(0))

    @property
    def tax_difference(self) -> Decimal:
        return tax_difference(self.lines)


class DatevPlanner(models.AbstractModel):
    _name = 'datev.planner'
    _description = "Planner of DATEV Exports"

    def _plan(self, export, start: date, end: date) -> PeriodPlan:
        """Return what the ledger of a period holds that the adviser has not, and the other way round."""
        plan = PeriodPlan(start, end)
        handed = self.env['datev.handover']._fingerprints(export.company_id, start, end)
        self._plan_corrections(export, plan, handed)
        last = 0
        domain = self._domain(export, start, end)
        while moves := self.env['account.move'].search(domain & Domain('id', '>', last), order='id', limit=BATCH):
            last = moves[-1].id
            self._plan_entries(export, plan, moves)
            self.env.flush_all()
            self.env.invalidate_all()
        return plan

    def _domain(self, export, start: date, end: date) -> Domain:
        domain = Domain([
            ('company_id', '=', export.company_id.id), ('state', '=', 'posted'),
            ('date', '>=', start), ('date', '<=', end),
        ])
        return domain & Domain('journal_id', 'in', export.journal_ids.ids) if export.journal_ids else domain

    def _plan_entries(self, export, plan: PeriodPlan, moves) -> None:
        """Add the entries that were not handed over, and say what is in the way of others."""
        handed = self.env['datev.handover']._live_keys(moves.ids)
        fresh = moves.filtered(lambda move: move.id not in handed or move.id in plan.reversed_keys)
        plan.problems += [(move.id, move.date, self.env._(
            "Handed over in another period and moved since. Export that period again first.",
        )) for move in self._moved(moves - fresh)]
        bookings, reasons = self.env['datev.gatherer']._bookings(export.company_id, fresh)
        for move, lines in bookings.items():
            plan.bookings += lines
            mark = fingerprint(lines)
            plan.keys += [(item.id, move.id, mark) for item in move.line_ids if item.balance]
        plan.problems += [(move.id, move.date, reason) for move, reason in reasons.items()]

    def _moved(self, moves):
        """Return the entries that were handed over under a date of another period."""
        handovers = self.env['datev.handover'].search([('move_key', 'in', moves.ids), ('is_live', '=', True)])
        files = {handover.move_key: handover.file_id for handover in handovers}
        return moves.filtered(lambda move: not files[move.id].date_from <= move.date <= files[move.id].date_to)

    def _plan_corrections(self, export, plan: PeriodPlan, handed: dict[int, str]) -> None:
        """Take back what was handed over and is no longer so in the ledger."""
        stale = self._stale(export, plan, handed)
        if not stale:
            return
        lines = self.env['datev.booking'].search(
            [('move_key', 'in', stale), ('is_live', '=', True), ('company_id', '=', export.company_id.id)],
            order='file_id, position',
        )
        plan.reversals = [reversal_of(line._booking()) for line in lines]
        plan.reversed_keys = stale

    def _stale(self, export, plan: PeriodPlan, handed: dict[int, str]) -> list[int]:
        """Return the entries whose bookings differ now, or that are gone."""
        stale, keys = [], sorted(handed)
        for begin in range(0, len(keys), BATCH):
            part = keys[begin:begin + BATCH]
            changed = self._asked_for(export, self._changed_since(part))
            moves = self.env['account.move'].browse(changed).exists().filtered(lambda move: (
                move.state == 'posted' and plan.start <= move.date <= plan.end
            ))
            bookings, _reasons = self.env['datev.gatherer']._bookings(export.company_id, moves)
            same = {move.id for move, lines in bookings.items() if fingerprint(lines) == handed[move.id]}
            stale += [key for key in changed if key not in same]
            self.env.invalidate_all()
        return stale

    def _asked_for(self, export, keys: list[int]) -> list[int]:
        """Leave out entries of other journals: taken back now, they would not go again with this export."""
        if not export.journal_ids:
            return keys
        moves = self.env['account.move'].browse(keys).exists()
        others = {move.id for move in moves if move.journal_id not in export.journal_ids}
        return [key for key in keys if key not in others]

    def _changed_since(self, keys: list[int]) -> list[int]:
        """Return the entries that were written, or deleted, after they were handed over."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT handover.move_key
                 FROM (SELECT move_key, min(handed_on) AS handed_on, count(*) AS items
                         FROM datev_handover WHERE is_live AND move_key = ANY(%s) GROUP BY move_key) AS handover
                 LEFT JOIN account_move AS move ON move.id = handover.move_key
                 LEFT JOIN LATERAL (
                    SELECT max(write_date) AS written, count(*) FILTER (WHERE balance != 0) AS items
                      FROM account_move_line AS line WHERE line.move_id = handover.move_key
                 ) AS line ON TRUE
                WHERE move.id IS NULL OR move.state != 'posted' OR move.write_date >= handover.handed_on
                   OR line.written >= handover.handed_on OR line.items != handover.items
                ORDER BY handover.move_key""", (keys,),
        )
        return [key for key, in self.env.cr.fetchall()]
