"""What a customer really owes of each line: its residual less credits, holds, promises and payments under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A receivable line of one customer in its own currency; a negative residual is a credit."""

    id: int
    due: date
    residual: Decimal
    currency: str = ''
    move: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """An amount that somebody says is settled or must wait.

    :param amount: how much it covers; None covers all it is for.
    :param line: the line it is for; else `moves`: the invoices, oldest due line first; with neither, everything.
    """

    kind: str
    amount: Decimal | None = None
    line: int | None = None
    moves: tuple[int, ...] = ()

    def is_for(self, line: OpenLine) -> bool:
        if self.line:
            return line.id == self.line
        return not self.moves or line.move in self.moves


@dataclass(frozen=True, slots=True)
class Net:
    """A line after netting: `open` is what may be asked for; it and the parts add up to the residual."""

    line: OpenLine
    credited: Decimal = ZERO
    covered: Decimal = ZERO
    kinds: tuple[str, ...] = ()

    @property
    def open(self) -> Decimal:
        return self.line.residual - self.credited - self.covered


def net(lines: Sequence[OpenLine], covers: Iterable[Cover] = ()) -> list[Net]:
    """Net the lines of one customer, oldest due first: covers for their own line, then credits for what is left.

    Credits pay lines of their own currency only. The parts add up: credits used never exceed credits given.

    >>> old, new = OpenLine(1, date(2026, 1, 1), Decimal(100)), OpenLine(2, date(2026, 2, 1), Decimal(100))
    >>> credit = OpenLine(3, date(2026, 1, 5), Decimal(-120))
    >>> [str(item.open) for item in net([new, credit, old], [Cover('dispute', Decimal(10), line=2)])]
    ['0', '70']
    """
    owed = sorted((line for line in lines if line.residual > 0), key=lambda line: (line.due, line.id))
    covered, kinds = _covered(owed, covers)
    credits: dict[str, Decimal] = {}
    for line in lines:
        if line.residual < 0:
            credits[line.currency] = credits.get(line.currency, ZERO) - line.residual
    result = []
    for line in owed:
        used = min(credits.get(line.currency, ZERO), line.residual - covered[line.id])
        if used:
            credits[line.currency] -= used
        result.append(Net(line, used, covered[line.id], tuple(kinds[line.id])))
    return result


def credits_used(lines: Sequence[OpenLine], netted: Sequence[Net]) -> dict[int, list[tuple[int, Decimal]]]:
    """Return by line which credits (line id and amount) pay for what `net` credited to it, oldest credit first.

    >>> owed, credit = OpenLine(1, date(2026, 1, 1), Decimal(100)), OpenLine(2, date(2026, 1, 9), Decimal(-40))
    >>> {line: [(by, str(amount)) for by, amount in used]
    ...  for line, used in credits_used([owed, credit], net([owed, credit])).items()}
    {1: [(2, '40')]}
    """
    credits = sorted((line for line in lines if line.residual < 0), key=lambda line: (line.due, line.id))
    left = {credit.id: -credit.residual for credit in credits}
    result: dict[int, list[tuple[int, Decimal]]] = {}
    for item in netted:
        wanted = item.credited
        for credit in credits:
            part = min(wanted, left[credit.id]) if credit.currency == item.line.currency else ZERO
            if part > 0:
                left[credit.id] -= part
                wanted -= part
                result.setdefault(item.line.id, []).append((credit.id, part))
    return result


def _covered(owed: Sequence[OpenLine], covers: Iterable[Cover]) -> tuple[dict[int, Decimal], dict[int, list[str]]]:
    """Return what is covered of each line, and by what kinds; never more than its residual."""
    covered = {line.id: ZERO for line in owed}
    kinds: dict[int, list[str]] = {line.id: [] for line in owed}
    for cover in covers:
        left = cover.amount
        for line in owed:
            if not cover.is_for(line):
                continue
            room = line.residual - covered[line.id]
            part = room if left is None else min(room, left)
            if part <= 0:
                continue
            covered[line.id] += part
            kinds[line.id].append(cover.kind)
            left = left and left - part
            if left == 0:
                break
    return covered, kinds
