"""Prepaid credit: in which order grants are used, and how much of an invoice each of them takes.

The order is that of Stripe's billing credits and of Lago's wallets: the lowest priority number first, of those the
credit that expires soonest, free credit before paid credit, then the oldest. Free credit is a discount and lowers what
is taxed; paid credit is a voucher for several purposes and settles what is to be paid, tax included (Directive
2006/112/EC, Articles 30a, 30b and 73a). A draw of either kind leaves its share of the other for those that follow.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import NamedTuple

from .money import round_fraction

FREE, PAID = 'free', 'paid'
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Grant:
    """Credit of a customer: what is left of it, until which day, and for what; None: for all."""

    id: int
    kind: str
    balance: Decimal
    currency_id: int
    priority: int = 50
    expiry: date | None = None
    since: date = date.min
    contract_id: int | None = None
    product_id: int | None = None
    meter_id: int | None = None

    @property
    def rank(self) -> tuple:
        """Its place among the credits of a customer, the first one first."""
        return self.priority, self.expiry or date.max, self.kind != FREE, self.since, self.id

    def pays(self, item: Payable, day: date) -> bool:
        """Tell whether the credit is for a charge that falls due on a day."""
        scope = self.contract_id, self.product_id, self.meter_id
        given = item.contract_id, item.product_id, item.meter_id
        return (self.expiry is None or day <= self.expiry) and all(
            wanted in (None, has) for wanted, has in zip(scope, given, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Payable:
    """One charge of an invoice: its amount as priced, and with the tax that comes on top. Either may be below 0."""

    key: Hashable
    contract_id: int
    product_id: int | None
    meter_id: int | None
    net: Decimal
    gross: Decimal


class Draw(NamedTuple):
    """What a grant takes off one charge: free credit off its price, paid credit off what is to be paid."""

    grant_id: int
    kind: str
    key: Hashable
    amount: Decimal
    left: Decimal
    """What the grant has left after it."""


class Used(NamedTuple):
    """What credit paid of days that may be given back, and what of it was given back before."""

    key: Hashable
    amount: Decimal
    returned: Decimal = ZERO


def given_back(
    charged: Decimal, given: Decimal, back: Decimal, uses: Sequence[Used], digits: int,
) -> list[tuple[int, Decimal]]:
    """Return how much of an amount given back returns to which use of credit, by its place; the rest is money.

    Credit has the share of what comes back that it had of what was `charged`, counted over all that was `given` back
    before: when all of it came back, so did all of the credit. The use that came last returns first.

    >>> uses = [Used('a', Decimal(20)), Used('b', Decimal(10))]
    >>> given_back(Decimal(100), Decimal(0), Decimal(50), uses, 2)
    [(1, Decimal('10')), (0, Decimal('5.00'))]
    """
    total = sum((use.amount for use in uses), ZERO)
    if not total or charged <= 0:
        return []
    share = min(Fraction(given + back) / Fraction(charged), Fraction(1))
    left = round_fraction(Fraction(total) * share, digits) - sum((use.returned for use in uses), ZERO)
    returns = []
    for place, use in reversed(list(enumerate(uses))):
        amount = min(use.amount - use.returned, left, back)
        if amount > 0:
            returns.append((place, amount))
            left, back = left - amount, back - amount
    return returns


class CreditBook:
    """The credits of customers while their invoices are worked out one after the other."""

    def __init__(self, grants: Iterable[Grant] = ()):
        self.grants: list[Grant] = []
        self.left: dict[int, Decimal] = {}
        self.add(grants)

    def add(self, grants: Iterable[Grant]) -> None:
        """Take up further grants; one that is known keeps what is left of it here."""
        new = [grant for grant in grants if grant.id not in self.left]
        self.left |= {grant.id: grant.balance for grant in new}
        self.grants = sorted([*self.grants, *new], key=lambda grant: grant.rank)

    def draw(
        self, items: Sequence[Payable], day: date, currency_id: int, digits: int, grant_ids: Iterable[int],
    ) -> list[Draw]:
        """Use credit for an invoice of a day, never more than it comes to and never more than there is.

        >>> book = CreditBook([Grant(1, FREE, Decimal(50), 1), Grant(2, PAID, Decimal(500), 1)])
        >>> charge = Payable('charge', 1, 1, None, Decimal(100), Decimal(119))
        >>> [(draw.kind, str(draw.amount)) for draw in book.draw([charge], date(2026, 1, 1), 1, 2, {1, 2})]
        [('free', '50.00'), ('paid', '59.50')]
        """
        invoice, allowed, draws = _Invoice(items, digits), set(grant_ids), []
        for grant in self.grants:
            if grant.id not in allowed or grant.currency_id != currency_id:
                continue
            for item in items:
                amount = grant.pays(item, day) and invoice.take(item, grant.kind, self.left[grant.id])
                if amount:
                    self.left[grant.id] -= amount
                    draws.append(Draw(grant.id, grant.kind, item.key, amount, self.left[grant.id]))
        return draws


class _Invoice:
    """What is still to be paid of an invoice while credit is taken off it."""

    def __init__(self, items: Sequence[Payable], digits: int):
        self.unit = Decimal(1).scaleb(-digits)
        self.left = {item.key: Fraction(max(item.net, ZERO)) for item in items}
        self.total = sum((Fraction(item.gross) for item in items), Fraction(0))

    def take(self, item: Payable, kind: str, balance: Decimal) -> Decimal:
        """Take as much off a charge as there is of it, of the invoice and of the credit; return how much."""
        if item.net <= 0 or item.gross <= 0 or self.total <= 0:
            return ZERO
        rate = Fraction(item.gross) / Fraction(item.net)
        to_net = 1 if kind == FREE else 1 / rate
        possible = min(Fraction(balance), self.left[item.key] / to_net, self.total / rate / to_net)
        amount = Decimal(possible.numerator) / Decimal(possible.denominator)
        amount = amount.quantize(self.unit, ROUND_DOWN)
        self.left[item.key] -= Fraction(amount) * to_net
        self.total -= Fraction(amount) * to_net * rate
        return amount


def carried_share(value: Decimal, amount: Decimal, left: Decimal, digits: int) -> Decimal:
    """Return how much of what the liability is carried at goes with an amount of the credit; all with the last of it.

    >>> carried_share(Decimal('25.00'), Decimal('34.50'), Decimal(50), 2)
    Decimal('17.25')
    """
    return value if amount == left else round_fraction(Fraction(value) * Fraction(amount) / Fraction(left), digits)


def ledger_balance(granted: Decimal, rows: Iterable[tuple[str, Decimal]]) -> Decimal:
    """Return what is left of a grant by its ledger alone: granted, less what went out, plus what came back.

    >>> ledger_balance(Decimal(50), [('draw', Decimal(30)), ('return', Decimal(10)), ('expiry', Decimal(5))])
    Decimal('25')
    """
    return granted + sum((amount if kind == 'return' else -amount for kind, amount in rows), ZERO)
