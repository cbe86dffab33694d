"""The statement of account: opening balance, movements, balance after each, what is open and how old it is.

Every statement is made of receivable journal items and of what was matched with what. A match counts from the day
on which both its sides exist, so a statement can be made as of any day. For a contract or a kind of service the items
are split: an invoice by what it charges, a payment by what it pays, the rest of a payment stays under no key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .ageing import DEFAULT_BOUNDS, bucket_of, days_overdue
from .shares import share

ZERO = Decimal(0)
REST = None
"""The key of what belongs to no contract or kind of service."""

Weights = Mapping[int, Mapping[Hashable, Decimal]]


@dataclass(frozen=True, slots=True)
class Item:
    """A journal item in one currency, debits positive; a transfer stands for a match that crosses the statement."""

    line: int
    day: date
    due: date
    amount: Decimal
    open_amount: Decimal = ZERO
    is_transfer: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What a credit settled of a debit, each in its own currency; both amounts are positive."""

    debit: int
    credit: int
    debit_amount: Decimal
    credit_amount: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Movement:
    item: Item
    balance: Decimal


@dataclass(frozen=True, slots=True)
class OpenItem:
    item: Item
    days_overdue: int
    bucket: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Opening balance + movements = closing balance = sum of the open items = sum of the buckets."""

    opening: Decimal
    movements: tuple[Movement, ...]
    closing: Decimal
    open_items: tuple[OpenItem, ...]
    buckets: tuple[Decimal, ...]

    @property
    def overdue(self) -> Decimal:
        return sum(self.buckets[1:], ZERO)


def settled_items(items: Iterable[Item], matches: Iterable[Match], as_of: date) -> list[Item]:
    """Return the items of a statement as they stood at the end of a day, and a transfer for each outside match.

    A match with an item of another customer or currency settles something here without a counterpart here; the
    transfer is that counterpart, so that the balance stays the sum of what is open.
    """
    known = {item.line: item for item in items if item.day <= as_of}
    left = {line: item.amount for line, item in known.items()}
    transfers = []
    for match in matches:
        if match.day > as_of:
            continue
        for line, other, change in (
            (match.debit, match.credit, -match.debit_amount), (match.credit, match.debit, match.credit_amount),
        ):
            if line in known:
                left[line] += change
                if other not in known and change:
                    transfers.append(Item(other, match.day, match.day, change, ZERO, True))
    return [replace(item, open_amount=left[line]) for line, item in known.items()] + transfers


def split_items(
    items: Sequence[Item], matches: Iterable[Match], weights: Weights, as_of: date, digits: int,
) -> dict[Hashable, list[Item]]:
    """Return the settled items split by key; over all keys the parts of an item add up to it.

    `weights` tells what an invoice charges per key. What has none, a payment, belongs to the keys of what it
    settles as of that day, and its rest to no key. Two invoices of different keys that settle each other
    (a credit note for another contract) leave a transfer in both.
    """
    return _Split(items, weights, digits).by_key([match for match in matches if match.day <= as_of])


class _Split:
    def __init__(self, items: Sequence[Item], weights: Weights, digits: int):
        self.digits = digits
        self.items = {item.line: item for item in items if not item.is_transfer}
        self.owned = {line for line in self.items if any(weight > 0 for weight in weights.get(line, {}).values())}
        self.weights = {line: weights[line] for line in self.owned}
        self.settled: dict[int, Decimal] = defaultdict(Decimal)
        self.amounts: dict[int, dict[Hashable, Decimal]] = {}
        self.opens: dict[int, dict[Hashable, Decimal]] = {}
        self.moved: dict[Hashable, list[Item]] = defaultdict(list)

    def by_key(self, matches: Sequence[Match]) -> dict[Hashable, list[Item]]:
        for line, item in self.items.items():
            self.amounts[line] = self._parts(line, item.amount)
            self.opens[line] = dict(self.amounts[line])
        for match in sorted(matches, key=lambda match: (match.day, match.debit, match.credit)):
            self._apply(match)
        return self._collected()

    def _parts(self, line: int, amount: Decimal) -> dict[Hashable, Decimal]:
        return share(amount, self.weights[line], self.digits) if line in self.owned else {REST: amount}

    def _apply(self, match: Match) -> None:
        inside = match.debit in self.items and match.credit in self.items
        debit = self._settle(match.debit, -match.debit_amount)
        credit = self._settle(match.credit, match.credit_amount)
        if not inside:
            self._take_along(debit or credit, match)
        elif match.credit not in self.owned:
            self._follow(match.credit, debit, credit)
        elif match.debit not in self.owned:
            self._follow(match.debit, credit, debit)
        else:
            self._transfer(match, debit, credit)

    def _settle(self, line: int, change: Decimal) -> dict[Hashable, Decimal]:
        """Take what a match settles from the open parts of an item, and return it.

        Parts are taken of the sum settled so far, so that the last match leaves exactly nothing.
        """
        if line not in self.items:
            return {}
        before = self._parts(line, self.settled[line])
        self.settled[line] += change
        after = self._parts(line, self.settled[line])
        parts = {key: after.get(key, ZERO) - before.get(key, ZERO) for key in {**before, **after}}
        for key, part in parts.items():
            self.opens[line][key] = self.opens[line].get(key, ZERO) + part
        return parts

    def _follow(self, line: int, parts: Mapping[Hashable, Decimal], own: Mapping[Hashable, Decimal]) -> None:
        """Move a part of a payment from where it stood to the keys of what it settles."""
        amounts = self.amounts[line]
        for key, part in [*own.items(), *parts.items()]:
            amounts[key] = amounts.get(key, ZERO) + part

    def _transfer(self, match: Match, debit: Mapping, credit: Mapping) -> None:
        for key in {**debit, **credit}:
            if change := debit.get(key, ZERO) + credit.get(key, ZERO):
                line = match.credit if change < 0 else match.debit
                self.moved[key].append(Item(line, match.day, match.day, change, ZERO, True))

    def _take_along(self, parts: Mapping[Hashable, Decimal], match: Match) -> None:
        """Split the transfer that stands for the other side of a match."""
        other = match.credit if match.debit in self.items else match.debit
        for key, part in parts.items():
            if part:
                self.moved[key].append(Item(other, match.day, match.day, part, ZERO, True))

    def _collected(self) -> dict[Hashable, list[Item]]:
        found: dict[Hashable, list[Item]] = defaultdict(list)
        for line, item in self.items.items():
            amounts, opens = self.amounts[line], self.opens[line]
            for key in {**amounts, **opens}:
                amount, left = amounts.get(key, ZERO), opens.get(key, ZERO)
                if amount or left:
                    found[key].append(replace(item, amount=amount, open_amount=left))
        for key, items in self.moved.items():
            found[key] += items
        return dict(found)


def make_statement(
    items: Iterable[Item], start: date | None, as_of: date, bounds: Sequence[int] = DEFAULT_BOUNDS,
) -> Statement:
    """Return the statement of settled items from `start` (None: from the first movement) to `as_of`, both included."""
    opening, later = ZERO, []
    buckets = [ZERO] * (len(bounds) + 2)
    open_items = []
    for item in items:
        if start and item.day < start:
            opening += item.amount
        elif item.amount:
            later.append(item)
        if item.open_amount:
            place = bucket_of(item.open_amount, item.due, as_of, bounds)
            buckets[place] += item.open_amount
            open_items.append(OpenItem(item, days_overdue(item.due, as_of), place))
    movements = _movements(opening, later)
    closing = movements[-1].balance if movements else opening
    open_items.sort(key=lambda row: (row.item.due, row.item.line))
    return Statement(opening, movements, closing, tuple(open_items), tuple(buckets))


def _movements(balance: Decimal, items: list[Item]) -> tuple[Movement, ...]:
    movements = []
    for item in sorted(items, key=lambda item: (item.day, item.is_transfer, item.line)):
        balance += item.amount
        movements.append(Movement(item, balance))
    return tuple(movements)
