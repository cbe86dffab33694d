"""What an invoice comes to, by core's own tax engine and payment terms, without making the invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.api import Environment

from ..rules.money import to_decimal
from ..rules.receivable import split_by_contract
from .draft import InvoiceDraft, InvoiceItem


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Amounts of one invoice line: as printed (taken alone) and as booked (rounded with the whole invoice)."""

    subtotal: float
    total: float
    balance: float


@dataclass(frozen=True, slots=True)
class TaxAmounts:
    """One tax line: what it stands for, its amount and the amount it was calculated on (ledger signs)."""

    repartition_line_id: int
    account_id: int
    group_tax_id: int | None
    tax_ids: tuple[int, ...]
    balance: float
    base: float

    @property
    def key(self) -> tuple:
        return self.repartition_line_id, self.account_id, self.group_tax_id, self.tax_ids


@dataclass(frozen=True, slots=True)
class InvoiceAmounts:
    """All amounts of one invoice in the company's currency."""

    lines: tuple[LineAmounts, ...]
    taxes: tuple[TaxAmounts, ...]
    receivables: tuple[tuple[date, int, float], ...]
    """Due date, place of the contract on the invoice, amount."""
    untaxed: float
    tax: float

    @property
    def total(self) -> float:
        return float(sum(to_decimal(amount) for _due, _place, amount in self.receivables))


class AmountEngine:
    """Works out amounts; remembers the totals of equal lines, since thousands of contracts share a plan."""

    def __init__(self, env: Environment):
        self.env = env
        self._taxed: dict[tuple, tuple] = {}

    def amounts(self, draft: InvoiceDraft) -> InvoiceAmounts:
        """Return what the draft comes to; its currency must be the company's."""
        key = (draft.vals['company_id'], *(_line_key(item) for item in draft.items))
        if key not in self._taxed:
            self._taxed[key] = self._tax(draft)
        lines, taxes, untaxed, tax = self._taxed[key]
        return InvoiceAmounts(lines, taxes, self._receivables(draft, lines, untaxed, tax), untaxed, tax)

    def _tax(self, draft: InvoiceDraft) -> tuple:
        """Run core's tax engine as an invoice would, and return line amounts, tax lines and their sums."""
        engine = self.env['account.tax']
        company = self.env['res.company'].browse(draft.vals['company_id'])
        base_lines = [self._base_line(draft, item) for item in draft.items]
        engine._add_tax_details_in_base_lines(base_lines, company)
        printed = [self._printed(base_line, company) for base_line in base_lines]
        engine._round_base_lines_tax_details(base_lines, company)
        engine._add_accounting_data_in_base_lines_tax_details(base_lines, company)
        result = engine._prepare_tax_lines(base_lines, company)
        currency = company.currency_id
        booked = [_clean(vals['balance'], currency) for _line, vals in result['base_lines_to_update']]
        lines = tuple(LineAmounts(*pair, balance) for pair, balance in zip(printed, booked, strict=True))
        taxes = tuple(_tax_amounts(vals, currency) for vals in result['tax_lines_to_add'])
        return lines, taxes, _clean(-sum(booked), currency), _clean(-sum(tax.balance for tax in taxes), currency)

    def _printed(self, base_line: dict, company) -> tuple[float, float]:
        """Return subtotal and total of a line as printed: rounded by itself."""
        self.env['account.tax']._round_base_lines_tax_details([base_line], company)
        details = base_line['tax_details']
        amounts = details['total_excluded_currency'], details['total_included_currency']
        return tuple(_clean(amount, base_line['currency_id']) for amount in amounts)

    def _base_line(self, draft: InvoiceDraft, item: InvoiceItem) -> dict:
        env, vals = self.env, item.vals
        return env['account.tax']._prepare_base_line_for_taxes_computation(
            None,
            tax_ids=env['account.tax'].browse(item.tax_ids),
            price_unit=vals['price_unit'],
            quantity=vals['quantity'],
            discount=vals['discount'],
            currency_id=env['res.currency'].browse(draft.vals['currency_id']),
            product_id=env['product.product'].browse(vals['product_id']),
            product_uom_id=env['uom.uom'].browse(vals['product_uom_id']),
            account_id=env['account.account'].browse(item.account_id),
            sign=-1,
            rate=1.0,
        )

    def _receivables(self, draft: InvoiceDraft, lines: tuple, untaxed: float, tax: float) -> tuple:
        """Split the total by the payment term's due dates and by contract."""
        instalments = self._instalments(draft, untaxed, tax)
        places = {contract_id: place for place, contract_id in enumerate(draft.contract_ids)}
        totals = [Decimal(0)] * len(places)
        for item, line in zip(draft.items, lines, strict=True):
            totals[places[item.contract_id]] += to_decimal(line.total)
        digits = self.env['res.currency'].browse(draft.vals['currency_id']).decimal_places
        rows = split_by_contract([to_decimal(amount) for _due, amount in instalments], totals, digits)
        return tuple(
            (due, place, float(amount))
            for (due, _total), row in zip(instalments, rows, strict=True)
            for place, amount in enumerate(row)
        )

    def _instalments(self, draft: InvoiceDraft, untaxed: float, tax: float) -> list[tuple[date, float]]:
        currency = self.env['res.currency'].browse(draft.vals['currency_id'])
        term = self.env['account.payment.term'].browse(draft.vals['invoice_payment_term_id'])
        if not term:
            return [(draft.vals['invoice_date_due'], currency.round(untaxed + tax))]
        parts = term._compute_terms(
            date_ref=draft.vals['invoice_date'], currency=currency, sign=1,
            company=self.env['res.company'].browse(draft.vals['company_id']),
            tax_amount=tax, tax_amount_currency=tax, untaxed_amount=untaxed, untaxed_amount_currency=untaxed,
        )
        by_due: dict[date, float] = {}
        for part in parts['line_ids']:
            by_due[part['date']] = currency.round(by_due.get(part['date'], 0.0) + part['company_amount'])
        return list(by_due.items())


def _line_key(item: InvoiceItem) -> tuple:
    vals = item.vals
    return item.account_id, item.tax_ids, vals['product_id'], vals['price_unit'], vals['quantity'], vals['discount']


def _clean(amount: float, currency) -> float:
    """Return the float nearest to the rounded amount: these go to the database past the ORM's own rounding."""
    return round(currency.round(amount), currency.decimal_places)


def _tax_amounts(vals: dict, currency) -> TaxAmounts:
    return TaxAmounts(
        repartition_line_id=vals['tax_repartition_line_id'],
        account_id=vals['account_id'],
        group_tax_id=vals.get('group_tax_id') or None,
        tax_ids=tuple(vals['tax_ids'][0][2]),
        balance=_clean(vals['balance'], currency),
        base=_clean(vals['tax_base_amount'], currency),
    )
