"""What a statement of account is made of: journal items of receivable accounts, read for many customers at once.

The number of queries does not depend on the number of customers. Items that were settled among themselves before the
statement begins are left out: they add nothing to its opening balance.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..rules.statement import Item, Match
from .receivable_sql import flush_receivables

CONTRACT_FIELD = 'service_contract_id'
"""Set on receivables by the add-on for contracts, which this one does not need to know."""
DAY_ONE = date(1, 1, 1)


@dataclass(slots=True)
class Document:
    """What people read about a journal item."""

    move_id: int
    name: str
    ref: str
    kind: str


@dataclass(slots=True)
class Gathered:
    """Everything the statements of some customers are made of."""

    items: dict[tuple[int, int], list[Item]] = field(default_factory=lambda: defaultdict(list))
    """Journal items by (customer, currency)."""
    matches: dict[int, list[Match]] = field(default_factory=lambda: defaultdict(list))
    """Matches by journal item; each stands under both of its items."""
    documents: dict[int, Document] = field(default_factory=dict)
    balances: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Balance of each customer in the currency of the company, as the ledger has it."""


class AccountStatement(models.AbstractModel):
    _name = 'account.statement'
    _description = "Statement of Account"

    @api.model
    def _gather(self, partner_ids: list[int], start: date | None, as_of: date) -> Gathered:
        """Return the journal items of customers (commercial entities) in the current company up to a day."""
        flush_receivables(self.env)
        gathered = Gathered()
        for line, partner, currency, day, due, amount, balance, *document in self._lines(partner_ids, start, as_of):
            gathered.items[partner, currency].append(Item(line, day, due, Decimal(amount)))
            gathered.documents[line] = Document(*document)
            gathered.balances[partner] += balance
        self._gather_matches(gathered, as_of)
        return gathered

    def _lines(self, partner_ids: list[int], start: date | None, as_of: date) -> list[tuple]:
        # SQL: rows of plain values for thousands of customers; the caller has checked the rights
        return self.env.execute_query(SQL(
            """
            SELECT line.id, partner.commercial_partner_id, line.currency_id, line.date,
                   COALESCE(line.date_maturity, line.date), line.amount_currency::text, line.balance, line.move_id,
                   move.name, COALESCE(NULLIF(move.ref, move.name), ''),
                   CASE WHEN line.payment_id IS NOT NULL OR line.statement_line_id IS NOT NULL
                        THEN 'payment' ELSE move.move_type END
              FROM res_partner AS partner
              JOIN account_move_line AS line ON line.partner_id = partner.id
              JOIN account_account AS account ON account.id = line.account_id
              JOIN account_move AS move ON move.id = line.move_id
             WHERE partner.commercial_partner_id = ANY(%(partners)s)
               AND account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
               AND line.company_id = %(company)s AND line.date <= %(as_of)s
               AND (line.date >= %(start)s OR line.full_reconcile_id IS NULL OR EXISTS (
                    SELECT FROM account_partial_reconcile AS late
                     WHERE late.full_reconcile_id = line.full_reconcile_id AND late.max_date >= %(start)s))
             ORDER BY line.date, line.id
            """,
            partners=partner_ids, company=self.env.company.id, as_of=as_of, start=start or DAY_ONE,
        ))

    def _gather_matches(self, gathered: Gathered, as_of: date) -> None:
        lines = list(gathered.documents)
        outside = set()
        for debit, credit, debit_amount, credit_amount, day in self._matches(lines, as_of) if lines else ():
            match = Match(debit, credit, Decimal(debit_amount), Decimal(credit_amount), day)
            gathered.matches[debit].append(match)
            gathered.matches[credit].append(match)
            outside |= {debit, credit} - gathered.documents.keys()
        if outside:
            gathered.documents.update(self._outside_documents(list(outside)))

    def _matches(self, lines: list[int], as_of: date) -> list[tuple]:
        return self.env.execute_query(SQL(
            """
            SELECT debit_move_id, credit_move_id, debit_amount_currency::text, credit_amount_currency::text, max_date
              FROM account_partial_reconcile
             WHERE debit_move_id = ANY(%(lines)s) AND max_date <= %(as_of)s
             UNION
            SELECT debit_move_id, credit_move_id, debit_amount_currency::text, credit_amount_currency::text, max_date
              FROM account_partial_reconcile
             WHERE credit_move_id = ANY(%(lines)s) AND max_date <= %(as_of)s
            """, lines=lines, as_of=as_of,
        ))

    def _outside_documents(self, lines: list[int]) -> dict[int, Document]:
        rows = self.env.execute_query(SQL(
            """
            SELECT line.id, line.move_id, move.name, '', move.move_type
              FROM account_move_line AS line JOIN account_move AS move ON move.id = line.move_id
             WHERE line.id = ANY(%s)
            """, lines,
        ))
        return {line: Document(*document) for line, *document in rows}

    # === WHAT INVOICES CHARGE === #

    @api.model
    def _groupings(self) -> dict[str, str]:
        """Return what a statement may be split by, and its name; extend together with `_weights`."""
        groupings = {'service_type': self.env._("Kind of service")}
        if CONTRACT_FIELD in self.env['account.move.line']._fields:
            groupings['contract'] = self.env._("Contract")
        return groupings

    @api.model
    def _weights(self, group_by: str, lines: list[int]) -> dict[int, dict[int, Decimal]]:
        """Return for receivables what their invoice charges under each key: {journal item: {key: amount}}."""
        rows = self._contract_rows(lines) if group_by == 'contract' else self._service_type_rows(lines)
        weights = defaultdict(dict)
        for line, key, amount in rows:
            weights[line][key] = Decimal(amount or 0)
        return weights

    @api.model
    def _key_names(self, group_by: str, keys: set[int]) -> dict[int, str]:
        """Return the name of each key under which something stands."""
        lines = self.env['account.move.line']
        model = lines._fields[CONTRACT_FIELD].comodel_name if group_by == 'contract' else 'product.category'
        # sudo: the names only, for people who read statements and may not open contracts
        records_sudo = self.env[model].sudo().browse(key for key in keys if key)
        return {record.id: record.display_name for record in records_sudo}

    def _contract_rows(self, lines: list[int]) -> list[tuple]:
        return self.env.execute_query(SQL(
            "SELECT id, %(field)s, 1 FROM account_move_line WHERE id = ANY(%(lines)s) AND %(field)s IS NOT NULL",
            field=SQL.identifier(CONTRACT_FIELD), lines=lines,
        ))

    def _service_type_rows(self, lines: list[int]) -> list[tuple]:
        same_contract = SQL()
        if CONTRACT_FIELD in self.env['account.move.line']._fields:
            contract = SQL.identifier(CONTRACT_FIELD)
            same_contract = SQL("AND sold.%(field)s IS NOT DISTINCT FROM line.%(field)s", field=contract)
        return self.env.execute_query(SQL(
            """
            SELECT line.id, template.categ_id, SUM(sold.price_total)::text
              FROM account_move_line AS line
              JOIN account_move_line AS sold ON sold.move_id = line.move_id AND sold.display_type = 'product'
                   %(same_contract)s
         LEFT JOIN product_product AS product ON product.id = sold.product_id
         LEFT JOIN product_template AS template ON template.id = product.product_tmpl_id
             WHERE line.id = ANY(%(lines)s)
             GROUP BY line.id, template.categ_id
            """, same_contract=same_contract, lines=lines,
        ))
