"""An invoice for each installment: cuts what was sold into parts, net and tax, that add up to the whole sale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from odoo.addons.service_contracts.rules.money import allocate, round_fraction

from .errors import OfferError


def cut(pieces: Sequence[Decimal], totals: Sequence[Decimal], digits: int) -> list[list[Decimal]]:
    """Return for each total its share of every piece; a row sums to its total, a column to its piece.

    Each row brings every piece up to its share of what is invoiced so far, so no amount strays by more than a unit.
    A piece below zero is a discount: it is cut by itself, and the other pieces share the rows without it.

    Raises OfferError when pieces and totals have different sums: what was sold is not what was agreed any more.

    >>> [[str(share) for share in row] for row in cut([Decimal(100), Decimal(19)], [Decimal('59.50')] * 2, 2)]
    [['50.00', '9.50'], ['50.00', '9.50']]
    >>> [[str(share) for share in row] for row in cut([Decimal(100), Decimal(-5)], [Decimal('47.50')] * 2, 2)]
    [['50.00', '-2.50'], ['50.00', '-2.50']]
    """
    if sum(pieces) != sum(totals):
        raise OfferError('sale_changed', now=sum(pieces, Decimal(0)), agreed=sum(totals, Decimal(0)))
    discounts = {place: _discount(piece, totals, digits) for place, piece in enumerate(pieces) if piece < 0}
    gross = [total - sum(shares, Decimal(0)) for total, *shares in zip(totals, *discounts.values(), strict=True)]
    rows = _cut([piece for piece in pieces if piece >= 0], gross, digits)
    for place, shares in discounts.items():
        for row, share in zip(rows, shares, strict=True):
            row.insert(place, share)
    return rows


def _discount(piece: Decimal, totals: Sequence[Decimal], digits: int) -> list[Decimal]:
    until = [round_fraction(Fraction(piece) * Fraction(total) / Fraction(sum(totals)), digits)
             for total in accumulate(totals)]
    return [late - early for early, late in pairwise([Decimal(0), *until])]


def _cut(pieces: Sequence[Decimal], totals: Sequence[Decimal], digits: int) -> list[list[Decimal]]:
    whole, given, rows = Fraction(sum(pieces)), [Decimal(0)] * len(pieces), []
    for total, until in zip(totals, accumulate(totals), strict=True):
        wanted = [max(Fraction(piece) * Fraction(until) / whole - Fraction(had), 0) if total else 0
                  for piece, had in zip(pieces, given, strict=True)]
        row = allocate(total, wanted, digits) if total else [Decimal(0)] * len(pieces)
        given = [had + share for had, share in zip(given, row, strict=True)]
        rows.append(row)
    return rows
