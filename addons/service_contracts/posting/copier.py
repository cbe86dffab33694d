"""Rows of an invoice made from a mould and the amounts that core's engine gave."""

from __future__ import annotations

from datetime import datetime

from .amounts import InvoiceAmounts
from .draft import InvoiceDraft
from .rows import Row
from .template import InvoiceRows

MOVE_COLUMNS_FROM_VALS = (
    'invoice_date', 'partner_id', 'partner_shipping_id', 'invoice_origin', 'invoice_user_id', 'team_id', 'currency_id',
)
LINE_COLUMNS_FROM_VALS = (
    'product_id', 'product_uom_id', 'name', 'quantity', 'price_unit', 'discount',
    'service_contract_id', 'service_contract_line_id', 'service_period_start', 'service_period_last_day',
)
UNTAXED_COLUMNS = ('amount_untaxed', 'amount_untaxed_signed', 'amount_untaxed_in_currency_signed')
TAX_COLUMNS = ('amount_tax', 'amount_tax_signed')
TOTAL_COLUMNS = (
    'amount_total', 'amount_total_signed', 'amount_total_in_currency_signed',
    'amount_residual', 'amount_residual_signed',
)
OWN_COLUMNS = {
    'id', 'sequence_number', 'sequence_prefix', 'payment_reference', 'made_sequence_gap', 'access_token',
    'move_id', 'move_name', 'create_date', 'write_date', 'write_uid',
}
"""Columns in which two equal invoices differ, besides their names."""


class NotCopyable(Exception):
    """The draft does not fit the mould: it has other tax lines or nothing to pay."""


class InvoiceCopier:
    """Makes rows for drafts of one shape."""

    def __init__(self, mould: InvoiceRows):
        self.mould = mould
        self.products = [line for line in mould.lines if line['display_type'] == 'product']
        self.taxes = [line for line in mould.lines if line['display_type'] == 'tax']
        self.receivables = [line for line in mould.lines if line['display_type'] == 'payment_term']
        self.tax_keys = [self._tax_key(line) for line in self.taxes]

    def is_usable(self) -> bool:
        """Tell whether the mould consists of lines known here only."""
        return len(self.products) + len(self.taxes) + len(self.receivables) == len(self.mould.lines)

    def _tax_key(self, line: Row) -> tuple:
        tax_ids = tuple(
            row['account_tax_id'] for row in self.mould.relations['account_move_line_account_tax_rel']
            if row['account_move_line_id'] == line['id']
        )
        return line['tax_repartition_line_id'], line['account_id'], line['group_tax_id'], tax_ids

    def copy(self, draft: InvoiceDraft, amounts: InvoiceAmounts, partner: Row, now: datetime) -> tuple[Row, list[Row]]:
        """Return the rows of the invoice and of its lines, without ids and number.

        :param partner: ``commercial_partner_id`` and ``name`` of the customer invoiced.
        :raises NotCopyable: if core would make other lines than the mould has.
        """
        if len(draft.items) != len(self.products) or len(amounts.receivables) != len(self.receivables):
            raise NotCopyable
        if sorted(tax.key for tax in amounts.taxes) != sorted(self.tax_keys) or amounts.total <= 0:
            raise NotCopyable
        common = {
            'date': draft.vals['invoice_date'], 'invoice_date': draft.vals['invoice_date'],
            'partner_id': partner['commercial_partner_id'], 'create_date': now, 'write_date': now,
        }
        lines = [
            *self._product_rows(draft, amounts, common),
            *self._tax_rows(amounts, common),
            *self._receivable_rows(draft, amounts, common),
        ]
        return self._move_row(draft, amounts, partner, now), sorted(lines, key=lambda line: line['id'])

    def _product_rows(self, draft: InvoiceDraft, amounts: InvoiceAmounts, common: Row) -> list[Row]:
        return [
            {
                **line, **common, **{name: item.vals[name] for name in LINE_COLUMNS_FROM_VALS},
                **_booked(amount.balance), 'price_subtotal': amount.subtotal, 'price_total': amount.total,
            }
            for line, item, amount in zip(self.products, draft.items, amounts.lines, strict=True)
        ]

    def _tax_rows(self, amounts: InvoiceAmounts, common: Row) -> list[Row]:
        by_key = {tax.key: tax for tax in amounts.taxes}
        return [
            {**line, **common, **_booked(by_key[key].balance), 'tax_base_amount': by_key[key].base}
            for line, key in zip(self.taxes, self.tax_keys, strict=True)
        ]

    def _receivable_rows(self, draft: InvoiceDraft, amounts: InvoiceAmounts, common: Row) -> list[Row]:
        return [
            {
                **line, **common, **_booked(amount), 'date_maturity': due,
                'amount_residual': amount, 'amount_residual_currency': amount,
                'service_contract_id': draft.contract_ids[place],
            }
            for line, (due, place, amount) in zip(self.receivables, amounts.receivables, strict=True)
        ]

    def _move_row(self, draft: InvoiceDraft, amounts: InvoiceAmounts, partner: Row, now: datetime) -> Row:
        return {
            **self.mould.move,
            **{name: draft.vals[name] for name in MOVE_COLUMNS_FROM_VALS},
            'date': draft.vals['invoice_date'],
            'invoice_date_due': max(due for due, _place, _amount in amounts.receivables),
            'commercial_partner_id': partner['commercial_partner_id'],
            'invoice_partner_display_name': partner['name'],
            'create_date': now,
            'write_date': now,
            'access_token': None,
            **dict.fromkeys(UNTAXED_COLUMNS, amounts.untaxed),
            **dict.fromkeys(TAX_COLUMNS, amounts.tax),
            **dict.fromkeys(TOTAL_COLUMNS, amounts.total),
        }


def _booked(balance: float) -> Row:
    """Return the ledger columns of a balance in the company's currency."""
    return {
        'balance': balance,
        'amount_currency': balance,
        'debit': max(balance, 0.0),
        'credit': max(-balance, 0.0),
    }


def differences(made: InvoiceRows, move: Row, lines: list[Row]) -> list[str]:
    """Return the columns in which a copied invoice is not what core made of the same draft."""
    if len(made.lines) != len(lines):
        return [f'{len(lines)} lines instead of {len(made.lines)}']
    pairs = [(made.move, move), *zip(made.lines, lines, strict=True)]
    return [
        f'{name}: {copied.get(name)!r} instead of {value!r}'
        for core, copied in pairs for name, value in core.items()
        if not _is_own(name, core) and not _same(value, copied.get(name))
    ]


def _is_own(name: str, row: Row) -> bool:
    """Tell whether a column belongs to the one invoice: its number and what repeats the number."""
    if name == 'name':
        return row.get('display_type') in (None, 'payment_term')
    return name in OWN_COLUMNS


def _same(value, other) -> bool:
    if isinstance(value, float) or hasattr(value, 'as_tuple'):
        return other is not None and abs(float(value) - float(other)) < 1e-9
    return value == other or (not value and not other)
