"""An invoice for each installment: cuts what was sold into parts, net and tax, that add up to the whole sale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import allocate


def cut(pieces: Sequence[Decimal], totals: Sequence[Decimal], digits: int) -> list[list[Decimal]]:
    """Return for each total its share of every piece; a row sums to its total, a column to its piece.

    Each row takes from what the rows before have left, so no share differs by more than one unit from what is
    proportional then, and the last row takes the rest.

    Raises RuleError when pieces and totals have different sums, or a piece is below zero.

    >>> [[str(share) for share in row] for row in cut([Decimal(100), Decimal(19)], [Decimal('59.50')] * 2, 2)]
    [['50.00', '9.50'], ['50.00', '9.50']]
    """
    if sum(pieces) != sum(totals):
        raise RuleError(f'Pieces of {sum(pieces)} cannot be cut into parts of {sum(totals)}')
    left, rows = list(pieces), []
    for total in totals:
        row = allocate(total, left, digits) if total else [Decimal(0)] * len(left)
        left = [whole - share for whole, share in zip(left, row, strict=True)]
        rows.append(row)
    return rows
