"""Plain values of an invoice to be written; no recordset, so a lost cache loses nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..rules.billing import Charge


@dataclass(slots=True)
class InvoiceItem:
    """One charge on its way to an invoice line."""

    contract_id: int
    contract_line_id: int
    charge: Charge
    vals: dict[str, Any]
    """Values for ``account.move.line.create``, ids only."""
    account_id: int = 0
    """The income account core will choose; 0 where only core can tell."""

    @property
    def tax_ids(self) -> tuple[int, ...]:
        return tuple(self.vals['tax_ids'][0][2])


@dataclass(slots=True)
class InvoiceDraft:
    """One invoice: the values of its header and its items in the order of its lines."""

    vals: dict[str, Any]
    """Values for ``account.move.create`` without lines."""
    items: list[InvoiceItem] = field(default_factory=list)

    @property
    def contract_ids(self) -> tuple[int, ...]:
        """The contracts of the invoice, in the order of their first item."""
        return tuple(dict.fromkeys(item.contract_id for item in self.items))


@dataclass(frozen=True, slots=True)
class WrittenInvoice:
    """What became of a draft: its invoice, the invoice line of each item and the amounts."""

    move_id: int
    line_ids: tuple[int, ...]
    subtotals: tuple[float, ...]
    amount_untaxed: float
    amount_total: float
    is_fast: bool
