"""What other systems may call, by JSON-2 and XML-RPC: send customers, products, prices, invoices and payments, read
transactions, receivables, statements and events.

Callers need the role Exchange interface: Integrator and no right on any account. Each call is one transaction; each
item has a reference of the calling system, and the same item sent again changes nothing.
"""

from datetime import date
from decimal import Decimal, InvalidOperation

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from psycopg2 import IntegrityError, InterfaceError, OperationalError

from ..rules.errors import ExchangeError
from ..rules.values import Column, Field, Format, convert

ITEM_LIMIT = 1000
READ_LIMIT = 1000
TEXT_LIMIT = 200


class ExchangeInterface(models.AbstractModel):
    _name = 'exchange.interface'
    _description = "Interface for Other Systems"

    # === SEND === #

    @api.model
    def upsert_partners(self, partners: list[dict], partial: bool = True) -> dict:
        """Create customers, or bring them up to date, by their reference.

        :param partners: at most 1,000 objects with ``ref`` (text, names the customer for ever), ``name``, and if wanted
            ``is_company``, ``email``, ``phone``, ``street``, ``street2``, ``zip``, ``city``, ``state`` and ``country``
            (codes), ``vat``, ``lang`` (code), ``payment_term`` (name), ``active``.
        :param partial: true takes the good ones and tells of the others; false takes all or none.
        :return: ``taken``: objects with ``ref``, ``id`` and ``result`` (created, updated, unchanged); ``refused``:
            objects with ``place`` (from 1), ``ref`` and ``reason`` (a sentence).
        :raises UserError: if partners is no list of at most 1,000 objects.
        :raises AccessError: without the role Exchange interface: Integrator.
        """
        return self._take('partners', partners, partial, 'ref')

    @api.model
    def upsert_products(self, products: list[dict], partial: bool = True) -> dict:
        """Create products and services, or bring them up to date, by their reference.

        :param products: at most 1,000 objects with ``default_code`` (text, names the product), ``name``, and if wanted
            ``list_price`` (number, company currency), ``type`` (service or consu), ``category``,
            ``description_sale``, ``taxes`` (names separated by |), ``barcode``, ``active``.
        :return: as `upsert_partners`, with ``default_code`` for ``ref``.
        """
        return self._take('products', products, partial, 'default_code')

    @api.model
    def upsert_prices(self, prices: list[dict], partial: bool = True) -> dict:
        """Set prices: of a product itself, or of a pricelist from a quantity and a day on.

        :param prices: at most 1,000 objects with ``product`` (reference), ``price`` (number), and if wanted
            ``pricelist`` (name), ``min_quantity``, ``date_start``, ``date_end`` (text such as 2026-01-31).
        :return: as `upsert_partners`, with ``product`` for ``ref``.
        """
        return self._take('prices', prices, partial, 'product')

    @api.model
    def upsert_invoices(self, invoices: list[dict], partial: bool = True) -> dict:
        """Create customer invoices or credit notes by external reference; a draft is brought up to date.

        :param invoices: at most 1,000 objects with ``external_ref``, ``partner`` (reference), ``date``, ``lines``:
            objects with ``price_unit`` and if wanted ``product`` (reference), ``description``, ``quantity``,
            ``taxes`` (names separated by |); and if wanted ``due_date``, ``currency`` (code), ``is_credit_note``,
            ``post`` (true posts it).
        :return: as `upsert_partners`, with ``external_ref`` for ``ref``. A posted invoice that differs is refused.
        """
        return self._take('invoices', invoices, partial, 'external_ref')

    @api.model
    def register_payments(self, payments: list[dict], partial: bool = True) -> dict:
        """Register money that came in, each payment exactly once, and let it settle invoices.

        :param payments: at most 1,000 objects with ``external_ref`` (text, the payment's own), ``partner``
            (reference), ``amount`` (positive number), ``date``, and if wanted ``currency`` (code), ``journal``
            (code), ``invoices`` (numbers or external references separated by |), ``memo``.
        :return: as `upsert_partners`, with ``external_ref`` for ``ref``; ``result`` is created or unchanged. The same
            reference with other values is refused.
        """
        return self._take('payments', payments, partial, 'external_ref')

    # === READ === #

    @api.model
    def read_transactions(self, external_refs: list[str]) -> list[dict]:
        """Return single invoices and payments by external reference or number, in their order.

        :param external_refs: at most 1,000 texts; for each the answer has an object with ``ref``, ``found`` (true or
            false) and, if found, ``type`` (invoice, credit_note, payment) and the values that files have.
        :raises UserError: for what is no list of texts.
        """
        company = self._check_caller()
        refs = self._texts(external_refs, 'external_refs')
        found = {**self._payments_by_ref(company, refs), **self._invoices_by_ref(company, refs)}
        return [{'ref': ref, 'found': ref in found, **found.get(ref, {})} for ref in refs]

    @api.model
    def read_receivables(
        self, partners: list[str] | None = None, due_until: str | None = None, after: int = 0, limit: int = READ_LIMIT,
    ) -> dict:
        """Return what customers owe: open items, by id, in pages.

        :param partners: references of customers; all if left out.
        :param due_until: last due date, text such as 2026-01-31.
        :param after: ``next`` of the page before; 0 for the first one.
        :param limit: at most 1,000.
        :return: ``rows``: objects with ``item``, ``partner``, ``partner_name``, ``date``, ``due_date``, ``number``,
            ``external_ref``, ``description``, ``currency`` (of the company), ``amount``, ``amount_open``; and ``next``:
            0 on the last page.
        """
        company = self._check_caller()
        kind = self._kind('receivables', company)
        domain = Domain(kind._domain()) & Domain('id', '>', self._number(after, 'after'))
        if partners is not None:
            domain &= Domain('partner_id', 'child_of', self._partners(company, partners).ids)
        if due_until:
            domain &= Domain('date_maturity', '<=', self._day(due_until, 'due_until'))
        return self._page(kind, domain, limit)

    @api.model
    def read_statement(self, partner: str, date_from: str, date_to: str) -> dict:
        """Return the account of one customer between two days, both included.

        :param partner: reference of the customer.
        :return: ``partner``, ``name``, ``currency``, ``opening`` and ``closing`` (balances as numbers, what the
            customer owes is positive) and ``rows``: objects with ``date``, ``due_date``, ``number``,
            ``external_ref``, ``description``, ``debit``, ``credit``, ``balance`` (after the row), ``amount_open``.
        :raises UserError: for an unknown customer, or more than 1,000 rows.
        """
        company = self._check_caller()
        customer = self._partners(company, [partner])
        start, end = self._day(date_from, 'date_from'), self._day(date_to, 'date_to')
        kind = self._kind('statements', company)
        items = Domain(kind._domain()) & Domain('partner_id', 'child_of', customer.commercial_partner_id.ids)
        AccountLine = kind.env['account.move.line']
        (opening,), = AccountLine._read_group(items & Domain('date', '<', start), [], ['balance:sum'])
        lines = AccountLine.search(
            items & Domain('date', '>=', start) & Domain('date', '<=', end), order='date, id', limit=READ_LIMIT + 1,
        )
        if len(lines) > READ_LIMIT:
            raise UserError(self.env._("More than %s rows: ask for fewer days.", READ_LIMIT))
        balance = Decimal(f'{opening or 0:.2f}')
        rows = []
        for line in lines:
            balance += Decimal(f'{line.balance:.2f}')
            row = kind._row(line)
            rows.append({**{name: row[name] for name in STATEMENT_NAMES}, 'balance': balance})
        return _plain({
            'partner': customer.ref, 'name': customer.name, 'currency': company.currency_id.name,
            'opening': Decimal(f'{opening or 0:.2f}'), 'closing': balance, 'rows': rows,
        })

    @api.model
    def read_events(self, after: int = 0, limit: int = READ_LIMIT, event_type: str | None = None) -> dict:
        """Return events that were noted, oldest first, for systems that cannot be called.

        Events are noted if an endpoint of the company asks for them; an archived one does not count.

        :param after: ``next`` of the page before; 0 for the first one.
        :return: ``rows``: messages as webhooks get them, and ``next``: the number to go on from.
        """
        company = self._check_caller()
        domain = Domain([('company_id', '=', company.id), ('id', '>', self._number(after, 'after'))])
        if event_type:
            domain &= Domain('event_type', '=', self._texts([event_type], 'event_type')[0])
        events_sudo = self.env['exchange.event'].sudo().search(  # sudo: the role reads what its company was told
            domain, order='id', limit=self._limit(limit),
        )
        events_sudo._complete()
        return {
            'rows': [event._message() for event in events_sudo],
            'next': events_sudo[-1:].id or self._number(after, 'after'),
        }

    # === ACCESS, INPUT === #

    def _check_caller(self):
        """Return the company of the call.

        :raises AccessError: without the role.
        """
        if not self.env.su and not self.env.user.has_group('accounting_exchange.group_exchange_integrator'):
            raise AccessError(self.env._("The exchange needs the role Exchange interface: Integrator."))
        return self.env.company

    def _kind(self, code: str, company):
        """Return the model of a kind with the rights of the machine, for one company only."""
        name = self.env['exchange.job']._kind_models()[code]
        # sudo: the role has no right on accounts; what it may do is what these methods do
        return self.env[name].sudo().with_company(company).with_context(
            allowed_company_ids=company.ids, lang=self.env.user.lang,
        )

    def _texts(self, values, name: str) -> list[str]:
        if not isinstance(values, list) or len(values) > ITEM_LIMIT or not all(
            isinstance(value, str) and 0 < len(value) <= TEXT_LIMIT and '\x00' not in value for value in values
        ):
            raise UserError(self.env._(
                "“%(name)s” must be a list of at most %(limit)s texts.", name=name, limit=ITEM_LIMIT,
            ))
        return values

    def _number(self, value, name: str) -> int:
        if type(value) is not int or not 0 <= value < 2**31:
            raise UserError(self.env._("“%s” must be a whole number that is not negative.", name))
        return value

    def _limit(self, value) -> int:
        return min(self._number(value, 'limit') or READ_LIMIT, READ_LIMIT)

    def _day(self, value, name: str) -> date:
        try:
            return convert({'x': value}, [Column(Field('x', name, 'date', is_required=True), 'x')], Format())['x']
        except ExchangeError as error:
            raise UserError(self.env._("“%(name)s” must be a date such as 2026-01-31.", name=name)) from error

    def _partners(self, company, refs):
        """Return the customers with these references."""
        kind = self._kind('partners', company)
        known = kind._find_linked('res.partner', 'ref', self._texts(refs, 'partners'))
        for ref in refs:
            if ref not in known:
                raise UserError(self.env._("There is no customer “%s”. Send it first.", ref))
        return kind.env['res.partner'].union(*known.values())

    # === TAKE === #

    def _take(self, code: str, items, partial, ref_name: str) -> dict:
        company = self._check_caller()
        if not isinstance(items, list) or len(items) > ITEM_LIMIT:
            raise UserError(self.env._("“%(name)s” must be a list of at most %(limit)s objects.",
                                       name=code, limit=ITEM_LIMIT))
        if not isinstance(partial, bool):
            raise UserError(self.env._("“partial” must be true or false."))
        kind = self._kind(code, company)
        good, refused = self._read_items(kind, items, ref_name)
        taken: list[dict] = []
        if not refused or partial:
            with self.env.cr.savepoint() as savepoint:
                self._take_or_split(kind, good, ref_name, taken, refused)
                if refused and not partial:
                    savepoint.rollback()
                    self.env.invalidate_all(flush=False)
                    taken = []
        return {
            'taken': sorted(taken, key=lambda row: row['place']),
            'refused': sorted(refused, key=lambda row: row['place']),
        }

    def _read_items(self, kind, items: list, ref_name: str) -> tuple[list[tuple[int, dict]], list[dict]]:
        """Return the items that make sense by place, and what is wrong with the others."""
        good, refused, seen = [], [], set()
        for place, item in enumerate(items, 1):
            try:
                values = self._read_item(kind, item)
                key = kind._digest([values.get(field.name) for field in kind._exchange_fields() if field.is_key])
                if key in seen:
                    raise UserError(self.env._("The same item stands further up."))
                seen.add(key)
                good.append((place, values))
            except UserError as error:
                refused.append({'place': place, ref_name: _ref(item, ref_name), 'reason': str(error)})
        return good, refused

    def _read_item(self, kind, item) -> dict:
        if not isinstance(item, dict):
            raise UserError(self.env._("An item must be an object with named values."))
        known = {field.name: field for field in kind._exchange_fields()}
        names = {*known, 'lines'} if kind._exchange_is_grouped else set(known)
        if unknown := item.keys() - names:
            raise UserError(self.env._(
                "Unknown name “%(name)s”. Known are %(names)s.",
                name=min(map(str, unknown))[:60], names=', '.join(sorted(names)),
            ))
        if 'lines' not in item:
            return self._convert(item, known.values())
        lines = item['lines']
        if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
            raise UserError(self.env._("“lines” must be a list of objects, at least one."))
        rows = [self._convert({**item, **line}, known.values()) for line in lines if not _unknown(line, known)]
        if len(rows) < len(lines):
            raise UserError(self.env._("A line has an unknown name. Known are %s.", ', '.join(sorted(known))))
        return kind._exchange_group(rows)

    def _convert(self, item: dict, known) -> dict:
        cells = {name: None if value is None else value for name, value in item.items() if name != 'lines'}
        wrong = next((name for name, value in cells.items() if isinstance(value, (dict, list))), None)
        if wrong:
            raise UserError(self.env._("“%s” must be a text, a number, or true or false.", wrong))
        columns = [Column(field, field.name) for field in known]
        try:
            return convert(cells, columns, Format())
        except (ExchangeError, InvalidOperation) as error:
            raise UserError(self.env['exchange.job']._sentence(error)) from error

    def _take_or_split(self, kind, items: list, ref_name: str, taken: list, refused: list) -> None:
        """Take items together; if that fails, halve them until the one at fault is alone, and tell of it."""
        if not items:
            return
        try:
            with self.env.cr.savepoint():
                results = kind._exchange_take([values for _place, values in items])
                self.env.flush_all()
        except (OperationalError, InterfaceError):
            raise  # another transaction's fault: the server calls anew
        except (UserError, MissingError, ValueError, IntegrityError) as error:
            if len(items) == 1:
                (place, values), = items
                reason = self.env['exchange.run']._reason(error)
                refused.append({'place': place, ref_name: str(values.get(ref_name, '')), 'reason': reason})
                return
        else:
            taken += [
                {'place': place, ref_name: str(values.get(ref_name, '')), **result}
                for (place, values), result in zip(items, results, strict=True)
            ]
            return
        half = len(items) // 2
        self._take_or_split(kind, items[:half], ref_name, taken, refused)
        self._take_or_split(kind, items[half:], ref_name, taken, refused)

    # === ANSWERS === #

    def _payments_by_ref(self, company, refs: list[str]) -> dict[str, dict]:
        kind = self._kind('payments', company)
        payments = kind.env['account.payment'].search([
            ('company_id', '=', company.id), '|', ('exchange_ref', 'in', refs), ('name', 'in', refs),
        ])
        rows = {}
        for payment in payments:
            row = _plain({**kind._row(payment), 'type': 'payment'})
            rows |= {name: row for name in (payment.name, payment.exchange_ref) if name in refs}
        return rows

    def _invoices_by_ref(self, company, refs: list[str]) -> dict[str, dict]:
        kind = self._kind('invoices', company)
        moves = kind.env['account.move'].search([
            ('company_id', '=', company.id), ('move_type', 'in', ('out_invoice', 'out_refund')),
            '|', ('exchange_ref', 'in', refs), ('name', 'in', refs),
        ])
        rows = {}
        for move in moves:
            row = _plain(kind._row(move))
            rows |= {name: row for name in (move.name, move.exchange_ref) if name in refs}
        return rows

    def _page(self, kind, domain, limit) -> dict:
        size = self._limit(limit)
        lines = kind.env['account.move.line'].search(domain, order='id', limit=size)
        rows = [_plain(kind._row(line)) for line in lines]
        return {'rows': rows, 'next': lines[-1:].id if len(lines) == size else 0}


STATEMENT_NAMES = (
    'date', 'due_date', 'number', 'external_ref', 'description', 'debit', 'credit', 'amount_open',
)


def _ref(item, name: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    return value[:TEXT_LIMIT] if isinstance(value, str) else ''


def _unknown(line: dict, known: dict) -> set:
    return line.keys() - known.keys()


def _plain(value):
    """Return a value as JSON and XML-RPC have it: amounts as numbers, dates as texts, ids by the name `id`."""
    if isinstance(value, dict):
        return {('id' if name == '_id' else name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return float(value)
    return fields.Date.to_string(value) if isinstance(value, date) else value
