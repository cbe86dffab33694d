"""Gathers posted entries of the ledger as the plain values that the DATEV rules decide on."""

from decimal import Decimal

from odoo import models

from ..rules.datev_bookings import Entry, Item, bookings_of
from ..rules.datev_text import clean, document_number, split_vat
from ..rules.errors import ExchangeError

OPEN_TYPES = {'asset_receivable': 'debtor', 'liability_payable': 'creditor'}
INTEREST, FEE = 31, 40
"""DATEV's circumstances: interest on late payment, reminder fee."""
NO_ITEMS = ('line_section', 'line_subsection', 'line_note')


class DatevGatherer(models.AbstractModel):
    _name = 'datev.gatherer'
    _description = "Gatherer of DATEV Bookings"

    def _bookings(self, company, moves) -> tuple[dict, dict]:
        """Return the bookings of each entry, and of the others why there are none, as sentences."""
        bookings, reasons = {}, {}
        gather = _Gathering(self.env, company, moves)
        for move in moves:
            try:
                bookings[move] = bookings_of(self._entry(move, gather))
            except ExchangeError as error:
                reasons[move] = self._reason(error)
        return bookings, reasons

    def _entry(self, move, gather) -> Entry:
        """Return an entry as plain values; extend it for further columns, such as the circumstance of a late fee.

        :raises ExchangeError: for an account without number, or an open item without partner.
        """
        partner = move.commercial_partner_id
        foreign = move.currency_id != move.company_currency_id and move.is_invoice(include_receipts=True)
        notes = [(self.env._("Amount"), f'{move.amount_total:.2f} {move.currency_id.name}')] if foreign else []
        text = ' '.join(filter(None, (partner.name, move.ref if move.ref != move.name else '')))
        return Entry(
            ident=move.id,
            number=move.name,
            their_number=gather.their_number(move),
            date=move.date,
            items=tuple(gather.item(line) for line in gather.lines(move)),
            is_invoice=move.is_invoice(include_receipts=True),
            text=clean(text or move.journal_id.name, 60),
            service_date=move.delivery_date or None,
            vat=''.join(split_vat(partner.vat)) if partner.country_id != move.company_id.country_id else '',
            notes=tuple(notes),
        )

    def _reason(self, error: ExchangeError) -> str:
        """Return the sentence for what the rules refused."""
        env, values = self.env, error.values
        sentences = {
            'unbalanced': lambda: env._("The entry is not balanced."),
            'tax_key': lambda: env._(
                "The tax %(tax)s has no DATEV key, and its account is none that works out tax. Give it a key.",
                **values,
            ),
            'automatic': lambda: env._(
                "Account %(account)s works out tax by itself, but not the tax %(tax)s. Use another account.", **values,
            ),
            'account': lambda: env._(
                "The account %(account)s has no number of the adviser's length. Enter its DATEV account.", **values,
            ),
            'partner': lambda: env._(
                "The open item on account %(account)s names no customer or supplier. Enter the contact.", **values,
            ),
            'amount': lambda: env._("The amount %(amount)s cannot be written with two decimals.", **values),
        }
        return sentences.get(error.code, lambda: str(error))()


class _Gathering:
    """Looks up accounts, taxes, persons and settled items once for many entries."""

    def __init__(self, env, company, moves):
        self.env, self.company = env, company
        lines = env['account.move.line'].search_fetch(
            [('move_id', 'in', moves.ids), ('display_type', 'not in', NO_ITEMS)],
            ['move_id', 'account_id', 'partner_id', 'balance', 'date_maturity', 'tax_ids', 'tax_line_id', 'name',
             'analytic_distribution', 'no_followup', 'product_id', 'journal_id'],
            order='move_id, id',
        )
        self._lines = lines.grouped('move_id')
        self._accounts = {
            account: account._datev_account(company) for account in lines.account_id
        }
        self._taxes = {tax.id: tax._datev_tax() for tax in lines.tax_ids.flatten_taxes_hierarchy()}
        self._persons = {kind: self._person_numbers(lines, kind) for kind in OPEN_TYPES.values()}
        self._settled = self._settled_items(lines)
        self._circumstances = self._circumstances_by_product()
        self._disputed = self._disputed_items(lines)

    def lines(self, move):
        return self._lines.get(move, self.env['account.move.line'])

    def item(self, line) -> Item:
        kind = OPEN_TYPES.get(line.account_id.account_type)
        account = self._person(line, kind) if kind else self._accounts[line.account_id]
        if not account.number:
            raise ExchangeError('account', account=line.account_id.display_name)
        return Item(
            ident=line.id,
            account=account,
            balance=Decimal(f'{line.balance:.2f}'),
            is_open_item=bool(kind),
            due=line.date_maturity or None,
            taxes=tuple(self._taxes[tax.id] for tax in line.tax_ids.flatten_taxes_hierarchy()),
            tax_of=line.tax_line_id.id,
            cost_centre=self._cost_centre(line),
            circumstance=self._circumstances.get(line.product_id.id, 0),
            is_held=bool(kind) and (self._is_left_out(line) or line.id in self._disputed),
            settles=self._settled.get(line.id, ()),
        )

    def _circumstances_by_product(self) -> dict[int, int]:
        """Return DATEV's circumstance of the products that the add-on for reminders charges, if it is there."""
        known = {'dunning_interest_product_id': INTEREST, 'dunning_fee_product_id': FEE}
        return {self.company[name].id: number for name, number in known.items() if name in self.company._fields}

    def _is_left_out(self, line) -> bool:
        """Tell whether Odoo leaves an open item out of reminders; it does so with all miscellaneous entries."""
        return line.no_followup and line.journal_id.type != 'general'

    def _disputed_items(self, lines) -> set[int]:
        """Return the items with a dispute in the add-on for reminders, if it is there."""
        if 'dunning.hold' not in self.env:
            return set()
        holds = self.env['dunning.hold'].sudo().search([  # whoever hands over need not work on collections
            ('kind', '=', 'dispute'), ('state', '=', 'active'), ('company_id', '=', self.company.id),
            '|', ('move_line_id', 'in', lines.ids),
            '&', ('move_line_id', '=', False), ('partner_id', 'child_of', lines.partner_id.commercial_partner_id.ids),
        ])
        everything = holds.filtered(lambda hold: not hold.move_line_id).partner_id.commercial_partner_id
        return {*holds.move_line_id.ids, *lines.filtered(
            lambda line: line.partner_id.commercial_partner_id in everything).ids}

    def _person(self, line, kind: str):
        number = self._persons[kind].get(line.partner_id.commercial_partner_id.id)
        if not number:
            raise ExchangeError('partner', account=line.account_id.display_name)
        return type(self._accounts[line.account_id])(number)

    def _person_numbers(self, lines, kind: str) -> dict[int, str]:
        partners = lines.filtered(
            lambda line: OPEN_TYPES.get(line.account_id.account_type) == kind,
        ).partner_id.commercial_partner_id
        return self.env['datev.person.account']._numbers(self.company, partners, kind)

    def _settled_items(self, lines) -> dict[int, tuple]:
        """Return for items that settle invoices the documents of those open items, and how much of the item."""
        settling = lines.filtered(lambda line: (
            line.account_id.account_type in OPEN_TYPES and not line.move_id.is_invoice(include_receipts=True)
        ))
        partials = self.env['account.partial.reconcile'].search([
            '|', ('debit_move_id', 'in', settling.ids), ('credit_move_id', 'in', settling.ids),
        ], order='id')
        documents = self._documents(partials.debit_move_id | partials.credit_move_id)
        found = {}
        for partial in partials:
            for line, other, sign in (
                (partial.debit_move_id, partial.credit_move_id, 1), (partial.credit_move_id, partial.debit_move_id, -1),
            ):
                if line in settling and documents.get(other):
                    share = (documents[other], sign * Decimal(f'{partial.amount:.2f}'))
                    found[line.id] = (*found.get(line.id, ()), share)
        return found

    def _documents(self, lines) -> dict:
        """Return the document of each open item of an invoice, as the invoice itself was handed over."""
        invoices = lines.move_id.filtered(lambda move: move.is_invoice(include_receipts=True))
        found = {}
        for invoice in invoices:
            rows = invoice.line_ids.filtered(lambda line: line.account_id.account_type in OPEN_TYPES and line.balance)
            ordered = rows.sorted(lambda line: (line.date_maturity or line.date, line.id))
            number = document_number(self.their_number(invoice)) or invoice.name
            for place, line in enumerate(ordered, 1):
                found[line] = document_number(number, place if len(ordered) > 1 else 0)
        return found

    def their_number(self, move) -> str:
        """Return the supplier's number of a bill."""
        return (move.ref or '') if move.is_purchase_document(include_receipts=True) else ''

    def _cost_centre(self, line) -> str:
        distribution = line.analytic_distribution or {}
        if len(distribution) != 1:
            return ''
        (key, percent), = distribution.items()
        if percent != 100 or not key.isdigit():
            return ''
        return self.env['account.analytic.account'].browse(int(key)).code or ''
