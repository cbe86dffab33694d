"""What an invoice leaves to pay, split by contract so that every contract keeps its own receivable."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .money import allocate, round_fraction


def split_by_contract(
    instalments: Sequence[Decimal], contract_totals: Sequence[Decimal], digits: int,
) -> list[list[Decimal]]:
    """Return one row per instalment with one amount per contract; rows and columns both add up.

    `instalments` are what the payment term asks for, in order; `contract_totals` what each contract adds to
    the invoice, tax included, in the same or in another currency. Rounding differences (taxes are rounded once
    per invoice) are shared by the largest remainder; beside a contract in credit the largest total takes them.

    >>> [[str(part) for part in row] for row in split_by_contract(
    ...     [Decimal('30.00'), Decimal('70.00')], [Decimal('33.33'), Decimal('66.67')], 2)]
    [['10.00', '20.00'], ['23.33', '46.67']]
    """
    left = _converted_totals(sum(instalments, Decimal(0)), contract_totals, digits)
    rows = []
    for instalment in instalments[:-1]:
        row = _shares(instalment, left, digits)
        left = [total - part for total, part in zip(left, row, strict=True)]
        rows.append(row)
    return [*rows, left]


def _converted_totals(total: Decimal, contract_totals: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Return the contracts' totals scaled to `total`; they sum to it exactly.

    Without a contract in credit no part is off by more than one unit.
    """
    if any(contract_totals) and min(contract_totals) >= 0:
        return allocate(total, contract_totals, digits)
    whole = Fraction(sum(contract_totals, Decimal(0)))
    factor = Fraction(total) / whole if whole else Fraction(1)
    parts = [round_fraction(Fraction(amount) * factor, digits) for amount in contract_totals]
    largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
    parts[largest] += total - sum(parts, Decimal(0))
    return parts


def _shares(instalment: Decimal, left: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Share an instalment by what is left to pay; a contract in credit takes no part in it."""
    sign = -1 if sum(left) < 0 else 1
    weights = [max(sign * amount, Decimal(0)) for amount in left]
    if not any(weights):
        return [instalment, *[Decimal(0)] * (len(left) - 1)]
    return allocate(instalment, weights, digits)
