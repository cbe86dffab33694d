"""The fast way: invoices as rows, a batch with a handful of statements, a sample of each proven equal to core's."""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import suppress
from datetime import date

from odoo import fields
from odoo.api import Environment
from odoo.tools import SQL
from psycopg2.errors import UniqueViolation

from .amounts import AmountEngine, InvoiceAmounts
from .copier import InvoiceCopier, NotCopyable, differences
from .draft import InvoiceDraft, WrittenInvoice
from .eligibility import Shape, ShapeFinder, is_company_eligible
from .numbering import NumberBlock, lock_journals, next_block
from .rows import Row, column_types, insert_rows, next_ids
from .template import LINE_RELATIONS, core_made_rows

_logger = logging.getLogger(__name__)

MINIMUM_OF_A_SHAPE = 3
"""Fewer invoices of one shape than this are made by core: a mould costs as much as an invoice."""

NUMBER_TRIES = 20
"""How often numbers are taken while accountants post into the same journal."""

Copy = tuple[Row, list[Row], InvoiceAmounts, InvoiceCopier]
"""Invoice row, line rows, amounts, and the copier they came from."""


class FastWriter:
    """Writes drafts of one company in the current transaction; what it cannot copy it hands back."""

    def __init__(self, company):
        self.company = company
        self.env: Environment = company.env
        self.engine = AmountEngine(self.env)
        self.copiers: dict[Shape, InvoiceCopier] = {}

    def write(self, drafts: list[InvoiceDraft]) -> tuple[dict[int, WrittenInvoice], list[str]]:
        """Write what can be copied, with the lock on the numbers taken as late as can be.

        :return: the written invoices by place in `drafts`, and what differed in the sample from what core
            makes: if anything did, nothing was written.
        """
        shapes = self._shapes(drafts)
        sample = self._make_moulds(drafts, shapes)
        copies = self._copies(drafts, shapes)
        if sample:
            place, made = sample
            if place in copies and (found := differences(made, *copies[place][:2])):
                return {}, found
        return self._insert(copies), []

    # === DECIDE === #

    def _shapes(self, drafts: list[InvoiceDraft]) -> dict[int, Shape]:
        """Return the shape of each draft that shares it with enough others to be worth a mould."""
        if not is_company_eligible(self.company):
            return {}
        finder = ShapeFinder(self.company, drafts)
        shapes = {place: shape for place, draft in enumerate(drafts) if (shape := finder.shape(draft))}
        places: dict[Shape, list[int]] = defaultdict(list)
        for place, shape in shapes.items():
            places[shape].append(place)
        return {
            place: shape for place, shape in shapes.items()
            if len(places[shape]) >= MINIMUM_OF_A_SHAPE
        }

    def _make_moulds(self, drafts: list[InvoiceDraft], shapes: dict[int, Shape]):
        """Let core make one invoice of each shape and one sample; return the sample's place and rows."""
        if not shapes:
            return None
        firsts: dict[Shape, int] = {}
        for place, shape in shapes.items():
            firsts.setdefault(shape, place)
        sample_place = list(shapes)[len(shapes) // 2]
        *made, sample = core_made_rows(self.env, [drafts[place] for place in (*firsts.values(), sample_place)])
        for shape, rows in zip(firsts, made, strict=True):
            copier = rows and InvoiceCopier(rows)
            if copier and copier.is_usable():
                self.copiers[shape] = copier
        return sample and (sample_place, sample)

    def _copies(self, drafts: list[InvoiceDraft], shapes: dict[int, Shape]) -> dict[int, Copy]:
        partners = self._partners(drafts[place] for place in shapes)
        now = fields.Datetime.now()
        copies = {}
        for place, shape in shapes.items():
            draft = drafts[place]
            if copier := self.copiers.get(shape):
                amounts = self.engine.amounts(draft)
                with suppress(NotCopyable):
                    rows = copier.copy(draft, amounts, partners[draft.vals['partner_id']], now)
                    copies[place] = (*rows, amounts, copier)
        return copies

    def _partners(self, drafts) -> dict[int, Row]:
        partners = self.env['res.partner'].browse({draft.vals['partner_id'] for draft in drafts})
        return {
            partner.id: {
                'commercial_partner_id': partner.commercial_partner_id.id,
                'name': partner.display_name,
            }
            for partner in partners
        }

    # === WRITE === #

    def _insert(self, copies: dict[int, Copy]) -> dict[int, WrittenInvoice]:
        if not copies:
            return {}
        cr = self.env.cr
        self.env.flush_all()
        self._give_ids(copies)
        rows_by_table = {
            'account_move': [move for move, *_rest in copies.values()],
            'account_move_line': [line for _move, lines, *_rest in copies.values() for line in lines],
            **self._relation_rows(copies),
        }
        types = {table: column_types(cr, table) for table in rows_by_table}
        self._raise_customer_rank(rows_by_table['account_move'])
        lock_journals(self.env, {move['journal_id'] for move in rows_by_table['account_move']})
        self._insert_numbered(copies, rows_by_table.pop('account_move'), types['account_move'])
        for table, rows in rows_by_table.items():
            insert_rows(cr, table, rows, types[table])
        self.env['account.move']._get_sequence_cache().clear()
        self.env['account.move'].invalidate_model(flush=False)
        self.env['account.move.line'].invalidate_model(flush=False)
        return {place: _written(*copies[place][:3]) for place in copies}

    def _insert_numbered(self, copies: dict[int, Copy], moves: list[Row], types: dict[str, str]) -> None:
        """Number and insert the invoices; numbers that somebody else posts at this moment are taken anew."""
        for tries_left in reversed(range(NUMBER_TRIES)):
            self._number(copies)
            try:
                with self.env.cr.savepoint(flush=False):
                    return insert_rows(self.env.cr, 'account_move', moves, types)
            except UniqueViolation:
                if not tries_left:
                    raise

    def _number(self, copies: dict[int, Copy]) -> None:
        """Give numbers in the order of the dates, a block for each series."""
        blocks: dict[tuple[int, date], NumberBlock] = {}
        offsets: dict[tuple[int, str], int] = defaultdict(int)
        for move, lines, *_rest in sorted(copies.values(), key=lambda copy: copy[0]['date']):
            dated = move['journal_id'], move['date']
            if dated not in blocks:
                blocks[dated] = next_block(self.env, *dated)
            series = move['journal_id'], blocks[dated].prefix
            self._set_number(move, lines, blocks[dated], offsets[series])
            offsets[series] += 1

    def _set_number(self, move: Row, lines: list[Row], block: NumberBlock, offset: int) -> None:
        name = block.name(offset)
        move.update(
            name=name, payment_reference=name, made_sequence_gap=False,
            sequence_prefix=block.prefix, sequence_number=block.first + offset,
        )
        for line in lines:
            line['move_name'] = name
            if line['display_type'] == 'payment_term':
                line['name'] = name

    def _give_ids(self, copies: dict[int, Copy]) -> None:
        """Give ids to invoices and lines."""
        copies = copies.values()
        move_ids = iter(next_ids(self.env.cr, 'account_move', len(copies)))
        line_ids = iter(next_ids(self.env.cr, 'account_move_line', sum(len(lines) for _move, lines, *_rest in copies)))
        for move, lines, *_rest in copies:
            move['id'] = next(move_ids)
            for line in lines:
                line.update(id=next(line_ids), move_id=move['id'])

    def _relation_rows(self, copies: dict[int, Copy]) -> dict[str, list[Row]]:
        """Return the rows of taxes and tags that the lines take over from those of their mould, by table."""
        rows_by_table = defaultdict(list)
        for _move, lines, _amounts, copier in copies.values():
            ids = {made['id']: line['id'] for made, line in zip(copier.mould.lines, lines, strict=True)}
            for table, column in LINE_RELATIONS.items():
                rows_by_table[table] += [{**row, column: ids[row[column]]} for row in copier.mould.relations[table]]
        return rows_by_table

    def _raise_customer_rank(self, moves: list[Row]) -> None:
        """Count the invoices on customer and commercial entity as core does, in one statement.

        Partners of rank 0 only get 1: a higher rank only sorts a list, and two runs must not wait for each other.
        """
        partner_ids = {move[name] for move in moves for name in ('partner_id', 'commercial_partner_id')}
        self.env.cr.execute(SQL(
            'UPDATE res_partner SET customer_rank = 1 WHERE id = ANY(%s) AND COALESCE(customer_rank, 0) = 0',
            list(partner_ids),
        ))
        if self.env.cr.rowcount:
            self.env['res.partner'].invalidate_model(['customer_rank'], flush=False)


def _written(move: Row, lines: list[Row], amounts: InvoiceAmounts) -> WrittenInvoice:
    return WrittenInvoice(
        move_id=move['id'],
        line_ids=tuple(line['id'] for line in lines if line['display_type'] == 'product'),
        subtotals=tuple(line.subtotal for line in amounts.lines),
        amount_untaxed=amounts.untaxed,
        amount_total=amounts.total,
        is_fast=True,
    )
