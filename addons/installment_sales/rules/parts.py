"""An invoice for each installment: cuts what was sold into parts, net and tax, that add up to the whole sale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from odoo.addons.service_contracts.rules.errors import RuleError
from odoo.addons.service_contracts.rules.money import allocate


def cut(pieces: Sequence[Decimal], totals: Sequence[Decimal], digits: int) -> list[list[Decimal]]:
    """Return for each total its share of every piece; a row sums to its total, a column to its piece.

    Each row brings every piece up to its share of what is invoiced so far, so no amount strays by more than a unit.

    Raises RuleError when pieces and totals have different sums, or a piece is below zero.

    >>> [[str(share) for share in row] for row in cut([Decimal(100), Decimal(19)], [Decimal('59.50')] * 2, 2)]
    [['50.00', '9.50'], ['50.00', '9.50']]
    """
    if any(piece < 0 for piece in pieces):
        raise RuleError('A piece of a sale cannot be below zero')
    if sum(pieces) != sum(totals):
        raise RuleError(f'Pieces of {sum(pieces)} cannot be cut into parts of {sum(totals)}')
    whole, given, rows = Fraction(sum(pieces)), [Decimal(0)] * len(pieces), []
    for total, until in zip(totals, accumulate(totals), strict=True):
        wanted = [max(Fraction(piece) * Fraction(until) / whole - Fraction(had), 0) if total else 0
                  for piece, had in zip(pieces, given, strict=True)]
        row = allocate(total, wanted, digits) if total else [Decimal(0)] * len(pieces)
        given = [had + share for had, share in zip(given, row, strict=True)]
        rows.append(row)
    return rows
