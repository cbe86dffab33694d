"""Shares that add up: an amount over weights, and rows over columns, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal('0.01')
ZERO = Decimal(0)


def half_up(amount: Decimal) -> Decimal:
    """Return an amount in cents, half a cent away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return parts of a total in proportion to weights, cents by the largest remainder, ties to the first.

    Weights are not negative; if all are 0 they count as equal.

    >>> [str(part) for part in allocate(Decimal('10.00'), [Decimal(1), Decimal(1), Decimal(1)])]
    ['3.34', '3.33', '3.33']
    """
    if not weights:
        return []
    if not any(weights):
        weights = [Decimal(1)] * len(weights)
    whole = sum(weights)
    shares = [abs(total) * weight / whole for weight in weights]
    parts = [share.quantize(CENT, rounding=ROUND_DOWN) for share in shares]
    left = int((abs(total) - sum(parts)) / CENT)
    places = sorted(range(len(parts)), key=lambda place: (parts[place] - shares[place], place))
    for place in places[:left]:
        parts[place] += CENT
    return [-part for part in parts] if total < 0 else parts


def spread(rows: Sequence[Decimal], columns: Sequence[Decimal]) -> list[list[Decimal]]:
    """Return a table whose rows and columns add up to what was given; both sides have the same total.

    Each row takes its proportional part of what is left of every column. Rows are of one sign, or there is but one
    of them; columns may have the other sign (a discount), they are shared first.

    >>> [[str(cell) for cell in row] for row in spread([Decimal('50.00'), Decimal('50.01')],
    ...                                                [Decimal('110.01'), Decimal('-10.00')])]
    [['55.00', '-5.00'], ['55.01', '-5.00']]
    """
    if len(rows) == 1:
        return [list(columns)]
    if not _is_one_sign(rows):
        return _pairs(rows, columns)
    sign = -1 if sum(rows) < 0 else 1
    table = [[ZERO] * len(columns) for _row in rows]
    left = [sign * row for row in rows]
    against = [place for place, column in enumerate(columns) if sign * column < 0]
    along = [place for place, column in enumerate(columns) if sign * column > 0]
    for place in against:
        for number, part in enumerate(allocate(-sign * columns[place], left)):
            table[number][place] = -sign * part
    wanted = [row - sign * sum(table[number]) for number, row in enumerate(left)]
    _fill(table, wanted, {place: sign * columns[place] for place in along}, sign)
    return table


def _fill(table: list[list[Decimal]], wanted: list[Decimal], free: dict[int, Decimal], sign: int) -> None:
    """Give each row its proportional part of what is left of every column."""
    for number, amount in enumerate(wanted):
        for place, part in zip(free, allocate(amount, list(free.values())), strict=True):
            table[number][place] = sign * part
            free[place] -= part


def _is_one_sign(amounts: Sequence[Decimal]) -> bool:
    return all(amount >= 0 for amount in amounts) or all(amount <= 0 for amount in amounts)


def _pairs(rows: Sequence[Decimal], columns: Sequence[Decimal]) -> list[list[Decimal]]:
    """Share each column over rows of both signs in proportion to the rows; the last row takes the cents."""
    total = sum(rows)
    table = [[ZERO] * len(columns) for _row in rows]
    for number, row in enumerate(rows[:-1]):
        ratio = row / total if total else ZERO
        table[number] = [(column * ratio).quantize(CENT) for column in columns]
        if columns:
            table[number][0] += row - sum(table[number])
    table[-1] = [column - sum(line[place] for line in table[:-1]) for place, column in enumerate(columns)]
    return table
